"""An offer sent by hand is marketing: in marketing hours alone, and counted like any other.

Three readers of one answer: the list of templates tells it before the click, the service refuses, the sender asks
again before it leaves (`guard`). Answers of other kinds leave at any hour and meet no cap.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audiences.models import Contact
from campaigns.models import SpokiAccount
from campaigns.policies import policy_in_force
from campaigns.reasons import moment
from campaigns.sender.guards import capped_among
from campaigns.sender.hours import zone_named
from campaigns.sender.limits import marketing_hours
from campaigns.sender.policy import Policy

OUT_OF_HOURS: Final = "offer_hours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether offers may leave at a moment: `closed` refuses and `capped` only warns, in words; empty = nothing does."""

    closed: str = ""
    capped: str = ""


def standing_of(contact: Contact, account: SpokiAccount | None, *, now: datetime) -> Standing:
    """Return what an agent should know before she sends the person an offer; nothing while no account is known."""
    if account is None:
        return Standing()
    policy = policy_in_force()
    closed = "" if may_leave(contact, account, policy, now=now) else _closed(contact, account, policy, now=now)  # fmt: skip
    return Standing(closed=closed, capped=_capped(contact, policy, now=now))


def may_leave(contact: Contact, account: SpokiAccount, policy: Policy, *, now: datetime) -> bool:
    """Return whether the person may be written marketing to at `now`, by her own clock."""
    return marketing_hours(account, policy).is_open(now, zone_named(contact.timezone))


def _closed(contact: Contact, account: SpokiAccount, policy: Policy, *, now: datetime) -> str:
    opens = marketing_hours(account, policy).next_open(now, zone_named(contact.timezone))
    if opens is None:
        return _("Offers leave in marketing hours only, and there are none in the next days.")
    told = _("Offers leave in marketing hours only, by the customer's clock: send it from %(at)s on.")  # fmt: skip
    return told % {"at": moment(opens, now=now)}


def _capped(contact: Contact, policy: Policy, *, now: datetime) -> str:
    cap = capped_among([contact.pk], policy, now=now).get(contact.pk)
    if cap is None:
        return ""
    told = ngettext(
        "This customer has had %(count)d offer in %(hours)d hours, as many as campaigns may send: only if asked for.",
        "This customer has had %(count)d offers in %(hours)d hours, as many as campaigns may send: only if asked for.",
        cap.most,
    )
    return told % {"count": cap.most, "hours": int(cap.period.total_seconds() // 3600)}
