"""What time alone brings about: starts, ends, expiries, and what a crash left undecided."""

from datetime import datetime, timedelta

from django.db import connection, transaction

from campaigns.models import Campaign, CampaignEvent, OutboundMessage, SenderReport, SpokiAccount
from campaigns.sender import ledger
from campaigns.sender.allowance import Wait
from campaigns.sender.pausing import recover_speed
from campaigns.sender.policy import DEFAULT_POLICY, Policy
from campaigns.sender.rollout import keep_rollouts

_EXPIRE = """
UPDATE campaigns_outboundmessage
SET status = 'expired', reason = 'send_before_passed', ended_at = %(now)s
WHERE status = 'queued' AND expires_at <= %(now)s
  AND (lease_until IS NULL OR lease_until <= %(now)s)
"""


def keep_house(
    *,
    account_id: int,
    undecided_after: timedelta,
    now: datetime,
    policy: Policy = DEFAULT_POLICY,
) -> None:
    """Do everything that is due at `now`; each step is harmless when repeated."""
    start_due_campaigns(now=now)
    expire_late(now=now)
    skip_cancelled(now=now)
    give_up_undecided(after=undecided_after, now=now)
    give_up_silent(after=policy.unknown_after, now=now)
    # Before they are judged: where nobody is left to write to, there is nothing left to stop.
    finish_campaigns(now=now)
    keep_rollouts(now=now, policy=policy)
    recover_speed(account_id=account_id, now=now, policy=policy)


def start_due_campaigns(*, now: datetime) -> int:
    """Move scheduled campaigns whose hour has come to sending; return how many."""
    due = Campaign.objects.filter(status=Campaign.Status.SCHEDULED).exclude(send_after__gt=now)
    started = 0
    for pk in list(due.values_list("pk", flat=True)):
        moved = Campaign.objects.filter(pk=pk, status=Campaign.Status.SCHEDULED).update(
            status=Campaign.Status.SENDING, started_at=now, updated_at=now
        )
        if moved:
            CampaignEvent.objects.create(campaign_id=pk, at=now, verb="started")
        started += moved
    return started


def expire_late(*, now: datetime) -> int:
    """Expire queued messages whose last moment has passed; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRE, {"now": now})
        return int(cursor.rowcount)


def skip_cancelled(*, now: datetime) -> int:
    """Skip what was in flight when its campaign was cancelled and came back; return how many."""
    return OutboundMessage.objects.filter(
        campaign__status=Campaign.Status.CANCELLED, status=OutboundMessage.Status.QUEUED
    ).update(status=OutboundMessage.Status.SKIPPED, reason="campaign_cancelled", ended_at=now)


def give_up_undecided(*, after: timedelta, now: datetime) -> int:
    """Mark as unknown what began to leave and was never answered; return how many.

    `after` is longer than connecting and waiting for an answer together may take, so that
    whoever was posting is surely gone.
    It is never sent again by machine: a webhook or a person settles it.
    """
    return OutboundMessage.objects.filter(
        status=OutboundMessage.Status.SENDING, sending_at__lt=now - after
    ).update(status=OutboundMessage.Status.UNKNOWN, reason="crashed")


def give_up_silent(*, after: timedelta, now: datetime) -> int:
    """Mark as unknown what was accepted without an identifier and without news; return how many.

    Spoki answers the start of an automation with no identifier (its API reference, automations):
    only the webhook that echoes our metadata tells what became of it. One that comes later still
    settles it.
    """
    return OutboundMessage.objects.filter(
        status=OutboundMessage.Status.ACCEPTED,
        # Also what an index of unsettled messages is sorted by; nothing is accepted before it left.
        sending_at__lt=now - after,
        accepted_at__lt=now - after,
        provider_uuid__isnull=True,
        provider_id="",
    ).update(status=OutboundMessage.Status.UNKNOWN, reason="no_news")


def finish_campaigns(*, now: datetime) -> int:
    """Move campaigns of which nothing waits or flies any more to done; return how many.

    A paused one too: there is nothing left to resume.
    """
    ended = 0
    open_states = [Campaign.Status.SENDING, Campaign.Status.PAUSED]
    for campaign in Campaign.objects.filter(status__in=open_states, snapshot__isnull=False):
        if not _has_work(campaign):
            ended += _finish(campaign, now=now)
    return ended


@transaction.atomic
def _finish(campaign: Campaign, *, now: datetime) -> bool:
    """Look again under the lock: a person may just be releasing one of its messages."""
    locked = Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    if locked.status != campaign.status or _has_work(locked):
        return False
    Campaign.objects.filter(pk=locked.pk).update(
        status=Campaign.Status.DONE, ended_at=now, updated_at=now
    )
    CampaignEvent.objects.create(campaign=locked, at=now, verb="done")
    return True


def write_report(
    *, account_id: int, waits: tuple[Wait, ...], look_again_at: datetime | None, now: datetime
) -> None:
    """Leave word for the pages: what the sender waits for at `now`."""
    told = [{**wait.figures, "code": wait.code} for wait in waits]
    SenderReport.objects.update_or_create(
        account_id=account_id, defaults={"at": now, "waits": told, "look_again_at": look_again_at}
    )


def forget_old_grants(*, account_id: int, now: datetime) -> None:
    ledger.forget_old(SpokiAccount.objects.get(pk=account_id), now=now)


def _has_work(campaign: Campaign) -> bool:
    return campaign.messages.filter(
        status__in=[OutboundMessage.Status.QUEUED, OutboundMessage.Status.SENDING]
    ).exists()
