"""Asking Spoki for a history: once, page by page, remembered; what is said when it does not answer."""

from datetime import timedelta

import pytest

from audiences.models import PhoneChange
from conversations import backfill, tasks
from conversations.backfill import ensure_history
from conversations.models import Conversation, HistoryFetch, Message
from spoki import (
    SpokiAuthError,
    SpokiNotFound,
    SpokiProtocolError,
    SpokiServerError,
    SpokiThrottled,
    SpokiUnreachable,
)
from tests.conftest import NOW
from tests.conversations.histories.steps import (
    PHONE,
    START,
    Said,
    Turns,
    deliver,
    page,
    row,
    shown,
)
from tests.factories.audiences import make_contact

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def woken(monkeypatch):
    found: list[int] = []
    monkeypatch.setattr(backfill, "wake", found.append)
    return found


def asked(spoki):
    return spoki.calls.count("history")


def past(count):
    """So many messages, in turn of both sides, a minute apart."""
    return [
        Said(number, number % 2 == 0, START + number * MINUTE, f"messaggio {number}")
        for number in range(count)
    ]


def tells(spoki, messages):
    spoki.add_history(PHONE, *(row(one) for one in reversed(messages)))


def ensure(contact, now=NOW, *, turn=None, **changes):
    """Nothing here goes by the clock on the wall: a slow machine reads as many pages."""
    return ensure_history(contact=contact, now=now, turn=turn or Turns(), **changes)


def test_the_whole_history_comes_in_page_by_page(giulia, spoki):
    tells(spoki, past(40))

    standing = ensure(giulia)

    assert (standing.state, standing.added, asked(spoki)) == ("complete", 40, 3)
    assert standing.complete_since == START
    assert shown(giulia) == [one.place for one in past(40)]


def test_messages_of_a_history_make_nobody_wait(giulia, spoki):
    tells(spoki, past(3))

    ensure(giulia)

    conversation = Conversation.objects.get(contact=giulia)
    assert (conversation.unanswered_since, conversation.unread_count) == (None, 0)
    assert conversation.preview == "messaggio 2"


def test_the_answer_is_remembered_for_some_minutes(giulia, spoki, settings):
    settings.HISTORY_REMEMBER_MINUTES = 10
    ensure(giulia)

    ensure(giulia, NOW + 9 * MINUTE)
    assert asked(spoki) == 1
    ensure(giulia, NOW + 10 * MINUTE)
    assert asked(spoki) == 2


def test_a_history_that_was_whole_is_read_only_as_far_as_it_is_new(giulia, spoki):
    tells(spoki, past(40))
    ensure(giulia)

    standing = ensure(giulia, NOW + HOUR)

    assert (standing.state, asked(spoki)) == ("complete", 4)


def test_what_was_lost_since_the_last_reading_is_found_behind_a_page_of_what_was_not(giulia, spoki):
    tells(spoki, past(40))
    ensure(giulia, START + 2 * HOUR)
    lost = Said(900, True, START + 4 * HOUR, "Mi sentite?")
    since = [Said(901 + n, True, START + (5 + n) * HOUR, f"ancora {n}") for n in range(30)]
    for one in since:
        deliver(one)
    spoki.history_rows.clear()
    tells(spoki, [*past(40), lost, *since])

    standing = ensure(giulia)

    assert (standing.state, standing.added) == ("complete", 1)
    assert lost.place in shown(giulia)


def test_what_webhooks_brought_is_not_brought_again(giulia, spoki):
    for one in past(2):
        deliver(one)
    tells(spoki, past(3))

    assert ensure(giulia).added == 1
    assert shown(giulia) == [one.place for one in past(3)]


