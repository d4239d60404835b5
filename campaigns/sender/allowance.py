"""Pure: how many messages may start now, why not more, and when to look again.

Nothing here reads a clock, a database or a setting: the sender, the forecast and the tests ask the
same functions. Two ideas do the work:

* a rolling limit is exact because every start is preceded by a grant, dated after the account was
  locked, and the window in which grants are counted is longer than the provider's by the lease
  within which a granted message must start;
* marketing is paced evenly by its theoretical next start (`pace_at`), so that no burst ever takes
  the place of an order message or a reply.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from campaigns.sender.policy import DEFAULT_POLICY, LOWEST_TIER

# An opening begins with a tenth of the pace, and rises evenly to all of it.
FIRST_SHARE = 0.1
# How much lateness an even pace may catch up with: half a second of sends, never a burst.
CATCH_UP_SECONDS = 0.5
# A call of an automation takes hundreds at once, and may take seconds: what it made late is caught up.
CALL_CATCH_UP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Rolling:
    """One limit in a rolling window: `used` were granted in the last `seconds` plus the lease."""

    code: str
    limit: int
    seconds: float
    used: int = 0
    frees_at: datetime | None = None

    def usable(self, *, margin: float, speed: float) -> int:
        """Return the limit less the margin, slowed by `speed` (0–1]; at least one."""
        return max(1, math.floor(self.limit * (1 - margin) * speed + 1e-9))

    def free(self, *, margin: float, speed: float) -> int:
        return max(0, self.usable(margin=margin, speed=speed) - self.used)


@dataclass(frozen=True, slots=True)
class People:
    """Unique people outside an open window in the last 24 hours, against the tier.

    `frees_at`: when the first of them does not count any more.
    """

    limit: int | None
    used: int = 0
    frees_at: datetime | None = None

    @property
    def known_limit(self) -> int:
        return LOWEST_TIER if self.limit is None else self.limit

    def left(self) -> int:
        return max(0, self.known_limit - self.used)

    def left_for_marketing(self, share: float) -> int:
        return max(0, math.floor(self.known_limit * share + 1e-9) - self.used)


@dataclass(frozen=True, slots=True)
class AccountState:
    """What the limits and the ledger say at one moment, read under the account's lock."""

    template_minute: Rolling
    text_minute: Rolling
    hour: Rolling | None
    people: People
    margin: float
    marketing_share: float
    lease_seconds: float
    speed: float = 1.0
    quality: str = "unknown"
    throttled_at: datetime | None = None
    pause_code: str = ""
    pause_detail: str = ""
    frozen_until: datetime | None = None
    templates_frozen_until: datetime | None = None
    texts_frozen_until: datetime | None = None
    pace_at: datetime | None = None
    # Template sends granted in the last second of the minute's sixty.
    templates_lately: int = 0
    # Sends by automation have a limit, a freeze and a pace of their own; None = no route is in use.
    automation_minute: Rolling | None = None
    automations_frozen_until: datetime | None = None
    automation_pace_at: datetime | None = None
    # What is left of the pace while the quality is medium.
    yellow_factor: float = DEFAULT_POLICY.yellow_factor


@dataclass(frozen=True, slots=True)
class Demand:
    """Marketing that could leave now: how many people, and when the last open zone closes.

    `opening` is the share of the pace that so fresh an opening allows (see `opening_share`).
    `orders_opening`: the hours of order messages have just opened on what the night brought.
    `opened_at`: when the first of these zones opened; None where they never close.
    """

    backlog: int = 0
    closes_at: datetime | None = None
    opening: float = 1.0
    orders_opening: bool = False
    opened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Why not more: a code of `campaigns.reasons` and its figures."""

    code: str
    figures: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many may start now, all lanes together never more than `total`.

    `orders` and `marketing` are part of `templates`, not beside it; `new_people` bounds those who count against
    the tier. `pace_per_second` is the even pace of marketing that was used (0 = none may leave).
    """

    templates: int
    texts: int
    orders: int
    marketing: int
    total: int
    new_people: int
    pace_per_second: float
    waits: tuple[Wait, ...] = ()
    look_again_at: datetime | None = None
    # Marketing by automation, beside `marketing`: both together write to `marketing_people` at most.
    automations: int = 0
    automation_pace_per_second: float = 0.0
    marketing_people: int = 0

    def automations_beside(self, *, urgent: int, marketing: int) -> int:
        """Return how much may still start by automation beside what was just taken."""
        taken = urgent + marketing
        left = min(self.total - taken, self.new_people - taken, self.marketing_people - marketing)
        return max(0, min(self.automations, left))

    def marketing_beside(self, *, templates: int, texts: int) -> int:
        """Return how much marketing may still start beside replies and orders just taken."""
        return max(
            0,
            min(
                self.marketing,
                self.templates - templates,
                self.total - templates - texts,
                self.new_people - templates,
            ),
        )


