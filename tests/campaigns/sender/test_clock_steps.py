"""What counts as a step of the database's clock, and what of the ledger goes along with it."""

from datetime import datetime, timedelta

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from campaigns.models import ClockReading, Grant, TierMinute
from campaigns.sender import ledger, people
from campaigns.sender.clock_steps import StepWatch
from tests.campaigns.sender.steps import claim_now

# The database's seconds when ours are 0.
OFFSET = 1_700_000_000.0
DELAY = st.floats(0, 5)


def look(watch: StepWatch, at: float, *, step: float = 0.0, there: float = 0.0, back: float = 0.0):
    """Ask at our second `at`; the question takes `there`, the answer `back`."""
    read = OFFSET + at + there + step
    return watch.step(read, asked=at, answered=at + there + back)


def test_the_first_look_sees_no_step():
    assert look(StepWatch(), 10.0) == 0.0


@given(st.lists(st.tuples(DELAY, DELAY), min_size=2, max_size=6))
def test_a_slow_answer_is_never_taken_for_a_step(delays):
    watch = StepWatch()
    stepped = [look(watch, at * 20.0, there=a, back=b) for at, (a, b) in enumerate(delays)]

    assert not any(stepped)


@given(st.floats(11, 90_000), DELAY, DELAY, DELAY, DELAY)
def test_a_step_ahead_is_never_taken_for_less_than_it_is(step, there, back, later, home):
    watch = StepWatch()
    look(watch, 0.0, there=there, back=back)

    assert look(watch, 20.0, step=step, there=later, back=home) >= step - 1e-6


def test_a_step_counts_once():
    watch = StepWatch()
    look(watch, 0.0)

    assert look(watch, 1.0, step=60.0) == pytest.approx(60.0)
    assert look(watch, 2.0, step=60.0) == 0.0


@given(st.floats(-90_000, -11), DELAY, DELAY, DELAY, DELAY)
def test_a_step_back_is_never_taken_for_more_than_it_is(step, there, back, later, home):
    watch = StepWatch()
    look(watch, 0.0, there=there, back=back)

    assert step - 1e-6 <= look(watch, 20.0, step=step, there=later, back=home) < 0


def test_what_was_granted_and_counted_goes_along(account, now):
    other = type(account).objects.create(name="Altro")
    for owner in (account, other):
        ledger.grant(owner, kind="template", count=3, at=now)
    people.add(account, ["+393470000001"], at=now - timedelta(hours=2))
    people.add(account, ["+393470000001", "+393470000002"], at=now)

    ledger.carry_along(account, by=timedelta(hours=1))

    later = now + timedelta(hours=1)
    assert Grant.objects.get(account=account).at == later
    assert Grant.objects.get(account=other).at == now
    assert set(account.recipients.values_list("last_at", flat=True)) == {later}
    one = account.recipients.get(phone="+393470000001")
    assert one.previous_at == later - timedelta(hours=2)
    assert [row.people for row in TierMinute.objects.all()] == [2]
    assert people.counted(account, now=later).used == 2


def test_what_lies_in_the_future_is_brought_back_and_nothing_else(account, now):
    hour = timedelta(hours=1)
    lately, ahead = now - timedelta(minutes=5), now + timedelta(minutes=50)
    for at in (lately, ahead):
        ledger.grant(account, kind="template", count=3, at=at)
    people.add(account, ["+393470000001"], at=lately)
    people.add(account, ["+393470000001", "+393470000002"], at=ahead)

    ledger.carry_back(account, by=hour, now=now)

    back = ahead - hour
    assert sorted(Grant.objects.values_list("at", flat=True)) == [back, lately]
    assert set(account.recipients.values_list("last_at", flat=True)) == {back}
    one = account.recipients.get(phone="+393470000001")
    assert one.previous_at == lately
    assert sum(row.people for row in TierMinute.objects.all()) == 2
    assert people.counted(account, now=now).used == 2


def test_what_is_brought_back_by_too_little_counts_from_now(account, now):
    ledger.grant(account, kind="template", count=3, at=now + timedelta(hours=2))

    ledger.carry_back(account, by=timedelta(hours=1), now=now)

    assert Grant.objects.get().at == now


def test_a_pace_of_a_clock_that_was_set_back_keeps_nobody_waiting(account, running, now):
    campaign = running(1)
    hour, soon = timedelta(hours=1), now + timedelta(seconds=3)
    account.pace_at = campaign.pace_at = soon + hour
    account.save()
    campaign.save()

    ledger.carry_back(account, by=hour, now=now)

    for row in (account, campaign):
        row.refresh_from_db()
        assert row.pace_at == soon


def _look_and_break(watch, account):
    watch.now(account)
    raise OperationalError("the connection broke")


@pytest.fixture
def moment() -> datetime:
    """The present, as the database has it too."""
    return timezone.now()


