"""The count somebody waits for: exact in time, else from a sample, else said in words."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.models import Q
from django.test import Client
from rest_framework.test import APIClient

from audiences import live_count, snapshots
from audiences.conditions import Condition, Kind, ValueField, operator, register, registry
from audiences.large_reads import large_read
from audiences.live_count import LiveCount, count_in_time, estimate_selection
from audiences.models import Contact
from audiences.patience import OutOfPatience, at_most
from audiences.selection import AudienceCount, Selection, count_selection
from audiences.snapshots import take_snapshot
from tests.audiences.test_admin_segments import PANEL, browser
from tests.audiences.test_api_segments import ADDRESS, client
from tests.conftest import NOW
from tests.factories.audiences import ITALIANS, make_contact, make_segment, rules_of

pytestmark = pytest.mark.django_db

SLOW = rules_of(["test.slow", "is", True])
ROWS = {"g1-mode": "all", "g1-r1-key": "test.slow", "g1-r1-op": "is"}


def _asleep(op: str, value: bool, now: datetime) -> Q:
    """Everybody, after half a second for each."""
    return Q(pk__in=Contact.objects.extra(where=["pg_sleep(0.5) IS NOT NULL"]).values("pk"))


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A condition that no sample makes quick, and patience that is soon at its end."""
    register(
        Condition(
            key="test.slow",
            label="Slow",
            operators=(operator("is"),),
            fields=(ValueField(kind=Kind.NOTHING),),
            build=_asleep,
        )
    )
    monkeypatch.setattr(live_count, "SAMPLE_PATIENCE", 20)
    monkeypatch.setattr("audiences.admin.segments.PATIENCE", 20)
    monkeypatch.setattr("audiences.api.segments.PATIENCE", 20)
    yield
    registry._CONDITIONS.pop("test.slow")


@pytest.fixture
def people() -> list[Contact]:
    """Six who can be reached, three without consent, one who reads English."""
    made = [make_contact() for _ in range(6)]
    made += [make_contact(marketing_consent="unknown") for _ in range(3)]
    return [*made, make_contact(language="en")]


def timeout() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        return str(cursor.fetchone()[0])


def sleep(seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [seconds])


def test_what_takes_longer_than_it_was_given_is_stopped() -> None:
    with pytest.raises(OutOfPatience), at_most(10):
        sleep(30)


def test_patience_ends_with_its_block() -> None:
    before = timeout()

    with at_most(20_000):
        during = timeout()
    with pytest.raises(OutOfPatience), at_most(10):
        sleep(30)

    assert (during, timeout()) == ("20s", before)


def test_another_trouble_of_the_database_is_not_taken_for_slowness() -> None:
    with pytest.raises(OperationalError, match="elsewhere"), at_most(10_000):
        raise OperationalError("elsewhere")


def test_a_count_in_time_is_exact(people: list[Contact]) -> None:
    found = count_in_time(Selection(rules=ITALIANS), now=NOW, milliseconds=20_000)

    assert found == LiveCount(
        AudienceCount(in_segment=9, excluded={"no_consent": 3}, will_receive=6, holdout=0),
        is_exact=True,
    )


@pytest.mark.usefixtures("slow")
def test_a_count_that_takes_long_is_judged_from_a_sample(
    people: list[Contact], monkeypatch: pytest.MonkeyPatch
) -> None:
    estimated = AudienceCount(in_segment=1200, excluded={}, will_receive=1200, holdout=0)
    monkeypatch.setattr(live_count, "estimate_selection", lambda *args, **kwargs: estimated)

    found = count_in_time(Selection(rules=SLOW), now=NOW, milliseconds=20)

    assert found == LiveCount(estimated, is_exact=False)


@pytest.mark.usefixtures("slow", "people")
def test_where_even_a_sample_takes_long_there_are_no_figures() -> None:
    found = count_in_time(Selection(rules=SLOW), now=NOW, milliseconds=20)

    assert found == LiveCount(None, is_exact=False)


def test_a_sample_of_everybody_is_the_count_itself(people: list[Contact]) -> None:
    selection = Selection(rules=ITALIANS)

    assert estimate_selection(selection, now=NOW) == count_selection(selection, now=NOW)


