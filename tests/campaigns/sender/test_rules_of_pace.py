"""Any history of sends, any limits, any callers: what must hold whatever happens.

A ledger of plain lists stands in for the database. Several workers ask it one after the other, as
under the account's lock; each starts what it got at any moment within its lease. The clock of the
ledger may step back while real time goes on; limits are checked in real time.
"""

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from campaigns.sender.allowance import (
    AccountState,
    Allowance,
    Demand,
    People,
    Rolling,
    allowance,
    next_start,
    put_off,
    starts_due,
)

ZERO = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
EPSILON = 1e-6
MINUTE, HOUR, DAY = 60.0, 600.0, 1_800.0


@dataclass(slots=True)
class Account:
    """Limits, and the grants and people of a ledger in seconds of its own clock."""

    templates: int
    texts: int
    hour: int | None
    tier: int | None
    margin: float
    share: float
    lease: float
    speed: float = 1.0
    quality: str = "green"
    pace_at: datetime | None = None
    grants: list[tuple[float, str, int]] = field(default_factory=list)
    last_written: dict[int, float] = field(default_factory=dict)

    def state(self, now: float) -> AccountState:
        return AccountState(
            template_minute=self._rolling("minute_limit", self.templates, MINUTE, "template", now),
            text_minute=self._rolling("text_minute_limit", self.texts, MINUTE, "text", now),
            hour=self._rolling("hour_limit", self.hour, HOUR, "", now) if self.hour else None,
            people=People(self.tier, self.people_used(now)),
            margin=self.margin,
            marketing_share=self.share,
            lease_seconds=self.lease,
            speed=self.speed,
            quality=self.quality,
            pace_at=self.pace_at,
            templates_lately=sum(n for at, k, n in self.grants if k == "template" and at > now - 1),
        )

    def people_used(self, now: float) -> int:
        return sum(at > now - DAY - self.lease for at in self.last_written.values())

    def _rolling(self, code: str, limit: int, seconds: float, kind: str, now: float) -> Rolling:
        since = now - seconds - self.lease
        seen = [(at, n) for at, k, n in self.grants if at > since and kind in {"", k}]
        frees = min((at for at, _n in seen), default=None)
        frees_at = None if frees is None else clock(frees + seconds + self.lease)
        return Rolling(code, limit, seconds, sum(n for _at, n in seen), frees_at)


def clock(seconds: float) -> datetime:
    return ZERO + timedelta(seconds=seconds)


def fullest(starts: list[float], seconds: float) -> int:
    """Return the largest number of starts in any half-open window of that length."""
    starts = sorted(starts)
    most, first = 0, 0
    for last, moment in enumerate(starts):
        while starts[first] <= moment - seconds + EPSILON:
            first += 1
        most = max(most, last - first + 1)
    return most


def usable(limit: int, margin: float, speed: float = 1.0) -> int:
    return max(1, int(limit * (1 - margin) * speed + 1e-9))


