"""Unique people of 24 hours: counted by the minute, and never one too few."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.models import SpokiAccount, TierMinute, TierRecipient
from campaigns.sender import ledger, people
from tests.campaigns.sender.plans import rows_read
from tests.campaigns.sender.steps import aside
from tests.factories.campaigns import make_account

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)
DAY = timedelta(hours=24)


@pytest.fixture
def account() -> SpokiAccount:
    return make_account(lease_seconds=0.0)


def counters() -> dict[datetime, int]:
    return dict(TierMinute.objects.exclude(people=0).values_list("minute", "people"))


def counters_of_people(length: timedelta) -> dict[datetime, int]:
    found: dict[datetime, int] = {}
    origin = datetime(1970, 1, 1, tzinfo=UTC)
    for at in TierRecipient.objects.values_list("last_at", flat=True):
        minute = origin + (at - origin) // length * length
        found[minute] = found.get(minute, 0) + 1
    return found


def used(account: SpokiAccount, now: datetime) -> int:
    return people.counted(account, now=now).used


def test_a_person_counts_for_24_hours_after_the_last_message_and_not_a_moment_longer(account):
    people.add(account, ["+39333"], at=NOON)

    assert used(account, NOON + DAY - timedelta(microseconds=1)) == 1
    assert used(account, NOON + DAY) == 0


def test_a_person_written_to_twice_counts_once_and_from_the_second_message(account):
    people.add(account, ["+39333"], at=NOON)
    people.add(account, ["+39333"], at=NOON + timedelta(hours=5))

    assert counters() == {datetime(2026, 11, 23, 17, 0, tzinfo=UTC): 1}
    assert used(account, NOON + DAY) == 1
    assert used(account, NOON + DAY + timedelta(hours=5)) == 0


def test_the_minute_partly_outside_the_day_is_counted_person_by_person(account):
    for second in (10, 20, 40, 50):
        people.add(account, [f"+39{second}"], at=NOON.replace(second=second))

    assert used(account, NOON + DAY) == 2


def test_whoever_was_surely_not_written_to_goes_back_to_where_she_was(account):
    people.add(account, ["+39333"], at=NOON)
    people.add(account, ["+39333", "+39444"], at=NOON + timedelta(hours=1))

    later = NOON + timedelta(hours=1)
    people.take_back(account, [("+39333", later), ("+39444", later)])

    assert counters() == {datetime(2026, 11, 23, 12, 0, tzinfo=UTC): 1}
    assert TierRecipient.objects.get().last_at == NOON


def test_taking_back_twice_takes_back_once(account):
    people.add(account, ["+39333", "+39444"], at=NOON)

    for _ in range(2):
        people.take_back(account, [("+39333", NOON), ("+39333", NOON)])

    assert used(account, NOON) == 1


def test_whoever_was_counted_again_since_stays_counted(account):
    people.add(account, ["+39333"], at=NOON)
    people.add(account, ["+39333"], at=NOON + timedelta(hours=1))

    people.take_back(account, [("+39333", NOON)])

    assert used(account, NOON + timedelta(hours=24.5)) == 1


def test_a_clock_that_steps_back_makes_nobody_count_for_less_than_a_day(account):
    people.add(account, ["+39333"], at=NOON)
    people.add(account, ["+39333", "+39444"], at=NOON - timedelta(minutes=10))

    assert used(account, NOON - timedelta(minutes=10)) == 2
    assert used(account, NOON + DAY - timedelta(seconds=1)) == 1


def test_what_spoki_counted_elsewhere_adds_to_what_we_sent_since_it_was_read(account):
    account.contacted_in_24h, account.refreshed_at = 7, NOON
    people.add(account, ["+391", "+392"], at=NOON - timedelta(seconds=5))
    people.add(account, ["+393"], at=NOON + timedelta(seconds=5))

    assert used(account, NOON + timedelta(minutes=1)) == 8


def test_our_own_count_decides_where_it_is_larger_than_spokis(account):
    account.contacted_in_24h, account.refreshed_at = 1, NOON
    people.add(account, ["+391", "+392", "+393"], at=NOON - timedelta(hours=2))

    assert used(account, NOON) == 3


def test_the_day_frees_when_its_oldest_minute_is_over(account):
    people.add(account, ["+391"], at=NOON)
    people.add(account, ["+392"], at=NOON + timedelta(hours=2))

    assert people.counted(account, now=NOON).frees_at == NOON.replace(second=0) + DAY + timedelta(
        minutes=1
    )
    assert people.counted(account, now=NOON + timedelta(days=3)).frees_at is None


def test_old_people_and_their_minutes_are_forgotten_together(account):
    people.add(account, ["+391"], at=NOON)
    people.add(account, ["+392"], at=NOON + timedelta(days=2))

    ledger.forget_old(account, now=NOON + timedelta(days=3))

    assert list(TierRecipient.objects.values_list("phone", flat=True)) == ["+392"]
    assert counters() == {NOON.replace(second=0) + timedelta(days=2): 1}


def test_whoever_comes_back_after_her_minute_was_forgotten_counts_once(account):
    people.add(account, ["+391"], at=NOON)
    TierMinute.objects.all().delete()

    people.add(account, ["+391"], at=NOON + timedelta(days=2))

    assert counters() == {NOON.replace(second=0) + timedelta(days=2): 1}


events = st.lists(
    st.tuples(
        st.sampled_from(["add", "add", "add", "back", "forget"]),
        st.integers(-300, 20_000),
        st.sets(st.integers(1, 6), min_size=1),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(events=events, day_seconds=st.sampled_from([86_400.0, 144.0]))
def test_the_count_of_people_is_never_below_the_truth(events, day_seconds):
    """Beside the tables, a list of who was written to when; the clock may step back by minutes."""
    SpokiAccount.objects.all().delete()
    account = make_account(day_seconds=day_seconds, lease_seconds=0.0)
    unit = timedelta(seconds=day_seconds / 86_400)
    now = NOON
    claimed: list[tuple[str, datetime]] = []
    written: list[tuple[str, datetime]] = []
    for kind, seconds, persons in events:
        now = max(NOON, now + seconds * unit)
        if kind == "add":
            phones = [f"+39{person}" for person in sorted(persons)]
            people.add(account, phones, at=now)
            claimed += [(phone, now) for phone in phones]
            written += [(phone, now) for phone in phones]
        elif kind == "back" and written:
            undone = [(phone, at) for phone, at in written if at == written[-1][1]]
            people.take_back(account, undone)
            written = [one for one in written if one not in undone]
        elif kind == "forget":
            ledger.forget_old(account, now=now)
        since = now - 86_400 * unit
        assert len({phone for phone, at in written if at > since}) <= used(account, now)
        assert used(account, now) <= len({phone for phone, at in claimed if at > since})


@settings(max_examples=40, deadline=None)
@given(
    sends=st.lists(
        st.tuples(st.integers(0, 20_000), st.sets(st.integers(1, 9), min_size=1)), max_size=20
    ),
    day_seconds=st.sampled_from([86_400.0, 144.0]),
)
def test_while_nothing_is_taken_back_the_count_of_people_is_exact(sends, day_seconds):
    SpokiAccount.objects.all().delete()
    account = make_account(day_seconds=day_seconds, lease_seconds=0.0)
    unit = timedelta(seconds=day_seconds / 86_400)
    now, written = NOON, []
    for seconds, persons in sends:
        now += seconds * unit
        people.add(account, [f"+39{person}" for person in persons], at=now)
        written += [(person, now) for person in persons]
        since = now - 86_400 * unit
        assert used(account, now) == len({person for person, at in written if at > since})


@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_counters_always_agree_with_the_people_they_count(data):
    SpokiAccount.objects.all().delete()
    account = make_account()
    now = NOON
    claims: list[tuple[str, datetime]] = []
    for _ in range(data.draw(st.integers(1, 15))):
        now += timedelta(seconds=data.draw(st.integers(0, 4_000)))
        phones = [f"+39{n}" for n in data.draw(st.sets(st.integers(1, 8), min_size=1))]
        people.add(account, phones, at=now)
        claims += [(phone, now) for phone in phones]
        if data.draw(st.booleans()):
            people.take_back(account, data.draw(st.lists(st.sampled_from(claims), max_size=4)))

    assert counters() == counters_of_people(timedelta(minutes=1))


def test_a_claim_reads_as_many_counters_for_many_people_as_for_a_few(account):
    phones = [f"+39{number:07}" for number in range(20_000)]
    for hour in range(5):
        people.add(account, phones[hour * 4_000 : (hour + 1) * 4_000], at=NOON - hour * DAY / 24)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE campaigns_tierrecipient, campaigns_tierminute")
    asked: list[tuple[str, Any]] = []

    def listen(execute, sql, params, many, context):
        asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen):
        assert used(account, NOON) == 20_000

    assert max(sum(rows_read(*one)) for one in asked) < 100


@pytest.mark.django_db(transaction=True)
def test_workers_that_count_and_take_back_at_once_lose_nobody():
    account = make_account()
    at = timezone.now()

    def work(worker: int) -> None:
        for turn in range(10):
            moment = at + timedelta(seconds=turn * 40 + worker)
            phones = [f"+39{worker}{number}" for number in range(5)] + ["+39000"]
            with transaction.atomic():
                people.add(ledger.lock_account(account.pk), phones, at=moment)
            with transaction.atomic():
                undone = [(phone, moment) for phone in phones[:2]]
                people.take_back(ledger.lock_account(account.pk), undone)

    for run in [aside(partial(work, worker)) for worker in range(3)]:
        run.result(30)

    assert counters() == counters_of_people(timedelta(minutes=1))
    assert used(account, at + timedelta(minutes=7)) == 3 * 3 + 1
