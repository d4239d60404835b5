"""What counts as a step of the database's clock, and what of the ledger goes along with it."""

from datetime import timedelta

import pytest
from django.db import OperationalError, transaction
from hypothesis import given
from hypothesis import strategies as st

from campaigns.models import Grant, TierMinute
from campaigns.sender import ledger, people
from campaigns.sender.clock_steps import StepWatch

# The database's seconds when ours are 0.
OFFSET = 1_700_000_000.0
DELAY = st.floats(0, 5)


def look(watch: StepWatch, at: float, *, step: float = 0.0, there: float = 0.0, back: float = 0.0):
    """Ask at our second `at`; the question takes `there`, the answer `back`."""
    read = OFFSET + at + there + step
    return watch.ahead(read, asked=at, answered=at + there + back)


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


def test_a_clock_that_was_set_back_is_no_step_ahead():
    watch = StepWatch()
    look(watch, 0.0)

    assert look(watch, 1.0, step=-60.0) == 0.0


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


def _look_and_break(watch, account):
    watch.now(account)
    raise OperationalError("the connection broke")


@pytest.mark.django_db(transaction=True)
def test_a_step_that_a_broken_claim_saw_is_still_undone_by_the_next(account, now):
    ledger.grant(account, kind="template", count=3, at=now)
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

    stepped = Grant.objects.get(account=account).at - now
    assert stepped.total_seconds() == pytest.approx(60, abs=1)
    with transaction.atomic():
        watch.now(account)
    assert Grant.objects.get(account=account).at - now == stepped
