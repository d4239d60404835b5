"""Any history of sends, any limits, any callers: what must hold whatever happens.

A ledger of plain lists stands in for the database. Several workers ask it one after the other, as
under the account's lock; each starts what it got at any moment within its lease. The clock of the
ledger may step back while real time goes on; limits are checked in real time.
"""

import random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from campaigns.sender.allowance import Allowance, Demand, allowance, next_start, put_off
from tests.campaigns.sender.ledger_of_lists import (
    HOUR,
    MINUTE,
    Account,
    clock,
    for_marketing,
    fullest,
    most_people,
    usable,
)


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
        self._start_marketing(now, marketing, lateness, allowed)

    def _start_marketing(self, now: float, count: int, lateness: float, allowed: Allowance) -> None:
        before = self.account.people_used(now)
        self._grant(now, "template", count, lateness, known=False)
        self._check_reserve(before, count)
        self._check_kept(now, count)
        if count:
            self.account.pace_at = next_start(
                now=clock(now),
                pace_at=self.account.pace_at,
                per_second=allowed.pace_per_second,
                started=count,
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
        self.account.grants[kind].note(now, count)
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