@pytest.mark.django_db(transaction=True)
def test_a_step_that_a_broken_claim_saw_is_still_undone_by_the_next(account, moment):
    ledger.grant(account, kind="template", count=3, at=moment)
    watch = StepWatch()
    with transaction.atomic():
        watch.now(account)
    # As if the database's clock had been set a minute ahead of ours since.
    assert watch._least is not None
    assert watch._most is not None
    watch._least, watch._most = watch._least - 60, watch._most - 60
    with pytest.raises(OperationalError), transaction.atomic():
        _look_and_break(watch, account)

    with transaction.atomic():
        watch.now(account)

    stepped = Grant.objects.get(account=account).at - moment
    assert stepped.total_seconds() == pytest.approx(60, abs=1)
    with transaction.atomic():
        watch.now(account)
    assert Grant.objects.get(account=account).at - moment == stepped


def watched(account) -> StepWatch:
    """A sender that starts, and claims for the first time."""
    watch = StepWatch()
    with transaction.atomic():
        watch.now(account)
    return watch


def since_then(**changes) -> None:
    """As if the clocks had shown something else when the last sender looked at them."""
    kept = ClockReading.objects.get()
    for name, by in changes.items():
        setattr(kept, name, getattr(kept, name) + by)
    kept.save()


MINUTE = timedelta(seconds=60)
ANOTHER_MACHINE = {"boot": "-of-another-machine"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("changes", [{}, ANOTHER_MACHINE], ids=["same_machine", "another_machine"])
def test_the_first_claim_after_a_start_sees_a_step_ahead_of_the_time_between(
    account, moment, changes
):
    watched(account)
    grant = ledger.grant(account, kind="template", count=3, at=moment - 5 * MINUTE)
    since_then(at=-MINUTE, **changes)

    watched(account)

    grant.refresh_from_db()
    assert (grant.at - moment).total_seconds() == pytest.approx(-240, abs=2)


@pytest.mark.django_db(transaction=True)
def test_a_step_between_two_senders_counts_once(account, moment):
    watched(account)
    grant = ledger.grant(account, kind="template", count=3, at=moment - 5 * MINUTE)
    since_then(at=-MINUTE)

    for _ in range(3):
        watched(account)

    grant.refresh_from_db()
    assert (grant.at - moment).total_seconds() == pytest.approx(-240, abs=2)


@pytest.mark.django_db(transaction=True)
def test_a_step_before_the_first_claim_dates_no_grant_later_than_that_claim(account, moment):
    watched(account)
    newest = ledger.grant(account, kind="template", count=3, at=moment - timedelta(seconds=10))
    older = ledger.grant(account, kind="template", count=3, at=moment - timedelta(seconds=25))
    since_then(at=-MINUTE)

    watched(account)

    newest.refresh_from_db()
    older.refresh_from_db()
    kept = ClockReading.objects.get()
    assert newest.at == kept.at
    assert newest.at - older.at == timedelta(seconds=15)


@pytest.mark.django_db(transaction=True)
def test_however_long_nobody_claimed_the_ledger_stays_as_it_was(account, moment):
    watched(account)
    grant = ledger.grant(account, kind="template", count=3, at=moment - MINUTE)
    since_then(at=-60 * MINUTE, since_boot=-3600.0, wall=-3600.0)

    watched(account)

    grant.refresh_from_db()
    assert grant.at == moment - MINUTE


@pytest.mark.django_db(transaction=True)
def test_the_first_claim_after_a_start_brings_back_what_a_clock_set_back_left_ahead(
    account, moment
):
    watched(account)
    hour = timedelta(hours=1)
    grant = ledger.grant(account, kind="template", count=3, at=moment + hour - MINUTE)
    since_then(at=hour)

    watched(account)

    grant.refresh_from_db()
    assert (grant.at - moment).total_seconds() == pytest.approx(-60, abs=2)


@pytest.mark.django_db(transaction=True)
def test_on_another_machine_what_lies_ahead_counts_from_now(account, moment):
    watched(account)
    hour = timedelta(hours=1)
    grant = ledger.grant(account, kind="template", count=3, at=moment + hour - MINUTE)
    since_then(at=hour, **ANOTHER_MACHINE)

    watched(account)

    grant.refresh_from_db()
    assert grant.at == ClockReading.objects.get().at


@pytest.mark.django_db(transaction=True)
def test_a_claim_that_breaks_keeps_no_reading(account):
    with pytest.raises(OperationalError), transaction.atomic():
        _look_and_break(StepWatch(), account)

    assert not ClockReading.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_no_window_is_exceeded_where_the_clock_was_set_ahead_before_a_start(calm, running, moment):
    running(3)
    watched(calm)
    # All that one minute allows left five seconds ago; the clock says: more than a minute and a lease.
    ledger.grant(calm, kind="template", count=60_000, at=moment - timedelta(seconds=200))
    since_then(at=timedelta(seconds=-195))

    assert claim_now(calm).rows == ()
