"""The database goes away, connections break, answers make no sense: nothing twice, nothing lost."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from campaigns.models import OutboundMessage, SpokiAccount
from campaigns.sender import drain, record
from campaigns.sender.claim import claim
from campaigns.sender.outcome import Outcome
from campaigns.sender.post import Posted
from campaigns.sender.start import start
from spoki import SpokiClient, SpokiThrottled
from tests.campaigns.sender.gate import Gate, Hanging, Slow, StopAfter, accepted
from tests.campaigns.sender.steps import (
    ACCEPTED,
    answer,
    aside,
    claim_and_start,
    claim_now,
    drainer,
    order_message,
    starts_granted,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    """Look for a lost database ten times a second instead of once."""
    monkeypatch.setattr(drain, "RECONNECT_SECONDS", 0.1)


@contextmanager
def database_away(monkeypatch) -> Iterator[None]:
    """Break every connection but ours; in this block no new one can be made."""
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "PORT", "9")
        break_connections()
        yield


def break_connections() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def break_own_connection() -> None:
    """Leave this thread with a connection that is dead and does not know it yet."""
    with suppress(OperationalError), connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def test_a_database_that_is_away_for_a_second_loses_no_answer(
    running, account, monkeypatch, statuses
):
    campaign = running(8)
    hanging = Hanging()
    gate = Gate(hanging)
    run = aside(lambda: drainer(account, gate).run(seconds=20, until_idle=True))
    assert hanging.flying.wait(10)

    with database_away(monkeypatch):
        hanging.land.set()
        threading.Event().wait(1)

    assert run.result(20)
    assert statuses(campaign) == {"accepted": 8}
    assert len(set(gate.phones)) == len(gate.phones) == 8


def test_answers_that_land_after_the_last_turn_wait_for_the_database(
    running, account, monkeypatch, statuses
):
    campaign = running(1)
    hanging = Hanging()
    loop = drainer(account, Gate(hanging))
    run = aside(loop.run)
    assert hanging.flying.wait(10)
    loop.stop.set()

    with database_away(monkeypatch):
        hanging.land.set()
        threading.Event().wait(0.5)

    assert run.result(20)
    assert statuses(campaign) == {"accepted": 1}


def test_answers_are_awaited_and_written_though_nothing_could_be_given_back(
    running, account, monkeypatch, statuses
):
    def away(*_given, **_how):
        raise OperationalError("the database is away")

    campaign = running(1)
    hanging = Hanging()
    gate = Gate(hanging)
    loop = drainer(account, gate, undecided_after=timedelta(0))
    monkeypatch.setattr(drain, "release", away)
    run = aside(loop.run)
    assert hanging.flying.wait(10)

    loop.stop.set()
    hanging.land.set()

    with pytest.raises(OperationalError):
        run.result(20)
    assert gate.is_closed
    assert statuses(campaign) == {"accepted": 1}


def test_a_connection_lost_after_the_start_leaves_nothing_undecided(
    running, account, monkeypatch, statuses
):
    campaign = running(4)
    cuts: list[int] = []

    def start_then_cut(*args, **kwargs):
        started = start(*args, **kwargs)
        if started.rows and not cuts:
            cuts.append(1)
            break_own_connection()
        return started

    monkeypatch.setattr(drain, "start", start_then_cut)
    gate = Gate()

    assert aside(lambda: drainer(account, gate).run(seconds=20, until_idle=True)).result(30)

    assert cuts
    assert statuses(campaign) == {"accepted": 4}
    assert len(gate.phones) == 4


def test_a_drainer_that_lost_its_lock_never_puts_back_what_another_is_sending(
    running, account, monkeypatch, statuses
):
    """The first answers "not sent", loses its connection and writes it again after the takeover."""
    campaign = running(1)
    monkeypatch.setattr(drain, "RECONNECT_SECONDS", 1.0)
    reactions = record._react
    cuts: list[int] = []

    def cut_once(*args, **kwargs):
        if not cuts:
            cuts.append(1)
            break_own_connection()
        return reactions(*args, **kwargs)

    def not_sent(send):
        tried.set()
        raise SpokiThrottled("send_template", retry_after=0.01)

    monkeypatch.setattr(record, "_react", cut_once)
    hanging, tried = Hanging(), threading.Event()
    first, second = Gate(not_sent), Gate(hanging)
    one = aside(lambda: drainer(account, first).run(seconds=20))
    assert tried.wait(10)
    two = aside(lambda: _as_soon_as_possible(drainer(account, second)))
    assert hanging.flying.wait(10)
    one.result(20)
    hanging.land.set()

    two.result(20)
    assert cuts
    assert (len(first.phones), len(second.phones)) == (1, 1)
    assert statuses(campaign) == {"accepted": 1}


def _as_soon_as_possible(loop: drain.Drain) -> None:
    while not loop.run(seconds=20, until_idle=True):
        loop.stop.wait(0.05)


def test_a_late_not_sent_of_an_earlier_start_never_puts_back_a_message_in_flight(running, calm):
    campaign = running(1)
    (first,) = claim_and_start(calm, worker=UUID(int=1))
    not_sent = Posted(first, Outcome("queued", "unreachable", again_in=timedelta(0)))
    answer(calm, not_sent)
    SpokiAccount.objects.update(frozen_until=None)
    long_ago = timezone.now() - timedelta(minutes=2)
    campaign.messages.update(sending_at=long_ago)
    (second,) = claim_and_start(calm, worker=UUID(int=2))

    answer(calm, not_sent)

    message = campaign.messages.get()
    assert (message.status, message.sending_at) == ("sending", second.started_at)
    answer(calm, Posted(second, ACCEPTED))
    assert claim_now(calm).rows == ()


def test_a_message_that_was_accepted_after_it_went_back_never_goes_twice(running, calm):
    campaign = running(1)
    (row,) = claim_and_start(calm)
    answer(calm, Posted(row, Outcome("queued", "unreachable", again_in=timedelta(0))))

    answer(calm, Posted(row, ACCEPTED))

    assert campaign.messages.get().status == OutboundMessage.Status.ACCEPTED


def test_a_client_that_cannot_be_built_leaves_every_message_in_the_queue(
    running, account, statuses
):
    campaign = running(3)
    broken = drainer(
        account, Gate(), gateway=lambda: SpokiClient(base_url="http://127.0.0.1:9", api_key="key ")
    )

    with pytest.raises(ValueError, match="key"):
        broken.run(seconds=5)

    assert (statuses(campaign), starts_granted()) == ({"queued": 3}, 0)


def test_a_client_that_cannot_be_built_lets_the_next_drainer_in(running, account):
    def refuse():
        raise ValueError("no client")

    with pytest.raises(ValueError, match="no client"):
        drainer(account, Gate(), gateway=refuse).run(seconds=5)

    assert aside(lambda: drainer(account, Gate()).run(seconds=0)).result(10) is True


@pytest.mark.parametrize(
    "odd",
    [
        Outcome("failed", "refused", error_code="http::400", error_text="bad \x00 value"),
        Outcome("accepted", provider_uuid="wamid." + "A" * 70),
        Outcome("accepted", provider_uuid="taken"),
    ],
    ids=["a_nul", "an_identifier_too_long", "an_identifier_given_twice"],
)
def test_an_odd_answer_takes_no_other_with_it(running, calm, odd):
    campaign = running(3)
    first, second, third = claim_and_start(calm)

    answer(
        calm,
        Posted(first, Outcome("accepted", provider_uuid="taken")),
        Posted(second, odd),
        Posted(third, ACCEPTED),
    )

    by_id = dict(campaign.messages.values_list("pk", "status"))
    assert by_id == {first.id: "accepted", second.id: odd.status, third.id: "accepted"}


def test_a_drainer_closes_its_clients_when_its_turn_ends(account):
    gate = Gate()

    drainer(account, gate, threads=1).run(seconds=0)

    assert gate.is_closed


def test_an_order_message_leaves_while_the_previous_turn_still_lands(running, account, greeting):
    running(1)
    hanging = Hanging()
    loop = drainer(account, Gate(hanging), threads=1)
    previous = aside(loop.run)
    assert hanging.flying.wait(10)
    loop.stop.set()
    fast = Gate()
    urgent = order_message(template_version=greeting)

    following = drainer(account, fast)
    fast.answer = StopAfter(1, following.stop)
    aside(lambda: _as_soon_as_possible(following)).result(10)

    assert not previous.done()
    hanging.land.set()
    previous.result(20)
    assert fast.phones == [urgent.phone]


def test_a_network_that_stalls_never_lets_more_arrive_in_a_window(running, account):
    """A minute of two seconds; for half a second every request hangs, then all arrive at once."""
    SpokiAccount.objects.update(lease_seconds=0.1, template_sends_per_minute=40)
    running(90)
    arrivals: list[float] = []
    began: list[float] = []

    def arrive(send):
        began.append(time.monotonic())
        until = began[0] + 1.1 - time.monotonic()
        if 0 < until < 0.6:
            Slow(until)(send)
        arrivals.append(time.monotonic())
        return accepted(send)

    drainer(account, Gate(arrive), threads=32).run(seconds=3.5)

    worst = max(sum(a <= other < a + 2.0 for other in arrivals) for a in arrivals)
    assert 20 < worst <= 40


def test_every_claim_counts_the_requests_that_hang_past_their_lease(running, account, monkeypatch):
    running(1)
    hanging = Hanging()
    loop = drainer(account, Gate(hanging))

    def let_go_when_counted(claimant, **given):
        if claimant.late:
            loop.stop.set()
            hanging.land.set()
        return claim(claimant, **given)

    monkeypatch.setattr(drain, "claim", let_go_when_counted)

    run = aside(lambda: loop.run(seconds=5))

    assert loop.stop.wait(5)
    assert run.result(10)


def break_before(step: str, monkeypatch) -> list[str]:
    """Break the drainer's connection just before its first `step`; return a note of it."""
    original = getattr(drain, step)
    broken: list[str] = []

    def break_first(*args, **kwargs):
        if not broken:
            broken.append(step)
            break_own_connection()
        return original(*args, **kwargs)

    monkeypatch.setattr(drain, step, break_first)
    return broken


