"""A history asked over real HTTP of the local Spoki, also when it misbehaves."""

from datetime import timedelta

import pytest
from django.utils import timezone

from conversations import backfill
from conversations.backfill import Work, ensure_history
from conversations.models import HistoryFetch, Message
from spoki import SpokiClient
from spoki.simulator import SimulatorProcess
from tests.conversations.histories.steps import PHONE, Turns
from tests.factories.audiences import make_contact

URL: list[str] = []
PATH = "/api/1/messages/"


def the_client() -> SpokiClient:
    return SpokiClient(
        base_url=URL[-1], api_key="simulator-key", history_path=PATH, timeout=(2.0, 4.0)
    )


@pytest.fixture(scope="module")
def simulator():
    with SimulatorProcess(history=True) as running:
        URL.append(running.url)
        yield running
        URL.remove(running.url)


@pytest.fixture
def control(simulator, settings, monkeypatch):
    settings.SPOKI_HISTORY_PATH = PATH
    settings.SPOKI_GATEWAY = f"{__name__}.the_client"
    monkeypatch.setattr(backfill, "wake", lambda fetch_id: None)
    simulator.control.reset(config=True)
    simulator.control.clear_faults()
    written = timezone.now() - timedelta(days=3)
    simulator.control.seed(
        messages=[
            {"phone": PHONE, "text": f"riga {number}", "inbound": number % 2 == 0,
             "at": (written + timedelta(minutes=number)).isoformat()}
            for number in range(20)
        ]
    )  # fmt: skip
    return simulator.control


@pytest.fixture
def giulia(db):
    return make_contact(phone=PHONE)


def ensure(contact, turn=None, **changes):
    return ensure_history(contact=contact, now=timezone.now(), turn=turn or Turns(), **changes)


def test_the_pages_of_the_history_are_read_to_the_end(giulia, control):
    assert (ensure(giulia).state, Message.objects.count()) == ("complete", 20)
    assert [one["status"] for one in control.log(lane="messages")] == [200, 200]


@pytest.mark.parametrize(
    ("effect", "reason"),
    [
        ("429:30", "throttled"),
        ("html", "shape"),
        ("status:500", "server"),
        ("status:401", "key"),
        ("reset", "unreachable"),
    ],
)
def test_a_source_that_misbehaves_is_asked_once_and_named(giulia, control, effect, reason):
    control.fault(effect, lane="messages", times=None)

    assert ensure(giulia).reason == reason
    assert ensure(giulia).reason == reason
    assert len(control.log(lane="messages")) == 1
    assert Message.objects.count() == 0


def test_an_account_without_a_history_is_said_to_have_none(giulia, control):
    control.config(history=False)

    assert ensure(giulia).reason == "missing"


def test_a_slow_source_keeps_nobody_waiting(giulia, control):
    control.fault("slow:1", lane="messages", times=1)

    standing = ensure_history(contact=giulia, now=timezone.now(), patience_seconds=0.2)
    row = HistoryFetch.objects.get()
    assert (standing.is_loading, row.leased_until) == (True, None)

    assert backfill.go_on(fetch_id=row.pk, turn=Work(30.0), clock=timezone.now)
    assert (ensure(giulia).state, Message.objects.count()) == ("complete", 20)
