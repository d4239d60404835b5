"""Why a message of ours did not arrive, in words for whoever talks to the customer: what it means and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.models import OutboundMessage
from campaigns.reasons import CODES, sentence
from campaigns.sender.codes import failure_reason, is_new
from conversations.models import Message

_CALL = _("Check the number with the customer, or call.")
_AGAIN = _("Wait a little, then send it again.")
_ADMIN = _("Tell your administrator: it concerns every message.")
# What helps, by our reason; the reason itself is told by `campaigns.reasons`.
ADVICE: Final[Mapping[str, Promise]] = {
    "undeliverable": _("The customer may not use WhatsApp on this number, or not have accepted its terms. Call, or ask for another number."),
    "unreachable_person": _CALL,
    "invalid_phone": _CALL,
    "bad_phone": _("Correct the number in the contact, then write again."),
    "not_a_mobile": _CALL,
    "no_phone": _("Add the number to the contact."),
    "phone_changed": _("Write again: it goes to the new number."),
    "contact_gone": _("Open the contact it was merged into."),
    "window_closed": _("Send a template: the customer has written nothing for 24 hours."),
    "stopped_marketing": _("Offers no longer reach this person; answers and messages about orders do."),
    "consent_withdrawn": _("Offers no longer reach this person; answers and messages about orders do."),
    "no_consent": _("Ask for the consent before you send offers."),
    "marketing_cap": _("It is Meta's own limit for offers: nothing to do. Answers and messages about orders still arrive."),
    "experiment": _("It is an experiment of Meta with this person: offers may arrive another month."),
    "blocked": _("The contact is blocked on Spoki: unblock it there if that is a mistake."),
    "country_restricted": _("Reach the customer by phone or e-mail."),
    "own_number": _("Correct the number in the contact: it is the shop's own."),
    "person_pace": _AGAIN,
    "throttled": _AGAIN,
    "provider_busy": _AGAIN,
    "unreachable": _AGAIN,
    "too_many_attempts": _AGAIN,
    "held": _("Meta is looking at the template: wait, or send another one."),
    "no_answer": _("Look on Spoki or ask the customer before you send it again: it may have arrived."),
    "no_identifier": _("Look on Spoki or ask the customer before you send it again: it may have arrived."),
    "crashed": _("Look on Spoki or ask the customer before you send it again: it may have arrived."),
    "no_news": _("Look on Spoki or ask the customer before you send it again: it may have arrived."),
    "provider_unsure": _("Look on Spoki or ask the customer before you send it again: it may have arrived."),
    "text_too_long": _("Write a shorter one."),
    "value_refused": _("Correct the customer's data, or send another template."),
    "bad_parameter": _("Send another template, and tell who wrote this one."),
    "template_mismatch": _("Send another template, and tell who wrote this one."),
    "template_missing": _("Send another template: Meta no longer knows this one."),
    "template_content": _("Send another template: Meta refuses the text of this one."),
    "template_paused": _("Send another template: Meta has paused this one."),
    "template_disabled": _("Send another template: Meta has switched this one off."),
    "unsupported_type": _("Write it as a text."),
    "media_problem": _("Send it without the file, or with another one."),
    "credit_exhausted": _ADMIN,
    "payment_problem": _ADMIN,
    "account_blocked": _ADMIN,
    "spam_limit": _ADMIN,
    "number_not_registered": _ADMIN,
    "number_deleted": _ADMIN,
    "display_name": _ADMIN,
    "meta_token": _ADMIN,
    "meta_permission": _ADMIN,
    "endpoint_missing": _ADMIN,
    "portfolio_pacing": _ADMIN,
    "miscategorised": _ADMIN,
    "flow_blocked": _("Send another template: Meta has switched this one off."),
    "flow_throttled": _("Send another template: Meta has paused this one."),
    "refused": _CALL,
    "refused_by_spoki": _CALL,
    "not_on_allowlist": _("Only test phones are written to for now: tell your administrator."),
}  # fmt: skip
# Where neither a reason nor a code was noted.
_PLAIN: Final[Mapping[str, Promise]] = {
    OutboundMessage.Status.SKIPPED: _("It was not sent."),
    OutboundMessage.Status.EXPIRED: _("Its time passed before its turn came: it was not sent."),
    OutboundMessage.Status.UNKNOWN: _("Nobody knows yet whether it left: look on Spoki or ask the customer before you send it again."),
}  # fmt: skip
_UNKNOWN: Final = _("Spoki gives a code that we do not know ({code}): ask Spoki what it means.")
_CODE: Final = _("(code {code})")
_UNSAID: Final = _("Spoki does not say why. Try again; if it fails once more, call.")
_TOLD: Final = frozenset(
    {
        OutboundMessage.Status.FAILED,
        OutboundMessage.Status.SKIPPED,
        OutboundMessage.Status.UNKNOWN,
        OutboundMessage.Status.EXPIRED,
    }
)


def problem_of(message: OutboundMessage | Message) -> str:
    """Return in the reader's language why the message did not arrive and what to do; "" where nothing is wrong."""
    if isinstance(message, Message):
        if message.status != Message.Status.FAILED:
            return ""
        return words_of(code=message.error_code)
    if message.status not in _TOLD:
        return ""
    if not (message.reason or message.error_code) and message.status in _PLAIN:
        return str(_PLAIN[message.status])
    return words_of(code=message.error_code, reason=message.reason)


def words_of(*, code: str, reason: str = "") -> str:
    """Return the sentence and the advice of our `reason`, else of Spoki's `code` ("whatsapp::131026").

    The code stands at the end: whoever asks Spoki or Meta for help is asked for it.
    """
    if not reason and not code:
        return str(_UNSAID)
    if not reason and is_new(code):
        return str(_UNKNOWN).format(code=code)
    known = reason or failure_reason(code)
    told = sentence(known, detail=code) if known in CODES else ""
    advice = str(ADVICE.get(known, "" if told else _UNSAID))
    return " ".join(filter(None, [told, advice, str(_CODE).format(code=code) if code else ""]))
