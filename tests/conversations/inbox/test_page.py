"""The inbox as agents see it: lists, search, news, clicks with and without a script, who may come in."""

from datetime import timedelta

import pytest
from django.urls import reverse

from config.roles import ADMIN, AGENT, MARKETER
from conversations.models import Conversation, ConversationEvent
from orders.models import Order
from tests.conftest import NOW
from tests.conversations.card.steps import client_of, wrote
from tests.conversations.inbox.steps import HTMX, mark, talk
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_message
from tests.factories.conversations import make_reply
from tests.factories.orders import make_order
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db
INBOX = "/inbox/"


def shown(browser, **asked):
    answer = browser.get(INBOX, asked)
    assert answer.status_code == 200
    return answer.content.decode()


def found(browser, words):
    page = browser.get(INBOX, {"q": words})
    return [row.name for row in page.context["rows"]]


def act(browser, do, *rows, headers=None, **told):
    return browser.post(
        reverse("inbox-act"), {"do": do, "row": [str(mark(row)) for row in rows]} | told, headers=headers
    )  # fmt: skip


# What is shown.


def test_a_row_says_who_waits_how_long_for_whom_and_how_soon_the_window_closes(browser, sara):
    talk("Giulia", waits=95, closes=80, assignee=sara)

    page = shown(browser)

    for text in ("Giulia", "Quando arriva?", "1 h 35 min", "1 h 20 min", "tu</span>"):
        assert text in page


@pytest.mark.parametrize(
    "tab", ["answer", "mine", "unassigned", "all", "snoozed", "done", "nonsense"]
)
def test_an_empty_list_says_what_it_would_show(browser, tab):
    page = shown(browser, tab=tab)

    assert 'class="ci-empty"' in page
    assert 'class="ci-row' not in page


def test_a_full_page_leads_to_the_next_one(browser):
    for number in range(52):
        talk(f"C{number}", waits=100 - number)

    first = browser.get(INBOX)
    second = browser.get(first.context["next"])

    assert [len(page.context["rows"]) for page in (first, second)] == [50, 2]
    assert second.context["next"] == ""


def test_a_page_of_fifty_costs_no_more_queries_than_one_of_five(
    browser, django_assert_max_num_queries
):
    for number in range(50):
        contact = talk(f"C{number}", waits=number).contact
        make_order(contact=contact, is_cod=True, cod_status="cancel_requested")

    with django_assert_max_num_queries(21):
        browser.get(INBOX)


def test_what_orders_wait_for_is_shown_above_the_list_and_on_the_row(browser):
    row = talk("Giulia", waits=5)
    order = make_order(
        contact=row.contact, is_cod=True, cod_status="cancel_requested", answered_at=NOW
    )
    make_order(is_cod=True, cod_question_at=NOW)

    page = browser.get(INBOX)

    assert page.context["tasks"].count == 2
    assert [one.tasks for one in page.context["rows"]] == [("Contrassegno: vuole annullare",)]
    assert order.name in page.content.decode()
    assert reverse("admin:orders_cod_work") in page.content.decode()


def test_a_settled_task_leaves_the_inbox(browser):
    make_order(is_cod=True, cod_question_at=NOW)
    Order.objects.update(cod_question_at=None)

    assert "ci-tasks" not in shown(browser)


# Search.


@pytest.mark.parametrize("words", ["+39 347 555 0199", "3475550199", "0039 347-5550199", "5550199"])
def test_a_phone_is_found_in_any_spelling(browser, words):
    talk(contact=make_contact(first_name="Giulia", last_name="", phone="+393475550199"))
    talk("Anna")

    assert found(browser, words) == ["Giulia"]


@pytest.mark.parametrize("words", ["d'angelo", "D’Angelo", "giu dan", "angelo giulia", "GIULIA"])
def test_a_name_is_found_by_its_beginnings_in_any_order(browser, words):
    talk(contact=make_contact(first_name="Giulia", last_name="D'Angelo Dandini"))
    talk("Anna")

    assert found(browser, words) == ["Giulia D'Angelo Dandini"]


@pytest.mark.parametrize("words", ["#20123", "20123"])
def test_an_order_is_found_by_its_number(browser, words):
    row = talk("Giulia")
    make_order(contact=row.contact, name="#20123")
    talk("Anna")

    assert found(browser, words) == ["Giulia"]


