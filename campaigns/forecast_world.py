"""The account as the virtual clock of a forecast starts: its limits, hours, and who was written to."""

from datetime import datetime, timedelta

from campaigns.models import SpokiAccount
from campaigns.policies import policy_in_force
from campaigns.sender.allowance import AccountState, People, Rolling
from campaigns.sender.canary import steps
from campaigns.sender.hours import WritingHours
from campaigns.sender.ledger import read_state
from campaigns.sender.limits import limits_of, marketing_hours
from campaigns.sender.policy import DEFAULT_POLICY, Policy
from campaigns.sender.virtual import Gate, World

# Up to so many people a page computes by the minute; more by as many minutes more, to stay quick.
PEOPLE_BY_THE_MINUTE = 300_000


def world_of(account: SpokiAccount, *, now: datetime) -> World:
    """Return the account as it is; one that was never saved has no history."""
    policy = policy_in_force() if account.pk else DEFAULT_POLICY
    is_known = account.pk is not None
    return World(
        account=read_state(account, now=now, policy=policy)
        if is_known
        else fresh_state(account, policy),
        hours=marketing_hours(account, policy),
        now=now,
        day_seconds=account.day_seconds,
        counted=_counted(account, now=now) if is_known else (),
        speed_changed_at=account.speed_changed_at,
        order_hours=WritingHours.parse(account.transactional_hours),
        automations_per_minute=account.automation_sends_per_minute,
        policy=policy,
    )


def step_for(people: int, account: SpokiAccount) -> timedelta:
    """Return the grain of the clock of a page for so many people.

    A minute is as long as the account's window, so that scaled windows are foreseen as finely.
    """
    minutes = 1 + people // PEOPLE_BY_THE_MINUTE
    return timedelta(seconds=account.minute_seconds * minutes)


def gates_of(total: int, *, share: float, policy: Policy) -> tuple[Gate, ...]:
    """Return the shares in which `total` people are written to, the rest after them."""
    return tuple(Gate(s.most, s.hold) for s in steps(total=total, share=share, policy=policy))


def fresh_state(account: SpokiAccount, policy: Policy) -> AccountState:
    """Return the limits of an account that has not sent anything yet; asks no database."""
    limits = limits_of(account, policy)
    length = account.minute_seconds
    hour = account.hour_seconds
    return AccountState(
        template_minute=Rolling("minute_limit", limits.per_minute, length),
        text_minute=Rolling("text_minute_limit", account.text_sends_per_minute, length),
        hour=Rolling("hour_limit", limits.per_hour, hour) if limits.per_hour else None,
        people=People(account.people_per_day),
        margin=account.margin,
        marketing_share=account.marketing_share,
        lease_seconds=account.lease_seconds,
        yellow_factor=policy.yellow_factor,
    )


def _counted(account: SpokiAccount, *, now: datetime) -> list[tuple[datetime, int]]:
    since = now - timedelta(seconds=account.day_seconds + account.lease_seconds)
    minutes = account.tier_minutes.filter(minute__gt=since, people__gt=0).order_by("minute")
    return list(minutes.values_list("minute", "people"))
