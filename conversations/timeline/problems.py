"""What is wrong with a message, in words an agent can act on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import OutboundMessage
from campaigns.reasons import sentence
from campaigns.sender.codes import failure_reason
from conversations.models import MediaFile, Message

_Status = OutboundMessage.Status
# Where no reason was noted.
_PLAIN: Final[Mapping[str, Promise]] = {
    _Status.FAILED: gettext_lazy("It did not arrive."),
    _Status.SKIPPED: gettext_lazy("It was not sent."),
    _Status.EXPIRED: gettext_lazy("Its time passed before its turn came: it was not sent."),
    _Status.UNKNOWN: gettext_lazy("Nobody knows yet whether it left."),
}
_FILE: Final[Mapping[str, Promise]] = {
    MediaFile.State.WAITING: gettext_lazy("It is being fetched: look again in a moment."),
    MediaFile.State.REFUSED: gettext_lazy("It was not fetched: ask the customer to send it again."),
    MediaFile.State.FAILED: gettext_lazy(
        "It could not be fetched: try again, or ask the customer to send it again."
    ),
    MediaFile.State.FORGOTTEN: gettext_lazy("It is no longer kept."),
}


def problem_of_ours(message: OutboundMessage) -> str:
    """Return why it did not arrive, or not yet; "" while all is well."""
    status = _Status(message.status)
    if status not in _PLAIN and not (status is _Status.QUEUED and message.reason):
        return ""
    why = sentence(message.reason) or str(_PLAIN[status])
    return _with_code(why, message.error_code) if status is _Status.FAILED else why


def problem_of_others(message: Message) -> str:
    """Return why somebody else's message did not arrive; "" while all is well."""
    if message.status != Message.Status.FAILED:
        return ""
    code = message.error_code
    why = sentence(failure_reason(code)) if code else str(_PLAIN[_Status.FAILED])
    return _with_code(why, code)


def problem_of_file(state: str) -> str:
    """Return why a file is not there; "" for one that is."""
    return str(_FILE.get(state, ""))


def _with_code(why: str, code: str) -> str:
    """Whoever asks Spoki or Meta for help is asked for the code."""
    return _("%(why)s (code %(code)s)") % {"why": why, "code": code} if code else why