@pytest.mark.parametrize("step", ["claim", "start", "record"])
def test_a_connection_that_breaks_at_any_step_costs_no_message(
    running, account, monkeypatch, statuses, step
):
    campaign = running(2)
    broken = break_before(step, monkeypatch)
    gate = Gate()

    assert aside(lambda: drainer(account, gate).run(seconds=20, until_idle=True)).result(30)

    assert broken == [step]
    assert statuses(campaign) == {"accepted": 2}
    assert len(gate.phones) == 2


@pytest.mark.parametrize("step", ["record", "release"])
def test_a_connection_that_breaks_at_the_end_of_a_turn_costs_no_answer(
    running, account, monkeypatch, statuses, step
):
    campaign = running(1)
    broken = break_before(step, monkeypatch)
    last = StopAfter(1, threading.Event())

    assert aside(drainer(account, Gate(last), stop=last.stop).run).result(30)

    assert broken == [step]
    assert statuses(campaign) == {"accepted": 1}


def test_a_bug_is_not_hidden_as_a_lost_database(account, monkeypatch):
    def bug(*_args, **_kwargs):
        raise RuntimeError("a bug")

    monkeypatch.setattr(drain, "claim", bug)

    with pytest.raises(RuntimeError, match="a bug"):
        drainer(account, Gate()).run(seconds=5)
