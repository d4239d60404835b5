"""The database stops in the middle of a drain and comes back: nothing twice, nothing lost."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from tests.bench.database import server
from tests.factories.crowds import make_running_campaign
from tests.faults.killing import ending_of
from tests.senders import sender_at

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def database_closed() -> Iterator[None]:
    """End every session and let nobody in, as whoever uses the database sees it stop."""
    name = connection.settings_dict["NAME"]
    connection.close()
    with server() as outside:
        outside.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        try:
            outside.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
                [name],
            )
            yield
        finally:
            outside.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


def test_a_database_that_stops_twice_in_a_drain_costs_no_message(spoki):
    campaign = make_running_campaign(200)
    spoki.control.config(latency_seconds=0.05)
    with sender_at(spoki.url, "--until-idle", undecided_seconds=20) as sender:
        for accepted in (30, 90):
            assert spoki.control.wait(accepted=accepted, timeout=30)
            with database_closed():
                threading.Event().wait(0.5)
        assert sender.wait(timeout=60) == 0

    ending = ending_of(campaign, spoki.control, kills=0)
    assert not ending.twice | ending.undecided
    assert len(ending.decided) == 200
