"""What each list of the inbox shows, in which order, and where its pages end."""

from datetime import timedelta

import pytest

from conversations.inbox.counting import MOST, Counter, counters, version_of
from conversations.inbox.pages import BadCursor, read_page
from conversations.inbox.tabs import Tab, parts_of
from conversations.models import Conversation
from tests.conftest import NOW
from tests.conversations.inbox.steps import names, talk
from tests.factories.orders import make_order

pytestmark = pytest.mark.django_db
PUT_OFF = NOW + timedelta(hours=1)


def test_whose_window_closes_soon_comes_first_then_who_waits_longest(sara):
    talk("An hour", waits=60)
    talk("Five hours", waits=300, closes=500)
    talk("Closes in 90", waits=10, closes=90)
    talk("Closes in 20", waits=5, closes=20)
    talk("Closed", waits=2_000, closes=-500)
    talk("Answered", closes=30)

    assert names("answer", sara) == ["Closes in 20", "Closes in 90", "Closed", "Five hours", "An hour"]  # fmt: skip


def test_mine_are_all_open_ones_that_i_take_care_of_those_who_wait_first(sara, luca):
    talk("Answered", assignee=sara)
    talk("Waits", waits=5, assignee=sara)
    talk("Done", assignee=sara, done_at=NOW)
    talk("Put off", waits=5, assignee=sara, snoozed_until=PUT_OFF)
    talk("Of Luca", waits=5, assignee=luca)
    talk("Nobody's", waits=5)

    assert names("mine", sara) == ["Waits", "Answered"]


def test_nobodys_are_the_open_ones_that_nobody_takes_care_of(sara, luca):
    talk("Answered")
    talk("Waits", waits=5)
    talk("Done", done_at=NOW)
    talk("Of Luca", waits=5, assignee=luca)

    assert names("unassigned", sara) == ["Waits", "Answered"]


def test_all_shows_each_conversation_once_who_waits_first_then_the_latest(sara, luca):
    talk("Waits", waits=5, assignee=luca)
    talk("Put off", waits=60, snoozed_until=PUT_OFF)
    talk("Done", done_at=NOW)

    assert names("all", sara) == ["Waits", "Put off", "Done"]


def test_put_off_are_sorted_by_when_they_come_back_and_done_by_the_latest(sara):
    talk("Tomorrow", waits=5, snoozed_until=NOW + timedelta(days=1))
    talk("In an hour", waits=5, snoozed_until=PUT_OFF)
    talk("Back already", waits=5, snoozed_until=NOW)
    talk("Done before", done_at=NOW - timedelta(hours=2))
    talk("Done just now", done_at=NOW)

    assert names("snoozed", sara) == ["In an hour", "Tomorrow"]
    assert names("answer", sara) == ["Back already"]
    assert names("done", sara) == ["Done just now", "Done before"]


@pytest.mark.parametrize("tab", list(Tab))
def test_the_pages_of_a_list_are_the_list(sara, tab):
    moment = NOW - timedelta(minutes=7)
    for number in range(5):
        talk(waits=number // 2, closes=30 if number % 3 else 600, assignee=sara)
        talk(last_message_at=moment)
        talk(waits=3)
        talk(done_at=moment)
        talk(waits=1, snoozed_until=PUT_OFF)
    parts = parts_of(tab, user=sara, now=NOW)
    whole = [row.pk for row in read_page(parts, limit=100).rows]

    read, page = [], read_page(parts, limit=3)
    read += [row.pk for row in page.rows]
    while page.next:
        page = read_page(parts, after=page.next, limit=3)
        read += [row.pk for row in page.rows]

    assert read == whole
    assert len(set(whole)) == len(whole) >= 5


def test_a_page_goes_on_where_it_was_although_somebody_left_in_between(sara):
    rows = [talk(waits=100 - number) for number in range(6)]
    parts = parts_of(Tab.ANSWER, user=sara, now=NOW)
    first = read_page(parts, limit=3)
    Conversation.objects.filter(pk=rows[0].pk).update(unanswered_since=None)

    second = read_page(parts, after=first.next, limit=3)

    assert [row.pk for row in second.rows] == [row.pk for row in rows[3:]]


@pytest.mark.parametrize("cursor", ["x", "9-0-0", "0-1", "0-x-1", "-1-5-5", "0-99999999999999999999999-1", f"0-5-{2**70}"])  # fmt: skip
def test_what_is_no_cursor_is_refused(sara, cursor):
    with pytest.raises(BadCursor):
        read_page(parts_of(Tab.ANSWER, user=sara, now=NOW), after=cursor)


def test_counters_count_who_waits_and_what_is_put_off_and_nothing_else(sara, luca):
    talk(waits=1)
    talk(waits=1, assignee=sara)
    talk(waits=1, assignee=luca)
    talk(waits=1, snoozed_until=PUT_OFF)
    talk(assignee=sara)
    talk(done_at=NOW)

    counted = counters(user=sara, now=NOW)

    assert {tab.value: counter.count for tab, counter in counted.items()} == {
        "answer": 3, "mine": 1, "unassigned": 1, "snoozed": 1,
    }  # fmt: skip


def test_nobody_counts_beyond_a_thousand():
    assert (Counter(999).text, Counter(MOST).text) == ("999", "999+")


def test_counters_and_versions_are_one_statement_each(sara, django_assert_num_queries):
    talk(waits=1)
    parts = parts_of(Tab.ALL, user=sara, now=NOW)

    with django_assert_num_queries(1):
        counters(user=sara, now=NOW)
    with django_assert_num_queries(1):
        version_of(parts, user=sara, limit=50, has_orders=True, now=NOW)


def test_the_version_changes_with_what_is_shown_and_with_the_minute_and_with_nothing_else(sara):
    row = talk(waits=1)
    make_order(is_cod=True)

    def version(seconds=0):
        now = NOW + timedelta(seconds=seconds)
        parts = parts_of(Tab.ANSWER, user=sara, now=now)
        return version_of(parts, user=sara, limit=50, has_orders=True, now=now)

    before = version()
    assert version(5) == before
    assert version(60) != before
    Conversation.objects.filter(pk=row.pk).update(assignee=sara)
    taken = version()
    assert taken != before
    make_order(is_cod=True, cod_status="cancel_requested")
    assert version() != taken