def for_marketing(limit: int, margin: float, speed: float = 1.0) -> int:
    """Return the places that marketing may fill: all but one in forty, at least one if two are there."""
    places = usable(limit, margin, speed)
    return places if places == 1 else places - max(1, places // 40)


def most_people(written: list[tuple[float, int]]) -> int:
    """Return the largest number of different people in any rolling day."""
    written = sorted(written)
    most, first = 0, 0
    present: Counter[int] = Counter()
    for moment, person in written:
        present[person] += 1
        while written[first][0] <= moment - DAY + EPSILON:
            gone = written[first][1]
            present[gone] -= 1
            present += Counter()
            first += 1
        most = max(most, len(present))
    return most


class AnyHistory(RuleBasedStateMachine):
    """Workers that ask, take and start in any order, at any time, on any limits."""

    def __init__(self):
        super().__init__()
        self.starts: dict[str, list[float]] = {"template": [], "text": []}
        self.written: list[tuple[float, int]] = []

    @initialize(
        templates=st.integers(1, 40) | st.sampled_from([80, 130]),
        texts=st.integers(1, 40),
        hour=st.none() | st.integers(1, 120),
        tier=st.none() | st.integers(1, 60),
        margin=st.sampled_from([0.0, 0.05, 0.5]),
        share=st.sampled_from([0.0, 0.5, 0.8, 1.0]),
        lease=st.sampled_from([0.1, 1.0, 5.0]),
    )
    def begin(self, **limits):
        self.account = Account(**limits)
        self.real = 0.0
        self.behind = 0.0
        self.strangers = 0
        self.dice = random.Random(1)

    @rule(
        pause=st.floats(0, 90),
        texts=st.integers(0, 50),
        orders=st.integers(0, 50),
        backlog=st.sampled_from([0, 5, 30_000]),
        capacity=st.integers(1, 64),
        opening=st.booleans(),
        lateness=st.floats(0, 1),
        known=st.booleans(),
    )
    def somebody_asks_and_starts_what_it_gets(
        self, pause, texts, orders, backlog, capacity, opening, lateness, known
    ):
        self.real += pause
        now = self.real - self.behind
        closes = clock(now + 3_000)
        demand = Demand(backlog, closes, orders_opening=opening)
        allowed = allowance(now=clock(now), account=self.account.state(now), demand=demand)
        self._check_knows_when(allowed, now, backlog)
        texts = min(texts, allowed.texts, capacity, allowed.total)
        most = min(allowed.orders, allowed.new_people, capacity - texts, allowed.total - texts)
        orders = max(0, min(orders, most))
        room = allowed.marketing_beside(templates=orders, texts=texts)
        marketing = max(0, min(room, backlog, capacity - texts - orders))
        self._grant(now, "text", texts, lateness, known=True)
        self._grant(now, "template", orders, lateness, known=known)
        if backlog and allowed.pace_per_second > 0:
            seconds = allowed.puts_off_by(templates=orders, texts=texts)
            pace_at = self.account.pace_at
            self.account.pace_at = put_off(now=clock(now), pace_at=pace_at, seconds=seconds)
        before = self.account.people_used(now)
        self._grant(now, "template", marketing, lateness, known=False)
        self._check_reserve(before, marketing)
        self._check_kept(now, marketing)
        if marketing:
            self.account.pace_at = next_start(
                now=clock(now),
                pace_at=self.account.pace_at,
                per_second=allowed.pace_per_second,
                started=marketing,
                jitter=self.dice.uniform(0.8, 1.2),
            )

    def _check_reserve(self, used_before: int, marketing: int) -> None:
        limit = 250 if self.account.tier is None else self.account.tier
        if marketing:
            assert used_before + marketing <= int(limit * self.account.share + 1e-9)

    @staticmethod
    def _check_knows_when(allowed: Allowance, now: float, backlog: int) -> None:
        """Marketing that may not start now is told when to ask again: nobody else would."""
        if backlog and allowed.pace_per_second > 0 and not allowed.marketing:
            assert allowed.look_again_at is not None
            assert allowed.look_again_at > clock(now)

    def _check_kept(self, now: float, marketing: int) -> None:
        """Whatever marketing just took, the places for orders and replies are still free."""
        if not marketing:
            return
        account, state = self.account, self.account.state(now)
        most = for_marketing(account.templates, account.margin, account.speed)
        assert state.template_minute.used <= most
        if state.hour is not None and account.hour is not None:
            assert state.hour.used <= for_marketing(account.hour, account.margin)

    def _grant(self, now: float, kind: str, count: int, lateness: float, *, known: bool) -> None:
        if not count:
            return
        self.account.grants.append((now, kind, count))
        for _ in range(count):
            start = self.real + lateness * self.account.lease * self.dice.random()
            self.starts[kind].append(start)
            if kind == "template":
                self._write_to_somebody(now, start, known=known)

    def _write_to_somebody(self, now: float, start: float, *, known: bool) -> None:
        person = self.strangers
        if known and self.account.last_written:
            person = self.dice.choice(list(self.account.last_written))
        else:
            self.strangers += 1
        last = self.account.last_written.get(person, now)
        self.account.last_written[person] = max(now, last)
        self.written.append((start, person))

    @rule(seconds=st.floats(0, 600))
    def the_clock_of_the_database_steps_back(self, seconds):
        self.behind += seconds

    @rule(speed=st.floats(0.05, 1), quality=st.sampled_from(["green", "yellow", "red", "unknown"]))
    def the_speed_or_the_quality_changes(self, speed, quality):
        self.account.speed, self.account.quality = speed, quality

    @precondition(lambda self: self.account.hour is not None)
    @rule()
    def everybody_rests_for_an_hour(self):
        self.real += HOUR

    def teardown(self):
        """Look back over the whole history: no window of it may have been exceeded."""
        if not self.written and not self.starts["text"]:
            return
        account = self.account
        assert fullest(self.starts["template"], MINUTE) <= usable(account.templates, account.margin)
        assert fullest(self.starts["text"], MINUTE) <= usable(account.texts, account.margin)
        if account.hour is not None:
            everything = self.starts["template"] + self.starts["text"]
            assert fullest(everything, HOUR) <= usable(account.hour, account.margin)
        assert most_people(self.written) <= (250 if account.tier is None else account.tier)


AnyHistory.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestNoRollingWindowIsEverExceeded = AnyHistory.TestCase


def run_paced(limit: int, seed: int, *, slow: float, minutes: int) -> list[float]:
    """Ask as the drain does (each quarter of a second, or when the pace says) with a backlog."""
    dice = random.Random(seed)
    account = Account(limit, 120, None, 10**6, 0.05, 0.8, 1.0)
    now, starts = 0.0, []
    while now < minutes * MINUTE:
        allowed = allowance(
            now=clock(now), account=account.state(now), demand=Demand(30_000, clock(40_000))
        )
        if taken := allowed.marketing:
            account.grants.append((now, "template", taken))
            starts += [now] * taken
            account.pace_at = next_start(
                now=clock(now),
                pace_at=account.pace_at,
                per_second=allowed.pace_per_second,
                started=taken,
                jitter=dice.uniform(0.8, 1.2),
            )
        now = _asked_again(now, account, slow * dice.random())
        account.grants = [grant for grant in account.grants if grant[0] > now - 62]
    return starts


def _asked_again(now: float, account: Account, late: float) -> float:
    pace_at = account.pace_at or clock(now)
    waits = min(0.25, max(0.0, (pace_at - clock(now)).total_seconds()))
    return now + max(0.01, waits) + late


@given(limit=st.integers(60, 300), seed=st.integers(0, 10_000))
@settings(max_examples=12, deadline=None)
def test_with_a_backlog_95_percent_of_the_limit_less_the_margin_is_used(limit, seed):
    starts = run_paced(limit, seed, slow=0.02, minutes=11)

    used = sum(at >= MINUTE for at in starts) / 10
    assert used >= 0.95 * usable(limit, 0.05)
    assert fullest(starts, MINUTE) <= for_marketing(limit, 0.05)


@given(limit=st.integers(1, 60), seed=st.integers(0, 10_000))
@settings(max_examples=12, deadline=None)
def test_marketing_alone_uses_all_of_a_small_limit_but_the_place_that_is_kept(limit, seed):
    starts = run_paced(limit, seed, slow=0.02, minutes=11)

    # Whole starts: what begins within these ten minutes may end beyond them.
    used = sum(at >= MINUTE for at in starts) + 1
    assert used >= 0.95 * for_marketing(limit, 0.05) * 10
    assert fullest(starts, MINUTE) <= for_marketing(limit, 0.05)


@given(limit=st.integers(20, 240), seed=st.integers(0, 10_000), slow=st.floats(0, 0.3))
@settings(max_examples=12, deadline=None)
def test_marketing_never_leaves_in_bursts(limit, seed, slow):
    """However late the drain asks: at most the pace, half a second of it, and one more."""
    starts = run_paced(limit, seed, slow=slow, minutes=2)

    assert fullest(starts, 1.0) <= 1.5 * limit * 0.95 / 61 / 0.8 + 2


@given(
    pace=st.floats(0.1, 20),
    late=st.floats(0, 3_600),
    started=st.integers(1, 50),
    jitter=st.floats(0.8, 1.2),
)
def test_the_pace_catches_up_by_half_a_second_at_most_and_jitters_by_a_fifth(
    pace, late, started, jitter
):
    pace_at = ZERO - timedelta(seconds=late)
    due = starts_due(now=ZERO, pace_at=pace_at, per_second=pace)
    following = next_start(
        now=ZERO, pace_at=pace_at, per_second=pace, started=started, jitter=jitter
    )

    assert due <= 1 + 0.5 * pace + 1e-6
    step = (following - max(pace_at, ZERO - timedelta(seconds=0.5))).total_seconds()
    assert 0.8 * started / pace - 1e-5 <= step <= 1.2 * started / pace + 1e-5


@settings(deadline=None)
@given(
    limit=st.integers(1, 120),
    steps=st.lists(st.tuples(st.floats(0, 40), st.integers(0, 120)), max_size=40),
)
def test_orders_never_put_marketing_off_for_longer_than_the_window_takes_to_free(limit, steps):
    """However many come, however long: once they are over marketing is at work within the minute."""
    account, now = Account(limit, 120, None, 10**6, 0.05, 0.8, 1.0), 0.0
    for pause, wanted in steps:
        now += pause
        allowed = allowance(
            now=clock(now), account=account.state(now), demand=Demand(30_000, clock(40_000))
        )
        taken = min(wanted, allowed.orders)
        account.grants.append((now, "template", taken))
        seconds = allowed.puts_off_by(templates=taken, texts=0)
        account.pace_at = put_off(now=clock(now), pace_at=account.pace_at, seconds=seconds)

        assert account.pace_at <= clock(now + MINUTE + account.lease + EPSILON)


@given(now=st.floats(-600, -0.001), per_second=st.floats(0.01, 20))
def test_a_clock_that_stepped_back_owes_nothing_until_it_is_there_again(now, per_second):
    assert starts_due(now=clock(now), pace_at=ZERO, per_second=per_second) == 0


@given(
    limit=st.integers(1, 1000),
    used=st.integers(0, 1000),
    share=st.floats(0, 1),
    backlog=st.integers(0, 40_000),
)
def test_marketing_can_never_touch_the_people_kept_for_orders(limit, used, share, backlog):
    account = Account(600, 120, None, limit, 0.0, share, 1.0)
    state = replace(account.state(0.0), people=People(limit, used))

    allowed = allowance(now=ZERO, account=state, demand=Demand(backlog, clock(1_000)))

    assert used + allowed.marketing <= max(used, limit * share + 1e-6)
    assert allowed.new_people == max(0, limit - used)


@given(
    limit=st.integers(1, 300),
    used=st.integers(0, 300),
    margin=st.sampled_from([0.0, 0.05, 0.5]),
    speed=st.floats(0.05, 1),
    backlog=st.integers(0, 40_000),
)
def test_order_messages_find_every_free_place_and_marketing_none_of_those_kept(
    limit, used, margin, speed, backlog
):
    account = Account(limit, 120, None, 10**6, margin, 0.8, 1.0, speed=speed)
    account.grants.append((-10.0, "template", used))

    allowed = allowance(now=ZERO, account=account.state(0.0), demand=Demand(backlog, clock(1_000)))

    assert allowed.orders == max(0, usable(limit, margin, speed) - used)
    assert used + allowed.marketing <= max(used, for_marketing(limit, margin, speed))
    assert allowed.marketing >= (used < for_marketing(limit, margin, speed))


@given(texts=st.integers(0, 200), templates=st.integers(0, 60))
def test_what_replies_and_orders_took_is_not_there_for_marketing(texts, templates):
    allowed = Allowance(
        templates=57,
        texts=114,
        orders=57,
        marketing=40,
        total=100,
        new_people=50,
        pace_per_second=1.0,
    )

    beside = allowed.marketing_beside(templates=templates, texts=texts)

    assert 0 <= beside <= 40
    assert beside == 0 or beside + templates <= 50
    assert beside == 0 or beside + templates + texts <= 100
