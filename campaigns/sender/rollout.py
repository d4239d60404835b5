"""The shares and the stop rules at work: moves a campaign on, holds it, or stops it with the reason.

Called again and again by housekeeping; each move names the phase that it leaves, so two senders
that do it at once do it once.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from campaigns.alerts import raise_alert
from campaigns.models import Campaign, CampaignEvent, Rollout
from campaigns.sender import canary
from campaigns.sender.figures import figures_of
from campaigns.sender.gates import started_of
from campaigns.sender.pausing import pause_campaign
from campaigns.sender.policy import Policy
from campaigns.sender.stop_rules import Figures, Level, Verdict, judge

# Counting 30,000 rows takes less than a tenth of a second; the sender waits for it.
JUDGE_EVERY = timedelta(seconds=10)
MANY = 30_000
JUDGE_LARGE_EVERY = timedelta(seconds=60)
# Nothing is left to stop once a campaign has ended, but what its receipts say is still told.
JUDGE_ENDED_EVERY = timedelta(minutes=10)
JUDGED_AFTER_END = timedelta(hours=48)

Phase = Rollout.Phase
Status = Campaign.Status


def open_rollout(*, campaign: Campaign, now: datetime, policy: Policy) -> Rollout:
    """Note how far `campaign` may go at first; a second call changes nothing."""
    step = canary.first_step(
        total=campaign.total, share=float(campaign.canary_share), policy=policy
    )
    rollout, _is_new = Rollout.objects.get_or_create(
        campaign=campaign,
        defaults={
            "phase": Phase.SENDING if step else Phase.OPEN,
            "most": step.most if step else None,
            "moved_at": now,
            # Of one that is at work already it is counted once, at its next claim.
            "begun": 0 if campaign.started_at is None else None,
        },
    )
    return rollout


def keep_rollouts(*, now: datetime, policy: Policy) -> None:
    """Do everything that is due at `now` for the campaigns at work and those just ended."""
    for campaign in Campaign.objects.filter(status=Status.SENDING, rollout__isnull=True):
        open_rollout(campaign=campaign, now=now, policy=policy)
    close_shares(now=now, policy=policy)
    for rollout in _to_judge(now):
        judge_rollout(rollout, now=now, policy=policy)


def close_shares(*, now: datetime, policy: Policy) -> int:
    """Watch the shares that have gone out in full; return how many."""
    going = list(
        Rollout.objects.filter(campaign__status=Status.SENDING, phase=Phase.SENDING).select_related(
            "campaign"
        )
    )
    started = started_of(going)
    full = [r for r in going if started.get(r.campaign_id, 0) >= (r.most or 0)]
    return sum(_watch(rollout, now=now, policy=policy) for rollout in full)


def judge_rollout(rollout: Rollout, *, now: datetime, policy: Policy) -> None:
    """Judge one campaign at `now`; stop it, or let its next share go if that is due."""
    figures = figures_of(rollout.campaign_id, since=rollout.judged_from, rules=policy.stop, now=now)
    verdict = judge(figures, policy.stop)
    _remember(rollout, verdict, now=now)
    if rollout.campaign.status != Status.SENDING:
        return
    if verdict.level is Level.STOP:
        _hold(rollout, verdict.findings[0], now=now)
    elif rollout.judge_at is not None and rollout.judge_at <= now:
        _end_of_watch(rollout, figures, now=now, policy=policy)


def go_on(rollout: Rollout, *, now: datetime, policy: Policy) -> int | None:
    """Let the next share go after a person's decision; return how far, None = to everybody.

    What has left by now is not judged again. A share that is still going out or being watched goes
    on as it was. The caller holds the lock of the campaign.
    """
    Rollout.objects.filter(pk=rollout.pk).update(
        judged_from=now, judged_at=None, level=Rollout.Level.UNJUDGED, findings=[]
    )
    if rollout.phase == Phase.HELD:
        return _advance(rollout, Phase.HELD, now=now, policy=policy)
    return rollout.most


def _to_judge(now: datetime) -> Iterator[Rollout]:
    """Return the rollouts whose figures are due to be looked at, the campaign with each."""
    ended = Q(campaign__status=Status.DONE, campaign__ended_at__gt=now - JUDGED_AFTER_END)
    known = Rollout.objects.filter(Q(campaign__status=Status.SENDING) | ended)
    for rollout in known.select_related("campaign").order_by("pk"):
        is_time = rollout.judge_at is not None and rollout.judge_at <= now
        every = _pause_between_looks(rollout.campaign)
        if is_time or rollout.judged_at is None or now - rollout.judged_at >= every:
            yield rollout


def _pause_between_looks(campaign: Campaign) -> timedelta:
    """Return how long to wait between two looks: counting must stay cheap, however many people."""
    if campaign.status != Status.SENDING:
        return JUDGE_ENDED_EVERY
    return min(JUDGE_EVERY * max(1.0, campaign.total / MANY), JUDGE_LARGE_EVERY)


def _watch(rollout: Rollout, *, now: datetime, policy: Policy) -> bool:
    campaign, most = rollout.campaign, rollout.most or 0
    hold = canary.hold_of(
        most, total=campaign.total, share=float(campaign.canary_share), policy=policy
    )
    with transaction.atomic():
        is_at_work = _lock(rollout)
        moved = is_at_work and _move(
            rollout, Phase.SENDING, Phase.WATCHING, now=now, judge_at=now + hold
        )
        if moved:
            until = (now + hold).isoformat()
            _tell(rollout, "share_out", now=now, recipients=most, until=until)
    return moved


def _end_of_watch(rollout: Rollout, figures: Figures, *, now: datetime, policy: Policy) -> None:
    may_go_on, _verdict = canary.may_go_on(figures, policy)
    if not may_go_on:
        blind = {"code": "canary_blind", "count": figures.started}
        _hold(rollout, blind, now=now)
        return
    with transaction.atomic():
        if _lock(rollout):
            _advance(rollout, Phase.WATCHING, now=now, policy=policy)


def _advance(rollout: Rollout, old: Phase, *, now: datetime, policy: Policy) -> int | None:
    campaign, most = rollout.campaign, rollout.most or 0
    step = canary.step_after(
        most, total=campaign.total, share=float(campaign.canary_share), policy=policy
    )
    new = Phase.SENDING if step else Phase.OPEN
    reached = step.most if step else None
    if _move(rollout, old, new, now=now, most=reached, judge_at=None):
        told = {} if step is None else {"recipients": step.most}
        _tell(rollout, "share_next" if step else "share_rest", now=now, **told)
    return reached


def _hold(rollout: Rollout, finding: Mapping[str, object], *, now: datetime) -> None:
    """Stop the campaign with the reason; a share that was being watched waits for a person."""
    with transaction.atomic():
        if not _lock(rollout):
            return
        code, detail = str(finding["code"]), json.dumps(dict(finding))
        pause_campaign(campaign_id=rollout.campaign_id, code=code, detail=detail)
        _move(rollout, Phase.WATCHING, Phase.HELD, now=now, judge_at=None)


def _lock(rollout: Rollout) -> bool:
    """Lock the campaign, first as everybody does; False if it is not at work (any more).

    False too while a person holds it: the next look comes soon, and no order message waits for that.
    """
    free = Campaign.objects.select_for_update(no_key=True, skip_locked=True)
    locked = free.filter(pk=rollout.campaign_id).first()
    return locked is not None and locked.status == Status.SENDING


def _move(rollout: Rollout, old: Phase, new: Phase, *, now: datetime, **changes: object) -> bool:
    """Move from `old` to `new`; False if it was not there (any more)."""
    if new not in Rollout.NEXT[old]:
        raise AssertionError(f"{old} -> {new}")
    moved = Rollout.objects.filter(pk=rollout.pk, phase=old).update(
        phase=new, moved_at=now, **changes
    )
    return moved == 1


def _remember(rollout: Rollout, verdict: Verdict, *, now: datetime) -> None:
    """Keep the verdict for the pages; of what is only watched people are told once per rule."""
    findings: Sequence[Mapping[str, object]] = verdict.findings
    Rollout.objects.filter(pk=rollout.pk).update(
        judged_at=now, level=verdict.level.value, findings=findings
    )
    if rollout.campaign.status == Status.SENDING and verdict.level is Level.STOP:
        return  # told by whoever stops it
    for finding in findings:
        code = str(finding["code"])
        raise_alert(
            code="campaign_watched",
            subject=code,
            campaign=rollout.campaign,
            figures={name: value for name, value in finding.items() if name != "code"}
            | {"why": code},
            now=now,
            is_once=True,
        )


def _tell(rollout: Rollout, verb: str, *, now: datetime, **figures: object) -> None:
    CampaignEvent.objects.create(
        campaign_id=rollout.campaign_id, at=now, verb=verb, figures=figures
    )