def test_words_are_found_where_they_were_written_and_shown_with_what_is_around(browser):
    giulia, anna = make_contact(first_name="Giulia", last_name=""), make_contact(first_name="Anna")
    wrote(giulia, "Il mio cane Argo non mangia più le crocchette al salmone", at=NOW - timedelta(days=9))  # fmt: skip
    wrote(giulia, "Grazie", at=NOW - timedelta(days=8))
    wrote(anna, "Buongiorno")

    page = browser.get(INBOX, {"q": "crocch salmone"})

    assert [row.name for row in page.context["rows"]] == ["Giulia"]
    assert "crocchette al salmone" in page.context["rows"][0].said


def test_words_that_an_agent_answered_are_found_too_and_those_of_campaigns_are_not(browser, sara):
    giulia, anna = (talk(name).contact for name in ("Giulia", "Anna"))
    make_reply(contact=giulia, by=sara, text="Il rimborso del salmone parte oggi")
    make_message(contact=anna, kind="text", text="Salmone in offerta", params={})

    page = browser.get(INBOX, {"q": "rimborso salm"})

    assert found(browser, "salmone") == ["Giulia"]
    assert "rimborso del salmone" in page.context["rows"][0].said


def test_a_person_of_that_name_comes_before_who_only_wrote_it(browser):
    anna = make_contact(first_name="Anna", last_name="")
    wrote(anna, "Sono la vicina di Giulia")
    talk("Giulia")

    assert found(browser, "giulia") == ["Giulia", "Anna"]


@pytest.mark.parametrize("words", ["'", "\\", "&|!():*", "a' | 'b", "\x00", "<->", "%", "🐶", "' & '", "x" * 500])  # fmt: skip
def test_whatever_is_typed_is_looked_for_and_breaks_nothing(browser, words):
    talk("Giulia")

    assert browser.get(INBOX, {"q": words}).status_code == 200


def test_what_is_not_found_leads_to_the_search_of_all_customers(browser):
    assert "/customers/?q=zzz" in shown(browser, q="zzz")


# News.


def test_nothing_new_is_an_empty_answer_for_one_statement(browser, django_assert_num_queries):
    talk(waits=5)
    version = browser.get(INBOX).context["version"]

    # Session, user, two times rights, and one of ours.
    with django_assert_num_queries(5):
        answer = browser.get(reverse("inbox-news"), {"v": version, "n": 1})

    assert (answer.status_code, answer.content) == (204, b"")


def test_a_new_message_brings_the_list_with_a_new_version(browser):
    version = browser.get(INBOX).context["version"]
    talk("Giulia", waits=0)

    answer = browser.get(reverse("inbox-news"), {"v": version, "n": 0}, headers=HTMX)

    assert answer.status_code == 200
    assert answer["X-Inbox-Version"] != version
    assert "Giulia" in answer.content.decode()


def test_a_list_that_was_lengthened_is_drawn_again_as_long(browser):
    for number in range(60):
        talk(f"C{number}", waits=number)

    answer = browser.get(reverse("inbox-news"), {"n": "60"}, headers=HTMX)

    assert len(answer.context["rows"]) == 60


# Clicks.


def test_a_click_answers_with_the_list_and_a_way_back(browser, sara):
    row = talk("Giulia", waits=5)

    answer = act(browser, f"done:{mark(row)}", headers=HTMX, tab="answer")

    page = answer.content.decode()
    assert "Giulia" in page
    assert 'value="undo:' in page
    assert answer.context["rows"] == []
    token = answer.context["said"].undo
    back = act(browser, f"undo:{token}", headers=HTMX)
    assert [one.name for one in back.context["rows"]] == ["Giulia"]


def test_without_a_script_a_click_leads_back_to_the_list_and_says_what_was_done_once(browser, sara):
    row = talk("Giulia", waits=5)

    answer = act(browser, f"take:{mark(row)}", tab="all")

    assert answer["Location"] == "/inbox/?tab=all"
    assert 'value="undo:' in shown(browser, tab="all")
    assert 'value="undo:' not in shown(browser, tab="all")
    row.refresh_from_db()
    assert row.assignee == sara


def test_several_are_settled_and_given_at_once(browser, luca):
    rows = [talk(name, waits=5) for name in ("Anna", "Bea")]

    act(browser, "give", *rows, to=luca.pk)
    assert set(Conversation.objects.values_list("assignee", flat=True)) == {luca.pk}
    act(browser, "done", *rows)

    assert Conversation.objects.filter(done_at=NOW).count() == 2


@pytest.mark.parametrize(
    ("do", "hours"), [("snooze-hour", 1), ("snooze-evening", 7.5), ("snooze-morning", 22.5)]
)
def test_it_is_put_off_by_a_word(browser, do, hours):
    row = talk(waits=5)

    act(browser, f"{do}:{mark(row)}", headers=HTMX)

    row.refresh_from_db()
    assert row.snoozed_until == NOW + timedelta(hours=hours)


