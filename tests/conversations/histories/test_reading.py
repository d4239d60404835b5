"""How an exported chat is read: columns, dates, encodings, who wrote; what is said of a line that is not taken."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiences.importing.sheet import UnreadableFile
from conversations.told import EXACT
from conversations.upload.columns import columns_of, suggest
from conversations.upload.moments import MINUTE, SECOND, Moment, Order, moment_of, order_of
from conversations.upload.reading import (
    MOST_ROWS,
    TooManyRows,
    first_answers,
    open_sheet,
    read_chat,
)
from conversations.upload.sides import Customer
from tests.conftest import NOW

ROME = ZoneInfo("Europe/Rome")
PHONE = "+393470009999"
GIULIA = Customer(phones=[PHONE], name="Giulia Rossi")
AT = datetime(2026, 3, 5, 14, 7, tzinfo=UTC)


def chat(text, *, encoding="utf-8", customer=GIULIA, **said):
    sheet = open_sheet(text.encode(encoding))
    answers = first_answers(sheet)
    if said:
        answers = replace(answers, **said)
    return read_chat(sheet, answers, customer=customer, now=NOW)


def said(found):
    return [(one.is_inbound, one.at, one.text) for one in found.told]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("05/03/2026 15:07", Moment(AT, MINUTE)),
        ("5/3/2026, 15:07:00", Moment(AT, SECOND)),
        ("05-03-26 15.07", Moment(AT, MINUTE)),
        ("05.03.2026 15:07", Moment(AT, MINUTE)),
        ("2026-03-05 15:07", Moment(AT, MINUTE)),
        ("2026-03-05T14:07:00Z", Moment(AT, SECOND)),
        ("2026-03-05T14:07:00.125+00:00", Moment(AT + timedelta(milliseconds=125), EXACT)),
        ("2026-03-05 14:07 UTC", Moment(AT, MINUTE)),
        ("2026-03-05T15:07+01:00", Moment(AT, MINUTE)),
        ("2026/03/05 15:07", Moment(AT, MINUTE)),
        ("5 marzo 2026 alle 15:07", Moment(AT, MINUTE)),
        ("5 mar 2026, 15:07", Moment(AT, MINUTE)),
        ("giovedì 5 marzo 2026 15:07", Moment(AT, MINUTE)),
        ("Mar 5, 2026 3:07 PM", Moment(AT, MINUTE)),
        ("March 5, 2026, 3:07:00 PM", Moment(AT, SECOND)),
        ("1772719620", Moment(AT, SECOND)),
        ("1772719620000", Moment(AT, EXACT)),
    ],
)
def test_a_moment_is_read_as_it_is_written(text, moment):
    assert moment_of(text, order=Order.DAY_FIRST, zone=ROME) == moment


@pytest.mark.parametrize(
    "text",
    ["", "ieri", "05/03/2026", "31/02/2026 10:00", "05/03/2026 25:00", "5 foo 2026 10:00",
     "2026-13-01 10:00", "01/01/1970 10:00", "13:61", "03/05/2026 13:07 PM", "9999-12-31T23:59"],
)  # fmt: skip
def test_what_is_no_moment_is_none(text):
    assert moment_of(text, order=Order.DAY_FIRST, zone=ROME) is None


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader_of_moments(text):
    found = moment_of(text, order=Order.DAY_FIRST, zone=ROME)
    assert found is None or found.at.tzinfo is UTC


@given(
    st.integers(1_420_070_400, 1_893_456_000).map(lambda at: datetime.fromtimestamp(at, tz=UTC)),
    st.sampled_from(list(Order)),
)
def test_what_a_sheet_writes_is_read_back(at, order):
    form = "%d/%m/%Y %H:%M" if order is Order.DAY_FIRST else "%m/%d/%Y %I:%M %p"
    moment = moment_of(at.strftime(form), order=order, zone=ZoneInfo("UTC"))
    assert moment == Moment(at.replace(second=0, microsecond=0, tzinfo=UTC), MINUTE)


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["03/04/2026 10:00", "25/04/2026 10:00"], Order.DAY_FIRST),
        (["03/04/2026 10:00", "04/25/2026 10:00"], Order.MONTH_FIRST),
        (["01/31/2026 9:00", "02/01/2026 9:00"], Order.MONTH_FIRST),
        (["03/04/2026 10:00"], Order.DAY_FIRST),
        (["3/10/2026 1:00 PM", "3/11/2026 1:00 PM", "3/12/2026 1:00 PM", "4/1/2026 1:00 PM"],
         Order.MONTH_FIRST),
    ],
)  # fmt: skip
def test_which_figure_is_the_day_is_found_out_from_the_whole_file(texts, order):
    assert order_of(texts) is order


@pytest.mark.parametrize(
    ("headings", "meanings"),
    [
        (["Data e ora", "Direzione", "Testo"], ["moment", "side", "text"]),
        (["Date", "Time", "Direction", "Message"], ["date", "time", "side", "text"]),
        (["Data", "Mittente", "Messaggio", "Note"], ["moment", "author", "text", ""]),
        (["created_datetime", "from_phone", "to_phone", "text", "uuid"],
         ["moment", "from_phone", "to_phone", "text", "uuid"]),
        (["Timestamp (UTC)", "Sender:", "Content", "Content"], ["moment", "author", "text", ""]),
    ],
)  # fmt: skip
def test_headings_are_understood_in_both_languages(headings, meanings):
    assert suggest(headings) == meanings


def test_what_is_lacking_is_named():
    assert columns_of(["", "text"]).lacking == ["moment", "side"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_every_usual_encoding_and_delimiter_is_read(encoding, delimiter):
    lines = [["Data e ora", "Direzione", "Testo"], ["05/03/2026 15:07", "Ricevuto", "Perché no?"]]

    found = chat("\r\n".join(delimiter.join(line) for line in lines), encoding=encoding)

    assert said(found) == [(True, AT, "Perché no?")]


def test_who_wrote_is_known_by_the_numbers():
    found = chat(
        "created_at,from,to,text\n"
        f"2026-03-05T14:07:00Z,{PHONE[1:]},390200000001,Ciao\n"
        f"2026-03-05T14:08:00Z,390200000001,{PHONE},Eccoci\n"
    )

    assert [one.is_inbound for one in found.told] == [True, False]


def test_where_the_customer_is_named_every_other_name_is_ours():
    found = chat(
        "Data;Mittente;Testo\n05/03/2026 15:07;giulia  rossi;Ciao\n05/03/2026 15:08;Sara Bo;Eccoci\n"
    )

    assert [(one.is_inbound, one.author) for one in found.told] == [(True, ""), (False, "Sara Bo")]


def test_a_name_that_nobody_knows_is_asked_about():
    text = "Data;Mittente;Testo\n05/03/2026 15:07;Giuly;Ciao\n05/03/2026 15:08;Operatore;Eccoci\n"

    asked = chat(text)
    answered = chat(text, sides={"giuly": "customer"})

    assert (asked.unknown_words, len(asked.told)) == (("Giuly",), 1)
    assert [one.is_inbound for one in answered.told] == [True, False]


def test_a_type_that_says_received_or_sent_is_a_side():
    found = chat("Data;Tipo;Testo\n05/03/2026 15:07;Ricevuto;Ciao\n05/03/2026 15:08;Inviato;Sì\n")

    assert [one.is_inbound for one in found.told] == [True, False]


def test_the_latest_first_is_turned_round_also_within_a_minute():
    found = chat(
        "Data;Direzione;Testo\n05/03/2026 15:08;Ricevuto;c\n05/03/2026 15:07;Ricevuto;b\n"
        "05/03/2026 15:07;Ricevuto;a\n"
    )

    assert [(one.text, one.place) for one in found.told] == [("a", 0), ("b", 1), ("c", 0)]


def test_text_over_many_lines_is_one_message():
    body = "\n".join(f"riga {number}" for number in range(60))

    found = chat(f'Data;Direzione;Testo\n05/03/2026 15:07;Inviato;"{body}"\n')

    assert [one.text for one in found.told] == [body]


def test_files_are_told_by_their_kind_and_address():
    found = chat(
        "Data;Direzione;Testo;Allegato\n"
        "05/03/2026 15:07;Ricevuto;;https://files.spoki.com/a.jpg\n"
        "05/03/2026 15:08;Ricevuto;[Immagine];\n"
    )

    assert [(one.kind, one.text) for one in found.told] == [("image", ""), ("image", "")]
    assert found.told[0].media == ({"url": "https://files.spoki.com/a.jpg"},)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (";Ricevuto;Ciao", "Manca quando è stato scritto."),
        ("ieri;Ricevuto;Ciao", "“ieri” non è una data con l'ora, come 21/09/2026 14:13."),
        ("05/03/2126 15:07;Ricevuto;Ciao", "“05/03/2126 15:07” deve ancora venire."),
        ("05/03/2026 15:07;Ricevuto;", "Non c'è né un testo né un file."),
        ("05/03/2026 15:07;;Ciao", "Manca chi l'ha scritto."),
        ("05/03/2026 15:07;boh;Ciao", "Chi è “boh”: il cliente o noi? Indicalo qui sotto."),
        ('05/03/2026 15:07;Ricevuto;"Ciao', "Le virgolette sono aperte e mai chiuse."),
        ("05/03/2026 15:07;Ricevuto;Ciao;x", "4 valori invece di 3."),
    ],
)
def test_a_line_that_is_not_taken_says_why(line, words):
    found = chat(f"Data;Direzione;Testo\n{line}\n05/03/2026 15:07;Ricevuto;Salve\n")

    assert [(one.line, str(one)) for one in found.bad] == [(2, words)]
    assert [one.text for one in found.told] == ["Salve"]
    assert not found.is_whole


def test_lines_of_another_number_are_not_hers():
    found = chat(
        f"Data;Da;A;Testo\n05/03/2026 15:07;{PHONE};390200000001;Ciao\n"
        "05/03/2026 15:07;+393330000077;390200000001;Ciao\n"
    )

    assert (len(found.told), found.others) == (1, 1)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe", bytes(range(256)) * 4])
def test_what_is_no_chat_is_refused_or_tells_nothing(content):
    try:
        sheet = open_sheet(content)
    except UnreadableFile:
        return
    assert read_chat(sheet, first_answers(sheet), customer=GIULIA, now=NOW).told == ()


@given(st.binary(max_size=300))
def test_whatever_the_file_each_line_is_told_or_said_to_be_bad_once_at_most(content):
    try:
        sheet = open_sheet(content)
    except UnreadableFile:
        return
    found = read_chat(sheet, first_answers(sheet), customer=GIULIA, now=NOW)

    assert len(found.told) + len(found.bad) + found.others <= len(sheet.rows)
    assert all(one.at <= NOW for one in found.told)


def test_more_messages_than_the_limit_are_refused():
    line = "05/03/2026 15:07;Ricevuto;Ciao\n"

    assert len(open_sheet(f"Data;Direzione;Testo\n{line * 3}".encode()).rows) == 3
    with pytest.raises(TooManyRows):
        open_sheet(f"Data;Direzione;Testo\n{line * (MOST_ROWS + 1)}".encode())
