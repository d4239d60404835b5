"""Whose a conversation is: taken, handed over, let go."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext as _

from audiences.consent import lock_person
from audiences.models import Contact
from campaigns.models import OutboundMessage
from conversations.access import REPLY
from conversations.models import Conversation, ConversationEvent, Message


class AssignmentRefused(Exception):
    """Nothing was changed; `str()` says why, for a person."""


def colleagues() -> QuerySet[User]:
    """Return who may be given a conversation: active members of the staff who may write to customers."""
    label, codename = REPLY.split(".")
    may: dict[str, str] = {"content_type__app_label": label, "codename": codename}
    by_role = Q(**{f"groups__permissions__{name}": value for name, value in may.items()})
    by_hand = Q(**{f"user_permissions__{name}": value for name, value in may.items()})
    found = User.objects.filter(by_role | by_hand | Q(is_superuser=True))
    return found.filter(is_active=True, is_staff=True).distinct().order_by("first_name", "username")


def assign(*, contact: Contact, to: User | None, by: User, now: datetime) -> Conversation:
    """Give the conversation to `to`, or to nobody; to who has it already changes nothing.

    :raises AssignmentRefused: `to` may not write to customers, or nothing was ever written.
    """
    if to is not None and not (to.is_active and to.is_staff and to.has_perm(REPLY)):
        raise AssignmentRefused(_("%(name)s may not answer customers.") % {"name": to})
    with transaction.atomic():
        person = lock_person(contact.pk)
        conversation = _locked(person)
        if conversation.assignee_id == (to.pk if to else None):
            return conversation
        before = conversation.assignee_id
        conversation.assignee, conversation.assigned_at = to, now if to else None
        conversation.save(update_fields=["assignee", "assigned_at"])
        ConversationEvent.objects.create(
            contact=person,
            at=now,
            verb="assigned" if to else "released",
            by=by,
            figures={"to": to.pk if to else None, "before": before},
        )
    return conversation


def _locked(person: Contact) -> Conversation:
    """Return the conversation, locked; made where only campaigns wrote so far.

    :raises AssignmentRefused: nothing was ever written.
    """
    locked = Conversation.objects.select_for_update()
    found = locked.filter(contact=person).first()
    if found is not None:
        return found
    latest = _latest(person)
    if latest is None:
        raise AssignmentRefused(_("There is no conversation yet: nobody has written anything."))
    # A message that arrives at this moment may make it first.
    return locked.get_or_create(contact=person, defaults={"last_message_at": latest})[0]


def _latest(person: Contact) -> datetime | None:
    theirs = Message.objects.filter(contact=person).aggregate(at=Max("at"))["at"]
    ours = OutboundMessage.objects.filter(contact=person).aggregate(at=Max("sending_at"))["at"]
    found: datetime | None = max((at for at in (theirs, ours) if at is not None), default=None)
    return found