def test_it_is_put_off_until_the_moment_typed_beside_its_button_by_the_clock_of_the_house(browser):
    row, other = talk(waits=5), talk(waits=5)
    typed = {f"until-{row.contact_id}": "2026-12-01T10:30", f"until-{other.contact_id}": ""}

    act(browser, f"snooze-until:{mark(row)}", headers=HTMX, **typed)

    row.refresh_from_db()
    assert row.snoozed_until.isoformat() == "2026-12-01T09:30:00+00:00"


@pytest.mark.parametrize("do", ["done", "nonsense:1.2.3.4.5.6", "done:xx", "done:1.2", "give:{}", "snooze-until:{}", "undo:xx", "", f"done:{2**70}.0.0.0.0.0"])  # fmt: skip
def test_a_click_that_cannot_be_understood_says_so_and_changes_nothing(browser, do):
    row = talk(waits=5)
    before = mark(row)

    answer = browser.post(reverse("inbox-act"), {"do": do.format(before)}, headers=HTMX)

    assert answer.status_code == 200
    assert len(answer.context["said"].problems) == 1
    assert mark(row) == before
    assert not ConversationEvent.objects.exists()


def test_two_agents_who_settle_one_conversation_leave_one_that_did(browser, luca):
    row = talk("Giulia", waits=5)
    seen = str(mark(row))
    client_of(luca).post(reverse("inbox-act"), {"do": f"done:{seen}"})

    answer = browser.post(reverse("inbox-act"), {"do": f"done:{seen}"}, headers=HTMX)

    row.refresh_from_db()
    assert row.done_by == luca
    assert ["Luca Re" in why for why in answer.context["said"].problems] == [True]


# Who comes in.


def test_looking_changes_nothing(browser):
    assert browser.get(reverse("inbox-act")).status_code == 405


def test_a_click_of_another_site_is_refused(sara):
    browser = client_of(sara)
    browser.handler.enforce_csrf_checks = True
    row = talk(waits=5)

    assert act(browser, f"done:{mark(row)}").status_code == 403
    row.refresh_from_db()
    assert row.done_at is None


@pytest.mark.parametrize("name", ["inbox", "inbox-news", "inbox-act"])
def test_who_may_not_read_messages_sees_no_inbox(sara, name):
    browser = client_of(make_member(MARKETER, username="marta"))
    ask = browser.post if name == "inbox-act" else browser.get

    assert ask(reverse(name)).status_code == 403


def test_a_list_whose_reader_is_logged_out_says_to_log_in_again(client):
    answer = client.get(reverse("inbox-news"), headers=HTMX)

    assert answer.status_code == 401
    assert "La sessione è terminata" in answer.content.decode()
    assert client.get(INBOX)["Location"].startswith("/admin/login/")


def test_a_list_whose_reader_lost_the_permission_says_so():
    marta = client_of(make_member(MARKETER))

    answer = marta.get(reverse("inbox-news"), headers=HTMX)

    assert answer.status_code == 403
    assert "Non puoi più vedere le conversazioni dei clienti" in answer.content.decode()


def test_a_click_of_who_is_logged_out_leads_to_the_login(client):
    assert client.post(reverse("inbox-act"), {}, headers=HTMX)["HX-Refresh"] == "true"


@pytest.mark.parametrize(("role", "home"), [(AGENT, "/inbox/"), (ADMIN, "/admin/"), (MARKETER, "/admin/")])  # fmt: skip
def test_each_role_begins_where_it_works(client, sara, role, home):
    member = make_member(role, username="eva")
    member.set_password("una-parola-lunga-7")
    member.save()
    told = {"username": "eva", "password": "una-parola-lunga-7", "next": "/admin/"}

    answer = client.post("/admin/login/", told)

    assert answer["Location"] == home
    assert client.get("/")["Location"] == home


def test_who_wanted_a_page_in_particular_gets_it_after_login(client, sara):
    sara.set_password("una-parola-lunga-7")
    sara.save()
    told = {"username": "sara", "password": "una-parola-lunga-7", "next": "/customers/?q=anna"}

    assert client.post("/admin/login/", told)["Location"] == "/customers/?q=anna"


def test_the_first_page_says_how_many_wait(browser):
    talk(waits=5)
    talk(waits=5)

    assert "2 clienti aspettano una risposta" in browser.get("/admin/").content.decode()