def allowance(*, now: datetime, account: AccountState, demand: Demand) -> Allowance:
    """Return what may start at `now`; calling it changes nothing."""
    if stopped := _stopped(now, account):
        return stopped
    total = _free(account.hour, account)
    templates = min(_free(account.template_minute, account), total)
    texts = min(_free(account.text_minute, account), total)
    if _is_later(account.templates_frozen_until, now):
        templates = 0
    if _is_later(account.texts_frozen_until, now):
        texts = 0
    pace = marketing_pace(now=now, account=account, demand=demand)
    due = starts_due(now=now, pace_at=account.pace_at, per_second=pace)
    people = account.people.left_for_marketing(account.marketing_share)
    marketing = min(due, templates, people)
    automations, automation_pace = _automations(account, demand, now=now)
    return Allowance(
        templates=templates,
        texts=texts,
        orders=_orders(account, demand, templates),
        marketing=marketing,
        total=total,
        new_people=account.people.left(),
        pace_per_second=pace,
        waits=_waits(account, pace, templates, demand, now=now),
        look_again_at=_look_again(account, pace, templates, due, now=now),
        automations=min(automations, total, people),
        automation_pace_per_second=automation_pace,
        marketing_people=people,
    )


def marketing_pace(*, now: datetime, account: AccountState, demand: Demand) -> float:
    """Return marketing sends per second: the endpoint's pace, the hour's, the tier's, × quality.

    The tier sets the pace only where it is too small for the backlog: then what is left of it is
    spread over the time in which these people may still be written to today.
    """
    return _pace(account.template_minute, now=now, account=account, demand=demand)


def _pace(endpoint: Rolling, *, now: datetime, account: AccountState, demand: Demand) -> float:
    if account.quality in {"red", "unreadable"}:
        return 0.0
    pace = _even(endpoint, account)
    if account.hour is not None:
        pace = min(pace, _even(account.hour, account))
    slots = account.people.left_for_marketing(account.marketing_share)
    if demand.closes_at is not None and demand.backlog > slots:
        pace = min(pace, _tier_pace(now, account, demand, demand.closes_at))
    calm = account.yellow_factor if account.quality == "yellow" else 1.0
    return pace * calm * demand.opening


def _tier_pace(now: datetime, account: AccountState, demand: Demand, closes_at: datetime) -> float:
    """Return what is left of the tier over the time until closing, sends per second.

    Never slower than the whole share over the whole opening: where yesterday's people still count,
    places come back one by one, and a pace of one place over the rest of the day would let nobody
    take the next ones.
    """
    slots = account.people.left_for_marketing(account.marketing_share)
    even = slots / max(1.0, (closes_at - now).total_seconds())
    if demand.opened_at is None:
        return even
    share = account.people.known_limit * account.marketing_share
    return max(even, share / max(1.0, (closes_at - demand.opened_at).total_seconds()))


def opening_share(*, now: datetime, opened_at: datetime | None, spread: timedelta) -> float:
    """Return the share of the pace for people who may be written to since `opened_at`.

    It rises from a tenth to all of it within `spread`; None = they always may.
    """
    if opened_at is None or now - opened_at >= spread:
        return 1.0
    elapsed = max(timedelta(), now - opened_at) / spread
    return FIRST_SHARE + (1 - FIRST_SHARE) * elapsed


def starts_due(
    *,
    now: datetime,
    pace_at: datetime | None,
    per_second: float,
    catch_up: float = CATCH_UP_SECONDS,
) -> int:
    """Return how many starts an even pace owes at `now`, its next start being `pace_at`.

    Never more than it owes for the last `catch_up` seconds, and one.
    """
    if per_second <= 0:
        return 0
    late = (now - _resume(now, pace_at, catch_up)).total_seconds()
    return 0 if late < 0 else 1 + math.floor(late * per_second + 1e-9)


def next_start(
    *,
    now: datetime,
    pace_at: datetime | None,
    per_second: float,
    started: int,
    jitter: float = 1.0,
    catch_up: float = CATCH_UP_SECONDS,
) -> datetime:
    """Return the `pace_at` after `started` starts; `jitter` (about 1) blurs the rhythm."""
    step = timedelta(seconds=started * jitter / per_second)
    return _resume(now, pace_at, catch_up) + step


def _resume(now: datetime, pace_at: datetime | None, catch_up: float) -> datetime:
    earliest = now - timedelta(seconds=catch_up)
    return now if pace_at is None else max(pace_at, earliest)


def _free(rolling: Rolling | None, account: AccountState) -> int:
    if rolling is None:
        return 10**9
    # A lower speed is a slower pace. In the window of an hour, already half full, it would stop
    # orders and replies as well, for half an hour.
    speed = 1.0 if rolling is account.hour else account.speed
    return rolling.free(margin=account.margin, speed=speed)


def _even(rolling: Rolling, account: AccountState) -> float:
    usable = rolling.usable(margin=account.margin, speed=account.speed)
    return usable / (rolling.seconds + account.lease_seconds)


