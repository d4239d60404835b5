"""The line on top of the card and the rows of the conversation: pure, by entries of a timeline."""

from datetime import timedelta

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from conversations.card.last_contact import last_contact
from conversations.card.talk import TICKS, in_whatsapp_style, rows_of
from conversations.models import Conversation
from conversations.timeline import Entry, by_day
from tests.conftest import NOW
from tests.conversations.card.steps import ours, said

AGO = NOW - timedelta(hours=2)
FLOW = {"author": "Conferma contrassegno", "author_kind": "flow", "status": "read", "word": "read"}


@pytest.fixture(autouse=True)
def _italian():
    with translation.override("it"):
        yield


def line(*entries: Entry, **standing):
    conversation = Conversation(**standing) if standing else None
    return last_contact(entries, conversation, now=NOW)


def test_nothing_written_is_no_contact():
    assert line() is None


def test_who_waits_is_said_to_wait_since_when():
    told = line(said("però mi serve dopo le 18", at=AGO), unanswered_since=AGO)

    assert (told.when, told.about) == ("08:30", "“però mi serve dopo le 18”")
    assert (told.ending, told.ended, told.tone) == ("aspetta una risposta da", "08:30", "warn")


def test_an_answer_says_whose_it_was():
    told = line(said(at=AGO), ours(at=NOW))

    assert (told.ending, told.ended, told.tone) == ("ha risposto Sara", "10:30", "good")


def test_an_answer_that_did_not_arrive_answered_nobody():
    told = line(said(at=AGO), ours(at=NOW, status="failed"))

    assert (told.ending, told.tone) == ("la risposta di Sara non è arrivata", "bad")


def test_what_goes_by_itself_is_no_answer():
    told = line(said(at=AGO), ours(at=NOW, **FLOW), unanswered_since=AGO)

    assert told.tone == "warn"


def test_what_a_machine_settled_has_nothing_to_answer():
    told = line(ours("Confermi?", at=AGO, **FLOW), said("Confermo", at=NOW), unanswered_since=None, last_message_at=NOW)  # fmt: skip

    assert (told.in_answer_to, told.ending) == ("Conferma contrassegno", "nulla a cui rispondere")


def test_what_spoki_wrote_before_is_named_by_its_words():
    told = line(ours("Grazie, rispondiamo presto", at=AGO, author="Da Spoki", author_kind="automation"), said("E il pacco?", at=NOW))  # fmt: skip

    assert told.in_answer_to == "Grazie, rispondiamo presto"


def test_what_she_wrote_long_after_her_answer_is_no_answer_to_what_we_had_sent():
    campaign = ours("Sconto", at=NOW - timedelta(days=20), author="Natale", author_kind="campaign", status="read")  # fmt: skip
    answer = said("No grazie", at=NOW - timedelta(days=19))

    assert line(campaign, answer, said("E il pacco?", at=NOW)).in_answer_to == ""


def test_what_she_wrote_in_one_go_answers_together():
    campaign = ours("Sconto", at=AGO, author="Natale", author_kind="campaign", status="read")
    first = said("Ciao", at=NOW - timedelta(minutes=11))
    second = said("bello", at=NOW - timedelta(minutes=5))

    assert line(campaign, first, second, said("quanto costa?", at=NOW)).in_answer_to == "Natale"


def test_a_reaction_and_what_never_left_stand_between_nothing():
    campaign = ours("Sconto", at=AGO, author="Natale", author_kind="campaign", status="read")
    reaction = said("👍", kind="reaction", at=AGO + timedelta(minutes=1))
    kept_back = ours("Altro", at=NOW, author="Altra", author_kind="campaign", status="skipped")

    assert line(campaign, reaction, kept_back, said("Bello", at=NOW)).in_answer_to == "Natale"


def test_what_a_colleague_closed_is_said_to_be_closed():
    told = line(said(at=AGO), done_at=NOW, last_message_at=AGO)

    assert (told.ending, told.ended) == ("chiusa senza risposta", "10:30")


def test_who_never_wrote_is_told_what_we_wrote_and_what_became_of_it():
    told = line(ours("Sconto", at=AGO, author="Natale · offerta, versione 2", author_kind="campaign", status="read"))  # fmt: skip

    assert (told.is_inbound, told.about, told.ending) == (False, "Natale · offerta, versione 2", "Letto")  # fmt: skip


def test_what_never_left_was_no_contact():
    kept_back = ours("Sconto", at=NOW, author_kind="campaign", status="skipped")

    assert line(kept_back) is None
    assert line(ours("Ciao", at=AGO, author="Natale", status="read"), kept_back).about == "Natale"


def test_a_picture_and_a_reaction_are_not_quoted():
    told = line(said("", kind="image", at=AGO), said("", kind="reaction", at=NOW))

    assert (told.when, told.about) == ("08:30", "una foto")


def test_long_words_are_cut_to_one_line():
    told = line(said("parola\n" * 200, at=AGO))

    assert len(told.about) <= 92
    assert "\n" not in told.about


def test_each_day_is_announced_once():
    yesterday = NOW - timedelta(days=1)
    entries = [said(at=yesterday), said(at=AGO), said(at=NOW)]

    rows = rows_of(by_day(entries, now=NOW))

    assert [row.day or "·" for row in rows] == ["ieri", "·", "oggi", "·", "·"]
    assert rows[0].key == "day-2026-11-22"


@pytest.mark.parametrize("status", ["queued", "sending", "sent", "delivered", "read", "failed", "unknown", "skipped"])  # fmt: skip
def test_each_state_of_a_message_of_ours_has_a_sign_and_words(status):
    (_day, row) = rows_of(by_day([ours(status=status, word=status)], now=NOW))

    assert row.tick is TICKS[status]
    assert str(row.tick.words)


def test_what_the_customer_wrote_has_no_tick():
    assert rows_of(by_day([said(status="sent")], now=NOW))[1].tick is None


def test_the_mark_changes_with_what_is_shown_and_with_nothing_else():
    one, same, read = (ours(key="o1", status=status) for status in ("sent", "sent", "read"))

    marks = [rows_of(by_day([entry], now=NOW))[1].mark for entry in (one, same, read)]

    assert marks[0] == marks[1] != marks[2]


def test_whatsapps_own_style_is_shown():
    assert in_whatsapp_style("*a* _b_ ~c~") == "<strong>a</strong> <em>b</em> <s>c</s>"


@given(st.text(max_size=80))
def test_no_text_becomes_an_element(text):
    shown = str(in_whatsapp_style(text))

    for name in ("strong", "em", "s", "code"):
        shown = shown.replace(f"<{name}>", "").replace(f"</{name}>", "")
    assert "<" not in shown
