"""The gate of a campaign's first shares at the claim: never more than the share starts.

Everything here runs inside the claim's transaction, under the account's lock: whoever claims next
sees what was reserved before. Rows under a lease may start any moment, so they count; the gate
keeps their ids. Only reserved rows begin, so what has begun is carried on from claim to claim by
looking at those few, and written in the same commit: counting costs the same after ten people and
after a million, and a crash leaves the ids to look at again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from campaigns.models import Campaign, Rollout
from campaigns.sender import canary
from campaigns.sender.allowance import Wait

Phase = Rollout.Phase

# Reserved rows of which it is certain what became of them: they started, or went back. One that is
# being started this very moment is locked, and is left out.
_SETTLED = """
SELECT id, sending_at IS NOT NULL FROM campaigns_outboundmessage
WHERE id = ANY(%s) AND (status <> 'queued' OR lease_until IS NULL OR lease_until <= %s)
FOR SHARE SKIP LOCKED
"""
# A row keeps the moment at which it last began, whatever becomes of it.
_BEGUN_AMONG = """
SELECT id FROM campaigns_outboundmessage WHERE id = ANY(%s) AND sending_at IS NOT NULL
"""
_ALL_BEGUN = """
SELECT count(*) FROM campaigns_outboundmessage
WHERE campaign_id = %s AND sending_at IS NOT NULL AND id <> ALL(%s)
"""
# The condition of its index, word for word: who came back is few, however many have left.
_CAME_BACK = """
SELECT campaign_id, count(*) FROM campaigns_outboundmessage
WHERE campaign_id = ANY(%s) AND sending_at IS NOT NULL
  AND status IN ('queued', 'skipped', 'expired')
GROUP BY campaign_id
"""
# A start that was asked for before the lease ended may be written a little after it.
LEASE_GRACE = timedelta(seconds=5)


@dataclass(slots=True)
class Gate:
    """How many more messages of one campaign may be reserved, and why not more."""

    rollout_id: int
    room: int
    wait: Wait
    begun: int = 0
    reserved: tuple[int, ...] = ()
    # Those of `reserved` that began before, and came back: they are counted already.
    again: tuple[int, ...] = ()

    def note(self, taken: Sequence[int]) -> None:
        """Remember rows (ids) that were just reserved: they take their room."""
        if not taken:
            return
        before = _begun_among(taken)
        # Reserved, begun and back again since this claim looked: nobody else will count it.
        self.begun += len((before & set(self.reserved)) - set(self.again))
        self.room -= len(taken)
        self.reserved = tuple({*self.reserved, *taken})
        self.again = tuple({*self.again, *before})
        Rollout.objects.filter(pk=self.rollout_id).update(
            begun=self.begun, reserved=list(self.reserved), again=list(self.again)
        )


@dataclass(frozen=True, slots=True)
class _Look:
    """What one look finds of a share: how many ever began, and which rows may begin any moment."""

    begun: int
    reserved: tuple[int, ...]
    again: tuple[int, ...]


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
    looks = _look(going, now=now)
    # After that look: who comes back in between is reserved still, and takes room as such.
    back = _came_back(looks)
    gates: dict[int, Gate] = {}
    for campaign in campaigns:
        rollout = known.get(campaign.pk)
        if rollout is None and campaign.canary_share:
            gates[campaign.pk] = Gate(0, 0, _wait(campaign.pk, "canary_not_ready"))
        elif rollout is not None and rollout.phase != Phase.OPEN:
            gates[campaign.pk] = _gate(rollout, looks.get(campaign.pk), back.get(campaign.pk, 0))
    return gates


def started_of(rollouts: Sequence[Rollout]) -> Mapping[int, int]:
    """Return campaign id → how many messages began to leave and did not come back.

    Exact as of `rollouts`, whoever claims meanwhile; no lock is needed.
    """
    known = {rollout.campaign_id: rollout for rollout in rollouts}
    begun = _begun_among([pk for rollout in rollouts for pk in rollout.reserved])
    back = _came_back(known)
    return {
        pk: _counted(rollout) + len(begun & _fresh(rollout)) - back.get(pk, 0)
        for pk, rollout in known.items()
    }


def _look(going: Sequence[Rollout], *, now: datetime) -> Mapping[int, _Look]:
    """Return campaign id → what is found now of the rows that were reserved before."""
    if not going:
        return {}
    ids = [row_id for rollout in going for row_id in rollout.reserved]
    with connection.cursor() as cursor:
        cursor.execute(_SETTLED, [ids, now - LEASE_GRACE])
        settled = dict(cursor.fetchall())
    return {
        rollout.campaign_id: _Look(
            _counted(rollout) + sum(settled.get(pk, False) for pk in _fresh(rollout)),
            tuple(pk for pk in rollout.reserved if pk not in settled),
            tuple(pk for pk in rollout.again if pk not in settled),
        )
        for rollout in going
    }


def _fresh(rollout: Rollout) -> set[int]:
    return set(rollout.reserved) - set(rollout.again)


def _counted(rollout: Rollout) -> int:
    """Return how many had begun at the last claim that reserved; counted where none did yet.

    What is still in `reserved` is looked at afterwards, so it is left out of the count.
    """
    if rollout.begun is not None:
        return rollout.begun
    with connection.cursor() as cursor:
        cursor.execute(_ALL_BEGUN, [rollout.campaign_id, sorted(_fresh(rollout))])
        (found,) = cursor.fetchone()
    return int(found)


def _begun_among(ids: Sequence[int]) -> set[int]:
    if not ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_BEGUN_AMONG, [list(ids)])
        return {pk for (pk,) in cursor.fetchall()}


def _came_back(campaign_ids: Collection[int]) -> Mapping[int, int]:
    """Return campaign id → how many began to leave and surely did not, or not for good."""
    if not campaign_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_CAME_BACK, [list(campaign_ids)])
        return dict(cursor.fetchall())


def _gate(rollout: Rollout, look: _Look | None, back: int) -> Gate:
    most = rollout.most or 0
    if look is not None:
        room = canary.room(most=most, started=look.begun - back, reserved=len(look.reserved))
        wait = _wait(rollout.campaign_id, "canary_share", most=most)
        return Gate(rollout.pk, room, wait, look.begun, look.reserved, look.again)
    if rollout.phase == Phase.WATCHING and rollout.judge_at is not None:
        until = rollout.judge_at.isoformat()
        return Gate(
            rollout.pk, 0, _wait(rollout.campaign_id, "canary_watched", most=most, until=until)
        )
    return Gate(rollout.pk, 0, _wait(rollout.campaign_id, "canary_held"))


def _wait(campaign_id: int, code: str, **figures: object) -> Wait:
    return Wait(code, {"campaign": campaign_id, **figures})
