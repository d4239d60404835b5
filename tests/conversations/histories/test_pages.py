"""The line on the card and the pages that take a file: who may, what they say, what a second click does."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from config.roles import AGENT, MARKETER
from conversations import backfill, tasks
from conversations.models import ConversationEvent, HistoryUpload, Message
from conversations.upload import taking
from spoki import SpokiUnreachable
from tests.conftest import NOW
from tests.conversations.card.steps import card_of, client_of
from tests.conversations.histories.steps import (
    PHONE,
    START,
    Said,
    bring,
    deliver,
    export,
    row,
    send,
    shown,
)
from tests.factories.audiences import make_contact
from tests.factories.people import make_member

CHAT = [
    Said(number, number % 2 == 0, START + timedelta(minutes=number // 2), f"messaggio {number}")
    for number in range(6)
]


@pytest.fixture
def browser(giulia):
    return client_of(make_member(AGENT, username="sara"))


def line_of(giulia):
    return card_of(giulia, "customer-history")


def sent(browser, giulia, content, name="chat.csv"):
    file = SimpleUploadedFile(name, content, "text/csv")
    return browser.post(card_of(giulia, "customer-history-upload"), {"file": file})


def text_of(answer):
    return " ".join(unescape(answer.content.decode()).split())


def test_the_card_is_drawn_before_anybody_asks_spoki(giulia, spoki, browser):
    answer = browser.get(card_of(giulia))

    assert f'hx-get="{line_of(giulia)}"' in answer.content.decode()
    assert spoki.calls.count("history") == 0


def test_what_came_in_is_told_to_the_card(giulia, spoki, browser):
    spoki.add_history(PHONE, row(Said(1, True, START, "Ciao")))

    answer = browser.get(line_of(giulia))

    assert answer["HX-Trigger"] == "history-merged"
    assert "Qui c'è tutto, dal primo messaggio" in text_of(answer)


def test_while_it_loads_the_line_looks_again(giulia, spoki, browser, monkeypatch):
    monkeypatch.setattr(backfill, "wake", lambda fetch_id: None)
    monkeypatch.setattr(backfill, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(backfill.Patience, "left", lambda self: 0.0)

    answer = text_of(browser.get(line_of(giulia), {"n": "4", "added": "2"}))

    assert f'hx-get="{line_of(giulia)}?n=5&added=0" hx-trigger="load delay:3s"' in answer
    assert "Chiedo la cronologia a Spoki" in answer


def test_a_source_that_is_down_is_said_with_a_way_to_try_again(giulia, spoki, browser):
    spoki.fail("history", SpokiUnreachable("history"))
    failed = browser.get(line_of(giulia))
    again = browser.post(line_of(giulia))

    assert "Spoki non ha risposto in tempo." in text_of(failed)
    assert "Riprova" in text_of(failed)
    assert "HX-Trigger" not in failed
    assert again.status_code == 200


def test_the_button_that_asks_again_carries_the_proof_of_its_page(giulia, spoki):
    careful = Client(enforce_csrf_checks=True)
    sara = make_member(AGENT, username="sara")
    careful.force_login(sara, backend="django.contrib.auth.backends.ModelBackend")
    page = careful.get(line_of(giulia)).content.decode()
    [token] = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)

    assert careful.post(line_of(giulia)).status_code == 403
    answer = careful.post(line_of(giulia), {"csrfmiddlewaretoken": token})
    assert answer.status_code == 200


def test_who_may_not_read_messages_loads_no_history(giulia, spoki):
    marketer = client_of(make_member(MARKETER, username="marta"))

    assert marketer.get(line_of(giulia)).status_code == 403
    assert marketer.get(card_of(giulia, "customer-history-upload")).status_code == 403
    assert spoki.calls.count("history") == 0


def test_a_file_is_looked_at_before_anything_comes_in(giulia, browser):
    deliver(CHAT[0])

    answer = browser.get(sent(browser, giulia, export(CHAT)).url)

    assert "<strong>5</strong> messaggi nuovi" in text_of(answer)
    assert "<strong>1</strong> già qui" in text_of(answer)
    assert Message.objects.count() == 1


def test_a_file_that_is_confirmed_comes_in_once(giulia, browser):
    page = sent(browser, giulia, export(CHAT)).url

    first = browser.post(page, {"take": "1"})
    second = browser.post(page, {"take": "1"})

    assert (first.url, second.url) == (card_of(giulia), card_of(giulia))
    assert shown(giulia) == [one.place for one in CHAT]
    assert ConversationEvent.objects.get().verb == "history_uploaded"
    kept = HistoryUpload.objects.get()
    assert (kept.state, bytes(kept.content), kept.added, kept.first_at) == ("done", b"", 6, START)


def test_the_same_file_again_brings_nothing_and_says_so(giulia, browser):
    bring(giulia, export(CHAT))
    page = sent(browser, giulia, export(CHAT)).url

    assert "ha già preso proprio questo file" in text_of(browser.get(page))
    answer = browser.post(page, {"take": "1"}, follow=True)

    assert "Niente di nuovo" in text_of(answer)
    assert Message.objects.count() == 6


def test_the_chat_of_another_customer_is_refused(giulia, browser):
    other = b"Data;Da;A;Testo\n05/03/2026 15:07;+393330000077;390200000001;Ciao\n"

    answer = sent(browser, giulia, other)

    assert answer.status_code == 422
    assert "È la chat di un altro numero" in text_of(answer)
    assert HistoryUpload.objects.count() == 0


def test_a_file_named_after_another_number_is_warned_of(giulia, browser):
    page = sent(browser, giulia, export(CHAT), name="chat_393330000077.csv").url

    assert "+393330000077" in text_of(browser.get(page))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04zip", "È un file Excel"),
        (b"Data;Direzione;Testo\n", "nessun messaggio"),
        (b"x" * (taking.MOST_BYTES + 1), "più grande di 5 MB"),
    ],
)
def test_what_cannot_be_a_chat_is_refused_with_a_sentence(giulia, browser, content, words):
    answer = sent(browser, giulia, content)

    assert (answer.status_code, HistoryUpload.objects.count()) == (422, 0)
    assert words in text_of(answer)


def test_no_file_is_said(giulia, browser):
    assert browser.post(card_of(giulia, "customer-history-upload")).status_code == 422


def test_columns_of_unknown_names_are_asked_about_and_answered(giulia, browser):
    content = b"X1;X2;X3\n05/03/2026 15:07;Ricevuto;Ciao\n"
    page = sent(browser, giulia, content).url
    assert "Indica qui sotto" in text_of(browser.get(page))
    assert browser.post(page, {"take": "1"}).status_code == 422

    answers = {"column-0": "moment", "column-1": "side", "column-2": "text"}
    browser.post(page, {**answers, "zone": "Europe/Rome", "order": "day"})
    browser.post(page, {"take": "1"})

    assert [text for _at, _side, text in shown(giulia)] == ["Ciao"]


def test_a_name_nobody_knows_is_asked_about_and_answered(giulia, browser):
    content = b"Data;Mittente;Testo\n05/03/2026 15:07;Giuly;Ciao\n"
    page = sent(browser, giulia, content).url
    assert "Giuly" in text_of(browser.get(page))

    kept = {f"column-{place}": name for place, name in enumerate(["moment", "author", "text"])}
    said = {"word": "Giuly", "side-0": "customer", "zone": "Europe/Rome", "order": "day"}
    browser.post(page, kept | said)
    browser.post(page, {"take": "1"})

    assert [(side, text) for _at, side, text in shown(giulia)] == [(True, "Ciao")]


@pytest.mark.parametrize("changes", [{"zone": "Mars/X"}, {"order": "?"}, {"column-0": "evil"}])
def test_an_answer_that_was_not_offered_is_refused(giulia, browser, changes):
    page = sent(browser, giulia, export(CHAT)).url
    asked = {"zone": "UTC", "order": "day"} | changes

    assert browser.post(page, asked).status_code == 422


def test_a_file_in_another_zone_is_recognised_by_what_is_here(giulia):
    for one in CHAT:
        send(giulia, one) if not one.is_inbound else deliver(one)
    rows = "".join(
        f"{one.at:%d/%m/%Y %H:%M};{'Ricevuto' if one.is_inbound else 'Inviato'};{one.text}\n"
        for one in CHAT
    )

    kept = bring(giulia, f"Data;Direzione;Testo\n{rows}".encode())

    assert (kept.added, kept.known) == (0, 6)


def test_an_uploaded_chat_that_reaches_the_deliveries_makes_the_conversation_whole(giulia, browser):
    deliver(CHAT[-1])
    bring(giulia, export(CHAT))

    assert "completa dal" in text_of(browser.get(line_of(giulia)))
    assert backfill.ensure_history(contact=giulia, now=NOW).complete_since == START


def test_the_upload_of_one_customer_is_not_found_under_another(giulia, browser):
    page = sent(browser, giulia, export(CHAT)).url
    pk = int(page.rstrip("/").rpartition("/")[2])

    other = reverse("customer-history-check", args=[make_contact().pk, pk])

    assert browser.get(other).status_code == 404


def test_what_nobody_confirmed_is_let_go_of_after_a_day(giulia, browser, frozen):
    sent(browser, giulia, export(CHAT))
    frozen.shift(timedelta(hours=25))

    tasks.forget_old()

    assert HistoryUpload.objects.count() == 0
