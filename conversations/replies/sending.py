"""One click, one message: an answer is checked, queued in the reply lane and counted, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from audiences.consent import lock_person
from audiences.models import Contact
from campaigns.models import Lane, OutboundMessage
from campaigns.sender.post import BUTTONS
from campaigns.single import queue_message
from conversations.models import Reply
from conversations.replies.checking import (
    ReplyRefused,
    check_number,
    check_person,
    check_template,
    check_window,
    check_wishes,
)
from conversations.replies.filling import fill_in
from conversations.replies.wording import labels_of, text_of, values_of
from conversations.standing import note_reply
from conversations.timeline.ours import words_of
from conversations.window import window_of
from templates_sync.models import TemplateVersion

Kind = OutboundMessage.Kind
# A template that could not leave for so long would puzzle whoever gets it.
LASTS: Final = timedelta(hours=24)


def send_text(
    *,
    contact: Contact,
    text: str,
    key: UUID,
    by: User | None,
    now: datetime,
    buttons: Sequence[str] = (),
) -> OutboundMessage:
    """Queue a text to whoever the contact is by now; the same `key` again is the same message.

    It leaves in the window or not at all: the sender asks again.

    :raises ReplyRefused: for the reason given; nothing was queued.
    """
    labels = labels_of(buttons)
    words = text_of(text, has_buttons=bool(labels))
    content: dict[str, Any] = {
        "kind": Kind.TEXT,
        "text": words,
        "params": {BUTTONS: labels} if labels else {},
    }
    with transaction.atomic():
        person = lock_person(contact.pk)
        if earlier := _earlier(person, key, content):
            return earlier
        check_person(person)
        window = window_of(person, now=now)
        check_window(window)
        number = check_number(window.number, kind=Kind.TEXT, now=now)
        message = queue_message(
            contact=person,
            number=number,
            lane=Lane.REPLY,
            expires_at=window.closes_at,
            now=now,
            **content,
        )
        _write_down(message, person, key, by=by, now=now)
    return message


def send_template(
    *,
    contact: Contact,
    version: TemplateVersion,
    variables: Mapping[str, str],
    key: UUID,
    by: User | None,
    now: datetime,
) -> OutboundMessage:
    """Queue a template with `variables` (name → text), in the window or outside; the same `key` is the same message.

    It leaves from the number that the person wrote to last, else from the default one.

    :raises ReplyRefused: for the reason given; nothing was queued.
    """
    values = values_of(
        version, variables, labels=lambda: fill_in(contact, [version])[version.pk].labels
    )
    content: dict[str, Any] = {"kind": Kind.TEMPLATE, "template_version": version, "params": values}
    with transaction.atomic():
        person = lock_person(contact.pk)
        if earlier := _earlier(person, key, content):
            return earlier
        check_person(person)
        check_template(version, now=now)
        check_wishes(person, version)
        window = window_of(person, now=now)
        number = check_number(window.number, kind=Kind.TEMPLATE, now=now)
        message = queue_message(
            contact=person,
            number=number,
            lane=Lane.REPLY,
            expires_at=now + LASTS,
            now=now,
            **content,
        )
        _write_down(message, person, key, by=by, now=now)
    return message


def _earlier(person: Contact, key: UUID, content: Mapping[str, Any]) -> OutboundMessage | None:
    """Return what this click has queued already; with the person locked.

    :raises ReplyRefused: it said something else.
    """
    reply = Reply.objects.filter(contact=person, key=key).select_related("message").first()
    if reply is None:
        return None
    if any(getattr(reply.message, name) != value for name, value in content.items()):
        told = _("What you wrote before has been sent already: look above. To send this as well, send it once more.")  # fmt: skip
        raise ReplyRefused(told, "key_used")
    return reply.message


def _write_down(
    message: OutboundMessage, person: Contact, key: UUID, *, by: User | None, now: datetime
) -> None:
    Reply.objects.create(contact=person, key=key, message=message, by=by, at=now)
    note_reply(
        contact=person, at=now, text=words_of(message), kind=str(message.kind), by=by, now=now
    )
