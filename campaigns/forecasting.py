"""When a campaign will be finished: the account's own state fed to the pure outlook.

A first cut: everybody is taken to live in Italy, and this campaign to be alone.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from campaigns.account import current_account
from campaigns.models import Campaign, SpokiAccount
from campaigns.outlook import Outlook, foresee
from campaigns.sender.claim import MARKETING_LAST_START_MINUTES
from campaigns.sender.hours import WritingHours
from campaigns.sender.ledger import read_state

ROME = ZoneInfo("Europe/Rome")


def foresee_campaign(campaign: Campaign, *, recipients: int, now: datetime) -> Outlook:
    """Return the outlook of all `recipients` of a campaign that starts at `now` or when planned."""
    start_at = max(now, campaign.send_after) if campaign.send_after else now
    return _foresee(campaign, recipients, whole=recipients, start_at=start_at, now=now)


def foresee_rest(campaign: Campaign, *, waiting: int, now: datetime) -> Outlook:
    """Return the outlook of those who still wait in the queue of a running campaign."""
    start_at = max(now, campaign.send_after) if campaign.send_after else now
    whole = max(campaign.total, waiting)
    return _foresee(campaign, waiting, whole=whole, start_at=start_at, now=now)


def writing_hours(account: SpokiAccount) -> WritingHours:
    """Return when marketing may be written, as the account says."""
    return WritingHours.parse(
        account.marketing_hours, last_start_minutes=MARKETING_LAST_START_MINUTES
    )


def _foresee(
    campaign: Campaign, recipients: int, *, whole: int, start_at: datetime, now: datetime
) -> Outlook:
    account = current_account()
    spread = float(campaign.spread_hours)
    return foresee(
        recipients=recipients,
        account=read_state(account, now=now),
        hours=writing_hours(account),
        zone=ROME,
        start_at=start_at,
        # The spread is that of the whole campaign: what is left takes its part of it.
        spread_hours=spread * recipients / whole if whole else spread,
    )