def _stopped(now: datetime, account: AccountState) -> Allowance | None:
    if account.pause_code:
        why: dict[str, object] = {"why": account.pause_code}
        if account.pause_detail:
            why["detail"] = account.pause_detail
        wait = Wait("account_paused", why)
        return Allowance(0, 0, 0, 0, 0, 0, 0.0, (wait,))
    if account.frozen_until is not None and account.frozen_until > now:
        return Allowance(
            0, 0, 0, 0, 0, 0, 0.0, (_frozen(account.frozen_until),), account.frozen_until
        )
    return None


def _automations(account: AccountState, demand: Demand, *, now: datetime) -> tuple[int, float]:
    """Return how many sends by automation their own limit and even pace owe, and that pace."""
    rolling = account.automation_minute
    if rolling is None or _is_later(account.automations_frozen_until, now):
        return 0, 0.0
    pace = _pace(rolling, now=now, account=account, demand=demand)
    due = starts_due(
        now=now,
        pace_at=account.automation_pace_at,
        per_second=pace,
        catch_up=CALL_CATCH_UP_SECONDS,
    )
    return min(due, _free(rolling, account)), pace


def _orders(account: AccountState, demand: Demand, templates: int) -> int:
    """Return how many order messages may start: all that is free, but second by second at an opening.

    So a night's orders leave in their order at the even pace of the endpoint, and whoever answers a
    customer with a template meanwhile finds room.
    """
    if not demand.orders_opening:
        return templates
    usable = account.template_minute.usable(margin=account.margin, speed=account.speed)
    in_a_second = math.ceil(usable / 60 - 1e-9)
    return max(0, min(templates, in_a_second - account.templates_lately))


def _is_later(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment > now


def _frozen(until: datetime | None) -> Wait:
    return Wait("frozen", {"until": until.isoformat() if until else ""})


def _slowed(account: AccountState) -> Wait:
    percent = max(1, round(account.speed * 100))
    if account.throttled_at is None:
        return Wait("slowed_down", {"percent": percent})
    return Wait("slowed", {"percent": percent, "at": account.throttled_at.isoformat()})


def _waits(
    account: AccountState, pace: float, templates: int, demand: Demand, *, now: datetime
) -> tuple[Wait, ...]:
    waits = [*_quality_waits(account), *_people_waits(account, demand)]
    has_people = account.people.left_for_marketing(account.marketing_share) > 0
    is_paced = pace > 0 and demand.backlog > 0 and has_people
    if _is_later(account.templates_frozen_until, now):
        waits.append(_frozen(account.templates_frozen_until))
    elif templates == 0:
        waits.extend(_full(account))
    elif is_paced:
        waits.append(Wait("even_pace", {"per_minute": round(pace * 60, 1)}))
    if account.speed < 1:
        waits.append(_slowed(account))
    if is_paced and demand.opening < 1:
        waits.append(Wait("opening", {"percent": max(1, round(demand.opening * 100))}))
    return tuple(waits)


def _quality_waits(account: AccountState) -> list[Wait]:
    if account.quality in {"red", "unreadable", "yellow"}:
        return [Wait(f"quality_{account.quality}")]
    return []


def _people_waits(account: AccountState, demand: Demand) -> list[Wait]:
    waits = []
    people = account.people
    limit = people.known_limit
    if people.limit is None:
        waits.append(Wait("daily_limit_unknown", {"limit": limit}))
    if people.left_for_marketing(account.marketing_share) < demand.backlog or people.left() == 0:
        kept = limit - math.floor(limit * account.marketing_share + 1e-9)
        waits.append(Wait("daily_limit", {"left": people.left(), "limit": limit, "kept": kept}))
        is_used_up = people.left_for_marketing(account.marketing_share) == 0
        if is_used_up and demand.backlog > 0 and people.frees_at is not None:
            waits.append(Wait("daily_limit_frees", {"until": people.frees_at.isoformat()}))
    return waits


def _full(account: AccountState) -> list[Wait]:
    if account.hour is not None and _free(account.hour, account) == 0:
        return [Wait("hour_limit", {"limit": account.hour.limit})]
    return [Wait("minute_limit", {"limit": account.template_minute.limit})]


def _look_again(
    account: AccountState, pace: float, templates: int, due: int, *, now: datetime
) -> datetime | None:
    """Return when more may start: the pace goes on, a window frees, a freeze ends, a person's day."""
    moments = []
    if pace > 0 and due == 0:
        moments.append(account.pace_at)
    if templates == 0:
        moments.append(account.templates_frozen_until)
        moments += [w.frees_at for w in (account.template_minute, account.hour) if w is not None]
    if account.people.left_for_marketing(account.marketing_share) == 0:
        moments.append(account.people.frees_at)
    # A freeze that is just over says nothing about when the window frees.
    return min((m for m in moments if m is not None and m > now), default=None)