def test_a_sample_tells_for_everybody_in_figures_that_add_up() -> None:
    for number in range(120):
        make_contact(marketing_consent="unknown" if number % 3 == 0 else "given")

    found = estimate_selection(Selection(rules=ITALIANS), now=NOW, sample=60)

    assert found.in_segment == found.will_receive + found.excluded["no_consent"]
    assert 100 <= found.in_segment <= 140
    assert 55 <= found.will_receive <= 105


def test_a_sample_of_nobody_is_nobody() -> None:
    found = estimate_selection(Selection(rules=ITALIANS), now=NOW)

    assert found == AudienceCount(in_segment=0, excluded={}, will_receive=0, holdout=0)


@pytest.fixture
def marketer() -> Client:
    return browser("view_segment", "add_segment", "view_contact")


@pytest.mark.usefixtures("slow", "people")
def test_the_page_says_that_the_count_takes_long(marketer: Client) -> None:
    page = marketer.post(PANEL, ROWS).content.decode()

    assert "Il conteggio richiede tempo" in page
    assert "au-figure" not in page


@pytest.mark.usefixtures("slow", "people")
def test_the_page_shows_what_a_sample_tells_as_about(
    marketer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    estimated = AudienceCount(
        in_segment=1500, excluded={"no_consent": 300}, will_receive=1200, holdout=0
    )
    monkeypatch.setattr(live_count, "estimate_selection", lambda *args, **kwargs: estimated)

    page = marketer.post(PANEL, ROWS).content.decode()

    assert "circa 1.500 nel segmento" in page
    assert "circa 300 senza consenso" in page
    assert 'circa <strong class="au-figure">1.200</strong>' in page
    assert "campione" in page


@pytest.mark.usefixtures("slow", "people")
def test_the_call_answers_503_where_even_a_sample_takes_long() -> None:
    api: APIClient = client("view_segment", "view_contact")
    segment = make_segment(rules=SLOW).segment

    counted = api.get(f"{ADDRESS}{segment.pk}/count/")
    sampled = api.get(f"{ADDRESS}{segment.pk}/sample/")

    assert (counted.status_code, sampled.status_code) == (503, 503)


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("is_exact", [True, False])
def test_the_call_says_whether_its_figures_are_exact(
    is_exact: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(*args: Any, **kwargs: Any) -> LiveCount:
        return LiveCount(AudienceCount(9, {"no_consent": 3}, 6, 0), is_exact=is_exact)

    monkeypatch.setattr("audiences.api.segments.count_in_time", answer)
    segment = make_segment().segment

    found = client("view_segment").get(f"{ADDRESS}{segment.pk}/count/")

    assert found.json() == {
        "in_segment": 9,
        "excluded": {"no_consent": 3},
        "will_receive": 6,
        "is_exact": is_exact,
    }


def test_the_settings_of_a_large_read_end_with_it() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('work_mem'), current_setting('jit')")
        before = cursor.fetchone()
        with large_read():
            cursor.execute("SELECT current_setting('work_mem'), current_setting('jit')")
            during = cursor.fetchone()
        cursor.execute("SELECT current_setting('work_mem'), current_setting('jit')")

        assert (during, cursor.fetchone()) == (("64MB", "off"), before)


@pytest.mark.usefixtures("people")
def test_a_page_does_not_wait_for_the_digest_of_a_large_snapshot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    snapshot = take_snapshot(segment_version=make_segment(), by=None, now=NOW)
    monkeypatch.setattr("audiences.admin.snapshots.PATIENCE", 10)
    hashed = snapshots.digest_of

    def slow_digest(**given: Any) -> str:
        sleep(0.2)
        return hashed(**given)

    monkeypatch.setattr(snapshots, "digest_of", slow_digest)
    auditor = browser("view_snapshot")
    address = f"/admin/audiences/snapshot/{snapshot.pk}/change/"

    page, checked = (auditor.get(path).content.decode() for path in (address, f"{address}?check"))

    assert "controlla i membri" in page
    assert "i membri sono integri" in checked
    assert 'role="alert"' not in page
