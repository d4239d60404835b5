"""The gate of a campaign's first shares at the claim: never more than the share starts.

Everything here runs inside the claim's transaction, under the account's lock: whoever claims next
sees what was reserved before. Rows under a lease may start any moment, so they count; the gate
keeps their ids, so that counting them reads a few rows however long the queue is.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from campaigns.models import Campaign, Rollout
from campaigns.sender import canary
from campaigns.sender.allowance import Wait

Phase = Rollout.Phase

_STARTED = """
SELECT campaign_id, count(*) FROM campaigns_outboundmessage
WHERE campaign_id = ANY(%s)
  AND status IN ('sending', 'accepted', 'sent', 'delivered', 'read', 'failed', 'unknown')
GROUP BY campaign_id
"""
# Reserved rows of which it is certain what became of them: they started, or went back. One that is
# being started this very moment is locked, and is left out.
_SETTLED = """
SELECT id FROM campaigns_outboundmessage
WHERE id = ANY(%s) AND (status <> 'queued' OR lease_until IS NULL OR lease_until <= %s)
FOR SHARE SKIP LOCKED
"""
# A start that was asked for before the lease ended may be written a little after it.
LEASE_GRACE = timedelta(seconds=5)


@dataclass(slots=True)
class Gate:
    """How many more messages of one campaign may be reserved, and why not more."""

    rollout_id: int
    room: int
    wait: Wait
    reserved: tuple[int, ...] = ()

    def note(self, taken: Sequence[int]) -> None:
        """Remember rows (ids) that were just reserved: they take their room."""
        if not taken:
            return
        self.room -= len(taken)
        self.reserved = tuple({*self.reserved, *taken})
        Rollout.objects.filter(pk=self.rollout_id).update(reserved=list(self.reserved))


def gates_of(campaigns: Collection[Campaign], *, now: datetime) -> dict[int, Gate]:
    """Return campaign id → gate; a campaign that is open to everybody has none.

    One that should begin with a first share and has no rollout yet stays shut: a mistake of ours
    must not send to everybody.
    """
    known = {
        rollout.campaign_id: rollout
        for rollout in Rollout.objects.filter(campaign__in=[campaign.pk for campaign in campaigns])
    }
    going = [r for r in known.values() if r.phase == Phase.SENDING]
    started, reserved = _counts(going, now=now)
    gates: dict[int, Gate] = {}
    for campaign in campaigns:
        rollout = known.get(campaign.pk)
        if rollout is None and campaign.canary_share:
            gates[campaign.pk] = Gate(0, 0, _wait(campaign.pk, "canary_not_ready"))
        elif rollout is not None and rollout.phase != Phase.OPEN:
            held = reserved.get(campaign.pk, ())
            gates[campaign.pk] = _gate(rollout, started.get(campaign.pk, 0), held)
    return gates


def started_of(campaign_ids: Sequence[int]) -> Mapping[int, int]:
    """Return campaign id → how many messages began to leave, whatever became of them."""
    if not campaign_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_STARTED, [list(campaign_ids)])
        return dict(cursor.fetchall())


def _counts(
    going: Sequence[Rollout], *, now: datetime
) -> tuple[Mapping[int, int], Mapping[int, tuple[int, ...]]]:
    """Return campaign id → how many started, and → ids that may start any moment."""
    if not going:
        return {}, {}
    ids = [row_id for rollout in going for row_id in rollout.reserved]
    # First who is reserved, then who has started: a row that starts in between counts twice, never
    # not at all.
    with connection.cursor() as cursor:
        cursor.execute(_SETTLED, [ids, now - LEASE_GRACE])
        settled = {row_id for (row_id,) in cursor.fetchall()}
    reserved = {
        rollout.campaign_id: tuple(pk for pk in rollout.reserved if pk not in settled)
        for rollout in going
    }
    return started_of([rollout.campaign_id for rollout in going]), reserved


def _gate(rollout: Rollout, started: int, reserved: tuple[int, ...]) -> Gate:
    most = rollout.most or 0
    if rollout.phase == Phase.SENDING:
        room = canary.room(most=most, started=started, reserved=len(reserved))
        wait = _wait(rollout.campaign_id, "canary_share", most=most)
        return Gate(rollout.pk, room, wait, reserved)
    if rollout.phase == Phase.WATCHING and rollout.judge_at is not None:
        until = rollout.judge_at.isoformat()
        return Gate(
            rollout.pk, 0, _wait(rollout.campaign_id, "canary_watched", most=most, until=until)
        )
    return Gate(rollout.pk, 0, _wait(rollout.campaign_id, "canary_held"))


def _wait(campaign_id: int, code: str, **figures: object) -> Wait:
    return Wait(code, {"campaign": campaign_id, **figures})