def test_what_takes_longer_than_a_person_waits_goes_on_in_a_worker(giulia, spoki, woken):
    tells(spoki, past(40))

    standing = ensure(giulia, turn=Turns(2))
    row = HistoryFetch.objects.get()
    assert (standing.is_loading, standing.added, woken) == (True, 15, [row.pk])

    assert backfill.go_on(fetch_id=row.pk, turn=Turns(), clock=lambda: NOW) is True
    assert (ensure(giulia).state, asked(spoki)) == ("complete", 3)
    assert len(shown(giulia)) == 40


def test_without_a_worker_whoever_looks_goes_on(giulia, spoki, woken):
    tells(spoki, past(40))

    states = [ensure(giulia, turn=Turns(2)).state for _look in range(3)]

    assert states == ["loading", "loading", "complete"]
    assert (len(shown(giulia)), asked(spoki)) == (40, 3)


def test_while_somebody_reads_nobody_else_does(giulia, spoki, woken):
    tells(spoki, past(3))
    looks: list[str] = []
    spoki.before_call = lambda _name: looks.append(ensure(giulia).state) if not looks else None

    assert ensure(giulia).state == "complete"
    assert (looks, asked(spoki)) == (["loading"], 1)


def test_a_worker_that_died_is_followed_by_whoever_comes_after_its_lease(giulia, spoki, woken):
    tells(spoki, past(20))
    ensure(giulia, turn=Turns(2))
    HistoryFetch.objects.update(leased_until=NOW + MINUTE)

    assert ensure(giulia).is_loading
    assert ensure(giulia, NOW + 2 * MINUTE).state == "complete"
    assert asked(spoki) == 2


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (SpokiNotFound("history", status=404), "missing"),
        (SpokiThrottled("history", status=429, retry_after=30), "throttled"),
        (SpokiUnreachable("history"), "unreachable"),
        (SpokiServerError("history", status=502), "server"),
        (SpokiAuthError("history", status=401), "key"),
        (SpokiProtocolError("history", field="results"), "shape"),
    ],
)
def test_a_failure_is_said_with_since_when_the_conversation_is_complete(
    giulia, spoki, error, reason
):
    deliver(Said(1, True, NOW - 3 * HOUR, "Ciao"))
    spoki.fail("history", error)

    standing = ensure(giulia)

    assert (standing.state, standing.reason) == ("failed", reason)
    assert standing.complete_since == NOW - 3 * HOUR
    assert f"{NOW:%Y}" in standing.sentence
    assert shown(giulia) == [Said(1, True, NOW - 3 * HOUR, "Ciao").place]


def test_a_failure_half_way_keeps_what_was_read_and_goes_on_there(giulia, spoki):
    tells(spoki, past(40))
    kept = spoki.history
    calls = []

    def breaks(phone, *, page=1, within=None):
        calls.append(page)
        if len(calls) == 2:
            raise SpokiServerError("history", status=500)
        return kept(phone, page=page)

    spoki.history = breaks
    standing = ensure(giulia)
    assert (standing.state, standing.added) == ("partial", 15)
    assert standing.complete_since == past(40)[25].at

    assert ensure(giulia, NOW + HOUR).state == "complete"
    assert (calls, len(shown(giulia))) == ([1, 2, 2, 3], 40)


def test_a_source_that_is_down_for_an_hour_is_tried_by_one_card_in_some_minutes(
    giulia, spoki, settings
):
    settings.HISTORY_RETRY_MINUTES = 5
    spoki.fail("history", SpokiUnreachable("history"), times=None)
    cards = [giulia, *(make_contact() for _number in range(2))]

    said = [ensure(card, NOW + minute * MINUTE).reason for minute in range(60) for card in cards]

    # At the beginning, and once in each five minutes after it.
    assert asked(spoki) == 12
    assert set(said) == {"unreachable"}


def test_when_the_source_is_back_everybody_has_an_answer(giulia, spoki):
    other = make_contact()
    spoki.fail("history", SpokiUnreachable("history"))
    ensure(giulia)
    assert ensure(other, NOW + MINUTE).reason == "unreachable"

    assert ensure(other, NOW + 6 * MINUTE).state == "complete"
    assert ensure(giulia, NOW + 12 * MINUTE).state == "complete"


