"""Whether this person may be written to now, through this number, with this template: one refusal, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audiences.models import ConsentState, Contact, ContactErasure
from campaigns.models import SpokiAccount, WhatsAppNumber
from campaigns.reasons import moment, sentence, why_paused
from conversations.models import Conversation
from conversations.window import Window
from templates_sync.models import TemplateVersion
from templates_sync.sendable import reasons_not_sendable

# What to do instead.
_ADVICE: Final[Mapping[str, Promise]] = {
    "consent_withdrawn": gettext_lazy("Choose a template that is no offer."),
    "no_consent": gettext_lazy("Choose a template that is no offer."),
    "orders_withdrawn": gettext_lazy("Wait until the customer writes, or call."),
}
# A shorter halt is over before anybody has read that there is one: the message waits for it.
_SHORT_HALT: Final = timedelta(minutes=1)


class ReplyRefused(Exception):
    """Nothing was queued; `sentence` says why and what to do, `code` says it to programs."""

    def __init__(self, sentence: str, code: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code


def check_person(person: Contact) -> None:
    """:raises ReplyRefused: she cannot be written to at all."""
    if ContactErasure.objects.filter(contact=person).exists():
        raise ReplyRefused(
            _("This person asked to be forgotten: nothing can be written any more."), "erased"
        )
    if not person.phone:
        raise ReplyRefused(sentence("no_phone"), "no_phone")
    if code := unreachable_code(person):
        advice = _("Reach the customer by phone or e-mail.")
        raise ReplyRefused(f"{sentence(code)} {advice}", code)


def unreachable_code(person: Contact) -> str:
    """Return why WhatsApp does not reach her, a code of `campaigns.reasons`; empty if it does. As the sender asks."""
    if not person.phone:
        return "no_phone"
    if person.is_blocked:
        return "blocked"
    if person.has_invalid_phone:
        return "invalid_phone"
    return "" if person.can_receive_whatsapp else "not_a_mobile"


def check_window(window: Window) -> None:
    """:raises ReplyRefused: no free text may be written now."""
    if window.is_open:
        return
    if window.closes_at is None:
        told = _("The customer has not written yet: choose a template to write first.")
    else:
        told = _("The 24-hour window has closed meanwhile. Choose a template; once the customer answers, you can send your text.")  # fmt: skip
    raise ReplyRefused(told, "window_closed")


def check_number(number: WhatsAppNumber | None, *, kind: str, now: datetime) -> WhatsAppNumber:
    """Return the number, if messages of `kind` may leave from it now.

    :raises ReplyRefused: none is known, or sending is stopped.
    """
    if number is None:
        raise ReplyRefused(
            _("No number to write from is known yet: ask your administrator to connect one."),
            "no_number",
        )
    account = SpokiAccount.objects.get(pk=number.account_id)
    if account.is_paused:
        why = why_paused(account.pause_code, account.pause_detail)
        told = _("Sending is stopped for everybody: %(why)s")
        raise ReplyRefused(told % {"why": why}, "paused")
    own = account.texts_frozen_until if kind == "text" else account.templates_frozen_until
    until = max((at for at in (account.frozen_until, own) if at is not None), default=None)
    if until is not None and until - now > _SHORT_HALT:
        told = _("Spoki has asked us to wait until %(at)s: send it then.")
        raise ReplyRefused(told % {"at": moment(until, now=now)}, "frozen")
    return number


def check_template(version: TemplateVersion, *, now: datetime) -> None:
    """:raises ReplyRefused: it may not be sent, or is none for a conversation."""
    if reasons := reasons_not_sendable(version, now=now):
        told = _("“%(name)s” cannot be sent: %(why)s")
        name = version.template.name
        raise ReplyRefused(told % {"name": name, "why": reasons[0].text}, "template")
    if version.category == TemplateVersion.Category.AUTHENTICATION:
        raise ReplyRefused(
            _("This template is for codes to log in with: choose another one."), "template"
        )


def check_wishes(person: Contact, version: TemplateVersion) -> None:
    """:raises ReplyRefused: she does not want this kind of message."""
    if code := unwanted_code(person, version.category):
        raise ReplyRefused(f"{sentence(code)} {_ADVICE[code]}", code)


def unwanted_code(person: Contact, category: str) -> str:
    """Return why a template of `category` goes against what she wants, a code; empty if it does not.

    An offer needs the consent that every offer needs. Who wants no messages about orders is still answered: what
    she wrote after that counts.
    """
    if category == TemplateVersion.Category.MARKETING:
        if person.marketing_consent == ConsentState.WITHDRAWN:
            return "consent_withdrawn"
        return "" if person.marketing_consent == ConsentState.GIVEN else "no_consent"
    if person.orders_consent != ConsentState.WITHDRAWN or person.orders_consent_at is None:
        return ""
    wrote_since = Conversation.objects.filter(
        contact=person.pk, last_inbound_at__gt=person.orders_consent_at
    )
    return "" if wrote_since.exists() else "orders_withdrawn"
