"""The list of conversations for other systems."""

from datetime import timedelta

import pytest

from config.roles import MARKETER
from tests.conftest import NOW
from tests.conversations.card.steps import client_of
from tests.conversations.inbox.steps import talk
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/conversations/"


def ids(browser, **asked):
    return [one["id"] for one in browser.get(ADDRESS, asked).json()["results"]]


def test_a_conversation_says_where_it_stands(browser, sara):
    row = talk("Giulia", waits=5, closes=30, assignee=sara)

    told = browser.get(ADDRESS).json()

    assert (told["count"], told["next"], told["previous"]) == (1, None, None)
    shown = told["results"][0]
    assert {name: shown[name] for name in ("id", "name", "state", "assigned_to", "unanswered_messages")} == {
        "id": row.contact_id, "name": "Giulia", "state": "waiting", "assigned_to": "sara", "unanswered_messages": 1,
    }  # fmt: skip


def test_lists_are_narrowed_by_state_and_by_who_takes_care(browser, sara, luca):
    mine, his = talk(waits=9, assignee=sara), talk(waits=8, assignee=luca)
    free, done = talk(waits=7), talk(done_at=NOW)
    later = talk(waits=6, snoozed_until=NOW + timedelta(hours=1))

    def of(*rows):
        return [row.contact_id for row in rows]

    assert ids(browser, state="answer") == of(mine, his, free)
    assert ids(browser, state="answer", assigned="me") == of(mine)
    assert ids(browser, state="answer", assigned="nobody") == of(free)
    assert ids(browser, state="snoozed") == of(later)
    assert ids(browser, state="done") == of(done)


def test_a_search_finds_by_name(browser):
    row = talk("Giulia")
    talk("Anna")

    assert ids(browser, search="giulia") == [row.contact_id]


def test_a_search_gives_as_many_as_are_asked_for(browser):
    rows = {talk("Giulia").contact_id for _ in range(51)}

    assert len(ids(browser, search="giulia", page_size=1)) == 1
    assert set(ids(browser, search="giulia", page_size=100)) == rows
    assert browser.get(ADDRESS, {"search": "giulia", "page_size": 301}).status_code == 400


def test_a_search_looks_in_the_list_that_is_asked_for(browser, sara, luca):
    mine, his = talk("Giulia", waits=9, assignee=sara), talk("Giulia", waits=8, assignee=luca)
    done, answered = talk("Giulia", done_at=NOW, assignee=sara), talk("Giulia", assignee=sara)
    talk("Anna", waits=7, assignee=sara)

    def found(**asked):
        return set(ids(browser, search="giulia", **asked))

    assert found() == {row.contact_id for row in (mine, his, done, answered)}
    assert found(state="answer") == {mine.contact_id, his.contact_id}
    assert found(state="answer", assigned="me") == {mine.contact_id}
    assert found(state="done", assigned="me") == {done.contact_id}
    assert found(assigned="nobody") == set()


def test_next_reads_on(browser):
    rows = [talk(waits=90 - number).contact_id for number in range(3)]

    first = browser.get(ADDRESS, {"page_size": 2, "state": "answer"}).json()
    second = browser.get(first["next"]).json()

    assert [one["id"] for one in first["results"] + second["results"]] == rows
    assert (first["count"], second["next"]) == (3, None)


@pytest.mark.parametrize(("field", "value"), [("state", "x"), ("assigned", "x"), ("after", "x"), ("page_size", "0")])  # fmt: skip
def test_what_is_not_understood_is_refused_by_its_name(browser, field, value):
    answer = browser.get(ADDRESS, {field: value})

    assert answer.status_code == 400
    assert list(answer.json()) == [field]


def test_who_may_not_read_messages_gets_no_list(sara):
    assert client_of(make_member(MARKETER, username="marta")).get(ADDRESS).status_code == 403
