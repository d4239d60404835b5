"""Telling people: alerts are raised by whoever notices, shown on every page, and mailed.

An alert is either an event (a campaign was stopped) or a condition that holds for a while (the
sender is silent). An event is raised each time it happens, unless nobody has looked at the last
one yet; a condition once, until it is over.
"""

import logging
from collections.abc import Mapping
from datetime import datetime

from django.contrib.auth.models import User

from campaigns.models import Alert, Campaign
from campaigns.reasons import in_words

logger = logging.getLogger(__name__)

# Alerts that are over once a person goes on.
STOPPED = ("campaign_stopped",)
ACCOUNT_STOPPED = ("account_stopped",)


def raise_alert(
    *,
    code: str,
    campaign: Campaign | None = None,
    figures: Mapping[str, object],
    now: datetime,
    subject: str = "",
    is_once: bool = False,
) -> bool:
    """Tell people `code` of `campaigns.reasons` with its `figures`; False if they know already.

    While the same one (code, subject, campaign) is open, only its last moment and figures change.
    `is_once`: raised only if it never was before, whoever has seen it since.
    """
    same = Alert.objects.filter(code=code, subject=subject, campaign=campaign)
    if is_once and same.exists():
        same.update(last_at=now)
        return False
    if same.open().update(last_at=now, detail=dict(figures)):
        return False
    alert = Alert(
        code=code,
        subject=subject,
        campaign=campaign,
        detail=dict(figures),
        at=now,
        last_at=now,
    )
    Alert.objects.bulk_create([alert], ignore_conflicts=True)
    logger.warning("alert %s %s campaign %s", code, subject, campaign.pk if campaign else "-")
    return True


def watch(
    *, code: str, holds: bool, figures: Mapping[str, object], now: datetime, subject: str = ""
) -> None:
    """Raise the condition `code` while it `holds`, once even if seen; end it when it does not."""
    going_on = Alert.objects.filter(code=code, subject=subject, campaign=None, over_at=None)
    if not holds:
        going_on.update(over_at=now)
    elif not going_on.update(last_at=now, detail=dict(figures)):
        raise_alert(code=code, figures=figures, now=now, subject=subject)


def end_alerts(*, codes: tuple[str, ...], campaign: Campaign | None, now: datetime) -> int:
    """Take back what is over: somebody resumed what a machine had stopped. Return how many."""
    return Alert.objects.filter(code__in=codes, campaign=campaign, over_at=None).update(over_at=now)


def mark_seen(*, alert_id: int, by: User, now: datetime) -> bool:
    """Note who has seen it; False if somebody was faster, or it is over."""
    return Alert.objects.open().filter(pk=alert_id).update(seen_at=now, seen_by=by) == 1


def text_of(alert: Alert, *, now: datetime) -> str:
    """Return the alert in the active language."""
    figures = dict(alert.detail)
    if alert.campaign is not None:
        figures["campaign"] = alert.campaign.name
    return in_words(alert.code, figures, now=now)