def test_a_person_may_try_again_at_once_where_it_was_down(giulia, spoki):
    spoki.fail("history", SpokiUnreachable("history"))
    ensure(giulia)

    again = ensure(giulia, NOW + MINUTE, is_asked_again=True)

    assert (again.state, asked(spoki)) == ("complete", 2)


def test_a_second_click_is_the_same_click(giulia, spoki):
    ensure(giulia)
    ensure(giulia, NOW + timedelta(seconds=1), is_asked_again=True)

    assert asked(spoki) == 1


def test_nobody_tries_while_spoki_asks_to_slow_down(giulia, spoki):
    spoki.fail("history", SpokiThrottled("history", status=429, retry_after=900))
    ensure(giulia)

    again = ensure(giulia, NOW + 10 * MINUTE, is_asked_again=True)

    assert (again.reason, again.may_ask_again, asked(spoki)) == ("throttled", False, 1)
    assert again.again_at == NOW + 15 * MINUTE


def test_the_source_gets_no_more_calls_than_all_processes_may_make(giulia, spoki, woken):
    tells(spoki, past(15 * 14))

    # Twelve at once after a rest.
    assert ensure(giulia).is_loading
    assert asked(spoki) == 12


def test_rows_that_say_too_little_are_counted_and_named(giulia, spoki, caplog):
    good, lost = past(2)
    spoki.add_history(
        PHONE, row(good), row(lost, direction="?"), {"x": 1}, row(lost, created_datetime=None)
    )

    standing = ensure(giulia)

    assert (standing.state, standing.reason, standing.added) == ("partial", "rows", 1)
    assert "3" in standing.sentence
    assert "direction" in caplog.text
    assert PHONE not in caplog.text


def test_messages_of_other_numbers_are_not_hers(giulia, spoki):
    spoki.add_history(PHONE, row(past(1)[0], from_phone="+393330000099"))

    assert ensure(giulia).reason == "other_number"
    assert Message.objects.count() == 0


def test_a_source_that_repeats_its_page_is_left(giulia, spoki):
    spoki.answer("history", page(*(row(one) for one in past(3)), more=True), times=None)

    standing = ensure(giulia)

    assert (standing.reason, standing.added, asked(spoki)) == ("repeats", 3, 2)


def test_a_page_after_the_last_is_the_end(giulia, spoki):
    spoki.answer("history", page(*(row(one) for one in past(3)), more=True))
    spoki.fail("history", SpokiNotFound("history", status=404))

    assert ensure(giulia).state == "complete"


def test_without_a_path_nothing_is_asked(giulia, spoki, settings):
    settings.SPOKI_HISTORY_PATH = ""

    assert (ensure(giulia).state, asked(spoki)) == ("none", 0)


def test_a_customer_without_a_number_has_no_history(giulia, spoki):
    giulia.phone = None

    assert (ensure(giulia).state, asked(spoki)) == ("none", 0)


def test_a_fault_of_ours_is_said_and_never_raised(giulia, spoki):
    spoki.fail("history", RuntimeError("boom"))

    standing = ensure(giulia)

    assert (standing.state, standing.reason) == ("failed", "fault")


def test_the_task_goes_on_where_the_card_stopped(giulia, spoki, woken):
    tells(spoki, past(20))
    ensure(giulia, turn=Turns(2))

    tasks.fetch_history(fetch_id=woken[0])

    assert len(shown(giulia)) == 20


def test_what_was_written_while_the_number_was_somebody_elses_is_not_the_new_owners(giulia, spoki):
    PhoneChange.objects.create(
        contact=make_contact(), old_phone=PHONE, new_phone="+393331234567", at=START + 30 * MINUTE
    )
    tells(spoki, past(40))

    ensure(giulia)

    assert shown(giulia) == [one.place for one in past(40)[30:]]
