"""The launch: claimed once, then the audience freezes and the outbox fills in one transaction.

A large audience takes longer to freeze than a person waits for a page: then the claim answers, and
whoever has the time freezes it (see `campaigns.launches`).
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.utils.translation import gettext as _

from audiences.models import Snapshot
from audiences.snapshots import take_snapshot
from campaigns.definition import choice_of, definition_of
from campaigns.fingerprint import fingerprint
from campaigns.lifecycle.review import count_or_refuse, to_draft
from campaigns.lifecycle.story import Status, lock, record, require
from campaigns.models import Campaign
from campaigns.outbox import enqueue_campaign
from campaigns.policies import policy_in_force
from campaigns.reasons import sentence
from campaigns.refusals import AlreadyLaunched, Blocker, CampaignRefused, LaunchFailed
from campaigns.sender.rollout import open_rollout

# How far the audience may have moved from what was approved, either way.
MOVED_SHARE = 0.10
# A launch that has not frozen anything for so long is looked at; a live one holds its lock.
STUCK_AFTER = timedelta(minutes=2)
# From so many recipients on it takes more than some seconds.
LARGE = 50_000
_LAUNCHED = (Status.LAUNCHING, Status.SCHEDULED, Status.SENDING, Status.PAUSED, Status.DONE)
_LOCK_SPACE = 7_302


def launch_campaign(*, campaign: Campaign, by: User, confirm: str, now: datetime) -> Campaign:
    """Freeze the audience, queue its messages and leave the campaign SCHEDULED.

    The claim is committed first, so a second click finds it taken; whatever fails afterwards
    leaves the campaign APPROVED and nothing queued.

    :raises AlreadyLaunched: somebody clicked before.
    :raises TransitionRefused: it is not approved.
    :raises CampaignRefused: the name is not typed right, something stands against it, or what was
        approved has changed (then it is a draft again).
    :raises LaunchFailed: the database could not freeze the audience.
    """
    claim_launch(campaign=campaign, by=by, confirm=confirm, now=now)
    return finish_launch(campaign=campaign, by=by, now=now)


def finish_launch(*, campaign: Campaign, by: User, now: datetime) -> Campaign:
    """Freeze the audience of a claimed launch and queue its messages: SCHEDULED, or APPROVED again.

    :raises TransitionRefused: somebody else has finished it, or given it up.
    :raises CampaignRefused: the audience has moved since the claim.
    :raises LaunchFailed: the database could not freeze the audience.
    """
    try:
        return _freeze(campaign, by=by, now=now)
    except CampaignRefused as refused:
        give_up_launch(campaign, why=refused.blockers[0], now=now)
        raise
    except DatabaseError as error:
        why = Blocker("freeze_failed", "", sentence("freeze_failed"))
        give_up_launch(campaign, why=why, now=now)
        raise LaunchFailed(why.text) from error
    except BaseException:
        give_up_launch(campaign, why=None, now=now)
        raise


def is_large(campaign: Campaign) -> bool:
    """Return whether its audience takes longer to freeze than a page may take."""
    return (campaign.approved_recipients or 0) >= LARGE


def recover_stuck_launches(*, now: datetime) -> list[int]:
    """Bring back to APPROVED the launches whose process died; return their ids.

    Nothing was queued: the freeze is one transaction. One that is still alive holds an advisory
    lock and is left alone.
    """
    stuck = Campaign.objects.filter(status=Status.LAUNCHING, updated_at__lt=now - STUCK_AFTER)
    return [campaign.pk for campaign in stuck if _recover(campaign, now=now)]


def has_moved(*, approved: int, found: int) -> bool:
    """Return whether the audience moved more than 10 % from what was approved. Pure."""
    return abs(found - approved) > approved * MOVED_SHARE


def claim_launch(*, campaign: Campaign, by: User, confirm: str, now: datetime) -> None:
    """Leave the campaign LAUNCHING, to be finished by `finish_launch`.

    :raises AlreadyLaunched: somebody clicked before.
    :raises TransitionRefused: it is not approved.
    :raises CampaignRefused: as `launch_campaign` says.
    """
    with transaction.atomic():
        locked = lock(campaign)
        if locked.status in _LAUNCHED:
            raise AlreadyLaunched(_("Already launched: nothing was sent twice."))
        require(locked, Status.APPROVED)
        _require_name(locked, confirm)
        voided = fingerprint(locked) != locked.fingerprint
        if voided:
            to_draft(locked, now=now)
            record(locked, "approval_voided", by=by, now=now)
        else:
            _require_clear(locked, now=now)
            locked.move_to(Status.LAUNCHING, now=now)
    if voided:  # raised after the commit, or the way back to draft would be undone
        text = _("What was approved has changed: it is a draft again and needs a new approval.")
        raise CampaignRefused([Blocker("approval_voided", "", text)])


def _freeze(campaign: Campaign, *, by: User, now: datetime) -> Campaign:
    with _one_look(campaign):
        claimed = Campaign.objects.get(pk=campaign.pk)
        require(claimed, Status.LAUNCHING)
        definition = definition_of(claimed)
        if definition.version is None:
            raise CampaignRefused([Blocker("no_segment", "segment", sentence("no_segment"))])
        snapshot = take_snapshot(
            segment_version=definition.version,
            exclude=definition.excluded,
            by=by,
            now=now,
            **choice_of(claimed),
        )
        _require_same_size(claimed, snapshot.total)
        queued = enqueue_campaign(campaign=claimed, snapshot=snapshot, now=now)
        _schedule(claimed, snapshot, queued=queued, by=by, now=now)
    return claimed


def _schedule(
    claimed: Campaign, snapshot: Snapshot, *, queued: int, by: User, now: datetime
) -> None:
    claimed.move_to(
        Status.SCHEDULED,
        now=now,
        snapshot=snapshot,
        total=queued,
        launched_by=by,
        launched_at=now,
    )
    open_rollout(campaign=claimed, now=now, policy=policy_in_force())
    figures = {"recipients": queued, "held_out": snapshot.holdout_count, "snapshot": snapshot.pk}
    record(claimed, "launched", by=by, now=now, **figures)


@contextmanager
def _one_look(campaign: Campaign) -> Iterator[None]:
    """Open the transaction of the freeze: one view of the data, and a lock that says "alive"."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        with connection.cursor() as cursor:
            if is_outermost:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s::int)", [_LOCK_SPACE, campaign.pk])
        yield


