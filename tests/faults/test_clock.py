"""A clock that steps changes nothing: not the database's, by which grants are dated, nor our own."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from campaigns.models import SpokiAccount
from tests.campaigns.sender.gate import Gate, accepted
from tests.campaigns.sender.steps import aside, drainer
from tests.faults.conftest import MINUTE_SECONDS, PER_MINUTE
from tests.rolling import fullest

pytestmark = pytest.mark.django_db(transaction=True)

# The database's own clock is looked up by name like any function: another of that name, found first,
# takes its place on every connection made from then on.
_CLOCK = """
CREATE SCHEMA stepped;
CREATE TABLE stepped.by (step interval NOT NULL);
INSERT INTO stepped.by VALUES ('0');
CREATE FUNCTION stepped.statement_timestamp() RETURNS timestamptz STABLE LANGUAGE sql
  AS 'SELECT pg_catalog.statement_timestamp() + step FROM stepped.by';
"""


@pytest.fixture
def step_clock(db) -> Iterator[Callable[[timedelta], None]]:
    """Return what steps the database's clock for every connection made after this fixture."""
    name = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute(_CLOCK)
        cursor.execute(f'ALTER DATABASE "{name}" SET search_path = stepped, pg_catalog, public')

    def step(by: timedelta) -> None:
        with connection.cursor() as cursor:
            seconds = by.total_seconds()
            cursor.execute("UPDATE stepped.by SET step = make_interval(secs => %s)", [seconds])

    yield step
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER DATABASE "{name}" RESET search_path')
        cursor.execute("DROP SCHEMA stepped CASCADE")


class Arrivals:
    """Notes when each message came, and calls `at_number` of them its turn."""

    def __init__(self, number: int, then: Callable[[], None]) -> None:
        self.times: list[float] = []
        self._number, self._then = number, then

    def __call__(self, send):
        self.times.append(time.monotonic())
        if len(self.times) == self._number:
            self._then()
        return accepted(send)


@pytest.mark.parametrize(
    "by",
    [timedelta(minutes=5), timedelta(seconds=3), timedelta(seconds=-1)],
    ids=["many_windows_ahead", "a_window_ahead", "a_second_back"],
)
def test_a_step_of_the_databases_clock_never_lets_more_leave_in_a_window(full, step_clock, by):
    full(60)
    came = Arrivals(PER_MINUTE // 2, lambda: aside(lambda: step_clock(by)).result(10))
    loop = drainer(SpokiAccount.objects.get(), Gate(came))

    aside(lambda: loop.run(seconds=20, until_idle=True)).result(30)

    assert len(came.times) == 60
    assert fullest(came.times, MINUTE_SECONDS) <= PER_MINUTE


@pytest.mark.parametrize(
    "by", [timedelta(hours=1), timedelta(hours=-1)], ids=["an_hour_ahead", "an_hour_back"]
)
def test_a_step_of_the_senders_own_clock_changes_nothing(full, by):
    full(60)
    came = Arrivals(1, lambda: None)
    loop = drainer(SpokiAccount.objects.get(), Gate(came))

    with time_machine.travel(timezone.now() + by, tick=True):
        aside(lambda: loop.run(seconds=20, until_idle=True)).result(30)

    assert len(came.times) == 60
    assert fullest(came.times, MINUTE_SECONDS) <= PER_MINUTE
