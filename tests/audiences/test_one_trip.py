"""One repeatable statement on a kept connection, whatever became of that connection meanwhile."""

from threading import Thread

import pytest
from django.db import ProgrammingError, connection

from audiences.one_trip import fetch_one


def _end_connection(pid: int) -> None:
    """Have the server end a connection, as a restart would; from a thread, hence by another one."""

    def end() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        connection.close()

    thread = Thread(target=end)
    thread.start()
    thread.join(timeout=10)


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_died_meanwhile_is_made_anew() -> None:
    before = fetch_one("SELECT pg_backend_pid()", [])
    assert before is not None
    _end_connection(before[0])

    after = fetch_one("SELECT pg_backend_pid()", [])

    assert after is not None
    assert after[0] != before[0]


@pytest.mark.django_db(transaction=True)
def test_a_statement_that_is_wrong_is_not_tried_again() -> None:
    with pytest.raises(ProgrammingError):
        fetch_one("SELECT nobody", [])
    assert fetch_one("SELECT %s::text", ["still here"]) == ("still here",)


@pytest.mark.django_db(transaction=True)
def test_it_takes_one_trip_even_where_the_connection_was_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fetch_one("SELECT 1", [])
    connection.close_if_unusable_or_obsolete()
    asked: list[str] = []

    def look() -> bool:
        asked.append("does it live?")
        return True

    monkeypatch.setattr(connection, "is_usable", look)
    fetch_one("SELECT 1", [])

    assert asked == []


@pytest.mark.django_db
def test_inside_a_transaction_it_is_part_of_it() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '5MB'")

    assert fetch_one("SHOW work_mem", []) == ("5MB",)
