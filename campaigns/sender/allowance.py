"""Pure: how many messages may start now, why not more, and when to look again.

Nothing here reads a clock, a database or a setting: the sender, the forecast and the tests ask the
same functions. Three ideas do the work:

* a rolling limit is exact because every start is preceded by a grant, dated after the account was
  locked, and the window in which grants are counted is longer than the provider's by the lease
  within which a granted message must start;
* marketing is paced evenly by its theoretical next start (`pace_at`), so that no burst ever takes
  the place of an order message or a reply; these go at once, and put that next start off;
* marketing never fills a window: its last places are kept (`Rolling.kept`), as an order message that
  meets a full one would wait until the oldest start in it is a minute old.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.sender.account_state import AccountState, Demand, People, Rolling
from campaigns.sender.waits import Wait, frozen, paused, why_not_more

# The question and the answer are made of these: whoever asks finds them here too.
__all__ = [
    "CALL_CATCH_UP_SECONDS",
    "CATCH_UP_SECONDS",
    "AccountState",
    "Allowance",
    "Demand",
    "People",
    "Rolling",
    "Wait",
    "allowance",
    "marketing_pace",
    "next_start",
    "opening_share",
    "put_off",
    "starts_due",
]

# An opening begins with a tenth of the pace, and rises evenly to all of it.
FIRST_SHARE = 0.1
# How much lateness an even pace may catch up with: half a second of sends, never a burst.
CATCH_UP_SECONDS = 0.5
# A call of an automation takes hundreds at once, and may take seconds: what it made late is caught up.
CALL_CATCH_UP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many may start now, all lanes together never more than `total`.

    `orders` and `marketing` are part of `templates`, not beside it; `new_people` bounds those who count against
    the tier. `pace_per_second` is the even pace of marketing that was used (0 = none may leave).
    Marketing may not take the last `kept` of `templates`, nor the last `kept_of_total` of `total`.
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
    kept: int = 0
    kept_of_total: int = 0
    # By how many seconds an order message, and a reply, puts off the next start of marketing.
    order_seconds: float = 0.0
    reply_seconds: float = 0.0

    def automations_beside(self, *, urgent: int, marketing: int) -> int:
        """Return how much may still start by automation beside what was just taken."""
        taken = urgent + marketing
        left = min(
            self.total - self.kept_of_total - taken,
            self.new_people - taken,
            self.marketing_people - marketing,
        )
        return max(0, min(self.automations, left))

    def puts_off_by(self, *, templates: int, texts: int) -> float:
        """Return by how many seconds the replies and orders just taken put marketing off."""
        return templates * self.order_seconds + texts * self.reply_seconds

    def marketing_beside(self, *, templates: int, texts: int) -> int:
        """Return how much marketing may still start beside replies and orders just taken."""
        return max(
            0,
            min(
                self.marketing,
                self.templates - self.kept - templates,
                self.total - self.kept_of_total - templates - texts,
                self.new_people - templates,
                self.marketing_people - templates,
            ),
        )


def allowance(*, now: datetime, account: AccountState, demand: Demand) -> Allowance:
    """Return what may start at `now`; calling it changes nothing."""
    if stopped := _stopped(now, account):
        return stopped
    total = account.free(account.hour)
    templates = min(account.free(account.template_minute), total)
    texts = min(account.free(account.text_minute), total)
    if _is_later(account.templates_frozen_until, now):
        templates = 0
    if _is_later(account.texts_frozen_until, now):
        texts = 0
    pace = marketing_pace(now=now, account=account, demand=demand)
    due = starts_due(now=now, pace_at=account.pace_at, per_second=pace)
    people = account.people.left_for_marketing(account.marketing_share)
    kept = templates - min(templates, account.free_for_marketing(account.template_minute))
    kept_of_total = total - account.free_for_marketing(account.hour)
    automations, automation_pace = _automations(account, demand, now=now)
    order_seconds, reply_seconds = _turns(account)
    return Allowance(
        templates=templates,
        texts=texts,
        orders=_orders(account, demand, templates),
        marketing=min(due, templates - kept, total - kept_of_total, people),
        total=total,
        new_people=account.people.left(),
        pace_per_second=pace,
        waits=why_not_more(account, demand, pace=pace, templates=templates, now=now),
        look_again_at=_look_again(account, pace, templates, due, now=now),
        automations=min(automations, total - kept_of_total, people),
        automation_pace_per_second=automation_pace,
        marketing_people=people,
        kept=kept,
        kept_of_total=kept_of_total,
        order_seconds=order_seconds,
        reply_seconds=reply_seconds,
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
    pace = account.even_pace(endpoint)
    if account.hour is not None:
        pace = min(pace, account.even_pace(account.hour))
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
    seconds = started * jitter / per_second
    return put_off(now=now, pace_at=pace_at, seconds=seconds, catch_up=catch_up)


def put_off(
    *,
    now: datetime,
    pace_at: datetime | None,
    seconds: float,
    catch_up: float = CATCH_UP_SECONDS,
) -> datetime:
    """Return the `pace_at` that lies `seconds` after `pace_at`, or after now if that is long past."""
    return _resume(now, pace_at, catch_up) + timedelta(seconds=seconds)


def _resume(now: datetime, pace_at: datetime | None, catch_up: float) -> datetime:
    earliest = now - timedelta(seconds=catch_up)
    return now if pace_at is None else max(pace_at, earliest)


def _stopped(now: datetime, account: AccountState) -> Allowance | None:
    if account.pause_code:
        return Allowance(0, 0, 0, 0, 0, 0, 0.0, (paused(account),))
    until = account.frozen_until
    if until is not None and until > now:
        return Allowance(0, 0, 0, 0, 0, 0, 0.0, (frozen(until),), until)
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
    return min(due, account.free_for_marketing(rolling)), pace


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


def _turns(account: AccountState) -> tuple[float, float]:
    """Return the time that a template, and a text, takes of the window that sets the pace, in seconds.

    Marketing that went on at its pace beside a clump of orders would fill the window before its time,
    and then stand still until the clump is a minute old, this minute and each that follows: whoever
    is due in such a gap waits for its end.
    """
    minute, hour = account.template_minute, account.hour
    if hour is not None and account.even_pace(hour) < account.even_pace(minute):
        return account.seconds_per_place(hour), account.seconds_per_place(hour)
    return account.seconds_per_place(minute), 0.0


def _is_later(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment > now


def _look_again(
    account: AccountState, pace: float, templates: int, due: int, *, now: datetime
) -> datetime | None:
    """Return when more may start: the pace goes on, a window frees, a freeze ends, a person's day."""
    moments = []
    if pace > 0 and due == 0:
        moments.append(account.pace_at)
    if templates == 0:
        moments.append(account.templates_frozen_until)
    if templates == 0 or pace > 0:
        moments += [window.frees_at for window in _filled(account)]
    if account.people.left_for_marketing(account.marketing_share) == 0:
        moments.append(account.people.frees_at)
    # A freeze that is just over says nothing about when the window frees.
    return min((m for m in moments if m is not None and m > now), default=None)


def _filled(account: AccountState) -> list[Rolling]:
    """Return the windows in which marketing finds no place: those that are kept are all that is left."""
    windows = (account.template_minute, account.hour)
    return [w for w in windows if w is not None and account.free_for_marketing(w) == 0]