def give_up_launch(campaign: Campaign, *, why: Blocker | None, now: datetime) -> None:
    """Bring a launch that froze nothing back to APPROVED, with the reason in its story."""
    told = {} if why is None else {"code": why.code, "detail": json.dumps(dict(why.figures))}
    with transaction.atomic():
        locked = lock(campaign)
        if locked.status == Status.LAUNCHING:
            locked.move_to(Status.APPROVED, now=now)
            record(locked, "launch_failed", by=None, now=now, **told)


def _recover(campaign: Campaign, *, now: datetime) -> bool:
    with transaction.atomic():
        locked = lock(campaign)
        if locked.status != Status.LAUNCHING or not _is_dead(campaign):
            return False
        locked.move_to(Status.APPROVED, now=now)
        record(locked, "launch_recovered", by=None, now=now)
        return True


def _is_dead(campaign: Campaign) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s::int)", [_LOCK_SPACE, campaign.pk])
        (taken,) = cursor.fetchone()
    return bool(taken)


def _require_name(locked: Campaign, confirm: str) -> None:
    if confirm.strip() != locked.name.strip():
        text = _("It does not match. Write exactly: %(name)s") % {"name": locked.name}
        raise CampaignRefused([Blocker("wrong_name", "confirm", text)])


def _require_clear(locked: Campaign, *, now: datetime) -> None:
    _require_same_size(locked, count_or_refuse(locked, now=now))


def _require_same_size(locked: Campaign, found: int) -> None:
    approved = locked.approved_recipients or 0
    if not has_moved(approved=approved, found=found):
        return
    figures = {"approved": approved, "found": found}
    text = sentence("audience_moved", **figures)
    raise CampaignRefused([Blocker("audience_moved", "segment", text, figures)])
