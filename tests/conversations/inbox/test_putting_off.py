"""What is put off leaves the list and comes back by itself."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from conversations.models import ConversationEvent
from conversations.putting_off import (  # fmt: skip
    SnoozeRefused,
    snooze,
    this_evening,
    tomorrow_morning,
    wake,
    wake_due,
)
from conversations.standing import note_inbound, note_reply
from tests.conftest import NOW
from tests.conversations.inbox.steps import names, talk

pytestmark = pytest.mark.django_db
ROME = ZoneInfo("Europe/Rome")
LATER = NOW + timedelta(hours=3)


def put_off(row, sara):
    snooze(contact=row.contact, until=LATER, by=sara, now=NOW)
    row.refresh_from_db()
    return row


def test_this_evening_is_six_of_today_and_nothing_once_it_is_less_than_an_hour_away():
    before, after = datetime(2026, 11, 23, 15, 59, tzinfo=UTC), datetime(2026, 11, 23, 16, 1, tzinfo=UTC)  # fmt: skip

    assert this_evening(now=before, zone=ROME) == datetime(2026, 11, 23, 18, tzinfo=ROME)
    assert this_evening(now=after, zone=ROME) is None


def test_tomorrow_morning_is_nine_by_the_clock_on_the_wall_also_when_the_clocks_change():
    now = datetime(2026, 10, 24, 10, tzinfo=UTC)

    assert tomorrow_morning(now=now, zone=ROME) == datetime(2026, 10, 25, 8, tzinfo=UTC)


def test_what_is_put_off_leaves_the_list_and_is_back_on_time(sara):
    row = put_off(talk("Giulia", waits=5), sara)

    assert names("answer", sara) == []
    assert names("snoozed", sara) == ["Giulia"]
    assert names("answer", sara, now=LATER) == ["Giulia"]
    event = ConversationEvent.objects.get(contact=row.contact)
    assert (event.verb, event.by, event.figures) == ("snoozed", sara, {"until": LATER.isoformat()})


def test_who_had_an_answer_is_brought_back_to_remind_of_it(sara):
    row = put_off(talk("Giulia"), sara)

    assert wake_due(now=LATER - timedelta(seconds=1)) == 0
    assert wake_due(now=LATER) == 1
    assert wake_due(now=LATER) == 0

    row.refresh_from_db()
    assert (row.unanswered_since, row.snoozed_until) == (LATER, None)
    assert names("answer", sara, now=LATER) == ["Giulia"]


def test_who_waits_is_brought_back_with_the_whole_wait(sara):
    row = put_off(talk(waits=5), sara)

    wake_due(now=LATER)

    row.refresh_from_db()
    assert (row.unanswered_since, row.snoozed_until) == (NOW - timedelta(minutes=5), None)


def test_a_new_message_brings_it_back_at_once(sara):
    row = put_off(talk("Giulia", waits=5), sara)

    note_inbound(contact=row.contact, at=NOW, text="Allora?", is_settled=False, now=NOW)

    assert names("answer", sara) == ["Giulia"]


def test_an_answer_ends_it(sara):
    row = put_off(talk(waits=5), sara)

    note_reply(contact=row.contact, at=NOW, text="Parte oggi", by=sara, now=NOW)

    row.refresh_from_db()
    assert row.snoozed_until is None
    assert wake_due(now=LATER) == 0


def test_brought_back_by_hand_it_is_back_at_once(sara):
    row = put_off(talk("Giulia", waits=5), sara)

    assert wake(contact=row.contact, by=sara, now=NOW)
    assert not wake(contact=row.contact, by=sara, now=NOW)

    assert names("answer", sara) == ["Giulia"]


@pytest.mark.parametrize("until", [NOW, NOW - timedelta(hours=1), NOW + timedelta(days=366)])
def test_a_moment_that_is_past_or_beyond_a_year_is_refused(sara, until):
    row = talk(waits=5)

    with pytest.raises(SnoozeRefused):
        snooze(contact=row.contact, until=until, by=sara, now=NOW)

    row.refresh_from_db()
    assert row.snoozed_until is None
    assert not ConversationEvent.objects.exists()


def test_what_is_done_is_not_put_off(sara):
    row = talk(done_at=NOW)

    with pytest.raises(SnoozeRefused):
        snooze(contact=row.contact, until=LATER, by=sara, now=NOW)
