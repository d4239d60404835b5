"""Who did not get it: by reason and code, what each means, and what the system does about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, OutboundMessage
from campaigns.reasons import sentence

Text = str | Promise
Status = OutboundMessage.Status
MISSED: Final = (Status.FAILED, Status.SKIPPED, Status.UNKNOWN, Status.EXPIRED)
# Asked for like a state: accepted by Spoki, and kept by Meta while it judges the template.
HELD: Final = "held"

_BY_REASON: Mapping[str, Text] = {
    "undeliverable": _("Not tried again in this campaign."),
    "stopped_marketing": _("Marketing consent is withdrawn: never written to again."),
    "consent_withdrawn": _("Never written to again without a new consent."),
    "marketing_cap": _("Left alone in this campaign."),
    "campaign_cancelled": _("Nothing: the campaign was stopped."),
    "send_before_passed": _("Nothing: its last moment had passed."),
    "frequency_cap": _("Left alone until enough time has passed."),
    "too_many_attempts": _("Given up."),
    "refused": _("Not tried again: the same message would be refused again."),
}
_BY_STATUS: Mapping[str, Text] = {
    Status.FAILED: _("Not tried again."),
    Status.SKIPPED: _("Not written to in this campaign."),
    Status.EXPIRED: _("Not written to in this campaign."),
    Status.UNKNOWN: _("Never sent again by itself: news from Spoki settles it."),
}


@dataclass(frozen=True, slots=True)
class Group:
    """How many messages of a campaign are in one state for one reason, with one code of Spoki."""

    status: str
    reason: str
    code: str
    people: int


@dataclass(frozen=True, slots=True)
class ErrorLine:
    """One reason why people were not reached, and how many; the words are the reader's."""

    status: str
    reason: str
    code: str
    meaning: str
    count: int

    @property
    def action(self) -> str:
        return what_is_done(self.status, self.reason)


def error_lines(groups: Iterable[Group]) -> list[ErrorLine]:
    """Return who of `groups` was not reached and why, the most frequent reason first."""
    missed = [group for group in groups if group.status in MISSED]
    missed.sort(key=lambda one: (-one.people, one.status, one.reason, one.code))
    return [
        ErrorLine(
            one.status, one.reason, one.code, meaning_of(one.status, one.reason, one.code),
            one.people,
        )
        for one in missed
    ]  # fmt: skip


def missed_messages(campaign: Campaign, *, state: str = "") -> QuerySet[OutboundMessage]:
    """Return the messages that did not arrive, or those in one `state` of `MISSED`, or held."""
    messages = campaign.messages.all()
    if state == HELD:
        return messages.filter(status=Status.ACCEPTED, reason=HELD)
    return messages.filter(status__in=[state] if state else MISSED)


def meaning_of(status: str, reason: str, code: str) -> str:
    """Return why in words; a failure without a reason of ours is told by the code it came with."""
    if reason:
        return sentence(reason)
    if code:
        return gettext("Reported by Spoki with the code %(code)s.") % {"code": code}
    return str(Status(status).label)


def what_is_done(status: str, reason: str) -> str:
    """Return what the system does about somebody in this state for this reason."""
    return str(_BY_REASON.get(reason) or _BY_STATUS.get(status, ""))
