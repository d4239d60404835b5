"""What an agent should know before she sends somebody an offer by hand: the hour, and how many he has had.

An answer leaves at any hour and meets no cap, an offer too: she may have been asked for it on the phone. Campaigns
count it towards their cap (`campaigns.caps`).
"""

from __future__ import annotations

from datetime import datetime

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


def advice_on_offer(contact: Contact, account: SpokiAccount | None, *, now: datetime) -> str:
    """Return in words why no campaign would write to the person now, by his own clock; "" where one might."""
    if account is None:
        return ""
    policy = policy_in_force()
    return _closed(contact, account, policy, now=now) or _capped(contact, policy, now=now)


def _closed(contact: Contact, account: SpokiAccount, policy: Policy, *, now: datetime) -> str:
    hours, zone = marketing_hours(account, policy), zone_named(contact.timezone)
    if hours.is_open(now, zone):
        return ""
    opens = hours.next_open(now, zone)
    if opens is None:
        return _("Outside the hours for offers: send it only if the customer asked for it.")
    told = _("Outside the hours for offers, until %(at)s: send it only if the customer asked for it.")  # fmt: skip
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
