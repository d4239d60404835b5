"""What time alone brings about: starts, ends, expiries, and what a crash left undecided."""

import time
from datetime import datetime, timedelta

from django.db import connection, transaction

from campaigns.models import Campaign, CampaignEvent, OutboundMessage, SenderReport, SpokiAccount
from campaigns.sender import ledger
from campaigns.sender.allowance import Wait
from campaigns.sender.pausing import recover_speed
from campaigns.sender.policy import DEFAULT_POLICY, Policy
from campaigns.sender.rollout import keep_rollouts

# A campaign of a hundred thousand ends for everybody at once. Who waits with an order message must
# not wait for that: so many rows per statement, and so long per turn; the next turn goes on.
ROWS_AT_ONCE = 500
SECONDS_AT_ONCE = 0.2

# Whoever holds a row just now (a start, a webhook) decides about it; the next turn looks again.
_BIT = """
UPDATE campaigns_outboundmessage SET {becomes}
WHERE id = ANY (ARRAY(SELECT m.id {due} LIMIT %(most)s FOR UPDATE OF m SKIP LOCKED))
"""
_EXPIRE = _BIT.format(
    becomes="""status = 'expired', ended_at = %(now)s, reason = CASE WHEN EXISTS (
    SELECT 1 FROM campaigns_flowentry e WHERE e.message_id = campaigns_outboundmessage.id)
  THEN 'too_late' WHEN lane = 0 AND kind = 'text' THEN 'window_closed'
  WHEN lane = 0 THEN 'too_late' ELSE 'send_before_passed' END""",
    due="""FROM campaigns_outboundmessage m
  WHERE m.status = 'queued' AND m.expires_at <= %(now)s
    AND (m.lease_until IS NULL OR m.lease_until <= %(now)s)""",
)
_SKIP_CANCELLED = _BIT.format(
    becomes="status = 'skipped', reason = 'campaign_cancelled', ended_at = %(now)s, "
    "lease_until = NULL, leased_by = NULL",
    due="""FROM campaigns_campaign c JOIN campaigns_outboundmessage m ON m.campaign_id = c.id
  WHERE c.status = 'cancelled' AND m.status = 'queued'""",
)
# By `sending_at`, as the index of unsettled messages is sorted; nothing is accepted before it left.
_GIVE_UP_SILENT = _BIT.format(
    becomes="status = 'unknown', reason = 'no_news'",
    due="""FROM campaigns_outboundmessage m
  WHERE m.status = 'accepted' AND m.sending_at < %(before)s AND m.accepted_at < %(before)s
    AND m.provider_uuid IS NULL AND m.provider_id = ''""",
)


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
    """Expire queued messages whose last moment has passed, many at a time; return how many."""
    return _bit_by_bit(_EXPIRE, now=now)


def skip_cancelled(*, now: datetime) -> int:
    """Skip what waits of a cancelled campaign, many at a time; return how many.

    That is what came back from its way, and what a cancellation that broke left behind.
    """
    return _bit_by_bit(_SKIP_CANCELLED, now=now)


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
    return _bit_by_bit(_GIVE_UP_SILENT, before=now - after)


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


def _bit_by_bit(sql: str, **values: datetime) -> int:
    """Move rows by `sql` until none is left or our time is up; return how many."""
    until = time.monotonic() + SECONDS_AT_ONCE
    moved = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(sql, {**values, "most": ROWS_AT_ONCE})
            moved += cursor.rowcount
            if cursor.rowcount < ROWS_AT_ONCE or time.monotonic() >= until:
                return int(moved)
