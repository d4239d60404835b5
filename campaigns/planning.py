"""When a campaign that is only thought of would have left, alone on the account."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from campaigns.forecast_world import gates_of, world_of
from campaigns.models import SpokiAccount
from campaigns.outlook import Outlook
from campaigns.sender.allowance import People
from campaigns.sender.forecast import foresee
from campaigns.sender.remedies import Remedy, remedies_for
from campaigns.sender.virtual import Wave, World

DAY = timedelta(hours=24)
PLAN = "plan"
ROME = ZoneInfo("Europe/Rome")


@dataclass(frozen=True, slots=True)
class Plan:
    """A campaign that is only thought of; None = what the account has.

    `people` by time zone; `tier` in people per 24 hours; `per_minute` is the limit of the route;
    `first_share` (0–1) goes out first, then the ramp of the policy; 0 = everybody at once.
    """

    people: Mapping[str, int]
    start_at: datetime
    tier: int | None = None
    per_minute: int | None = None
    spread_hours: float = 0.0
    by_automation: bool = False
    first_share: float = 0.0
    orders_per_minute: float = 0.0
    ends_at: datetime | None = None

    @property
    def recipients(self) -> int:
        return sum(self.people.values())


@dataclass(frozen=True, slots=True)
class PlanForecast:
    """The outlook of a plan, the account it was made with, and what would help it."""

    outlook: Outlook
    world: World
    remedies: tuple[Remedy, ...]


def foresee_plan(plan: Plan, account: SpokiAccount, *, now: datetime) -> PlanForecast:
    """Return the forecast of a plan on the account, saved or not."""
    world = _world(plan, account, now=now)
    wave = Wave(
        key=PLAN,
        people=plan.people,
        start_at=plan.start_at,
        ends_at=plan.ends_at,
        per_second=plan.recipients / (plan.spread_hours * 3600) if plan.spread_hours else None,
        gates=gates_of(plan.recipients, share=plan.first_share, policy=world.policy),
        by_automation=plan.by_automation,
    )
    outlook = foresee(world, [wave])[PLAN]
    helps = not outlook.finishes_on_its_first_day(ROME)
    remedies = remedies_for(world, [wave], PLAN, zone=ROME) if helps else ()
    return PlanForecast(outlook, world, tuple(remedies))


def _world(plan: Plan, account: SpokiAccount, *, now: datetime) -> World:
    """Return the account with the limits of the plan, as it will be at its start."""
    thought = copy(account)
    if plan.tier is not None:
        thought.daily_limit_override = plan.tier
    if plan.per_minute is not None and not plan.by_automation:
        thought.template_sends_per_minute = plan.per_minute
    world = world_of(thought, now=now)
    state = world.account
    # Whoever was written to until now no longer counts a day later.
    used = state.people.used if plan.start_at < now + DAY else 0
    automations = plan.per_minute if plan.by_automation else None
    return replace(
        world,
        account=replace(state, people=People(state.people.limit, used)),
        now=min(now, plan.start_at),
        orders_per_minute=plan.orders_per_minute,
        automations_per_minute=automations or world.automations_per_minute,
    )
