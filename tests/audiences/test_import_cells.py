"""Cells as spreadsheets damage them, and what is read from them all the same."""

import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from audiences.identity import Phone
from audiences.importing.columns import suggest, target_of
from audiences.importing.phones import sheet_phone
from audiences.importing.reasons import Reason
from audiences.importing.sheet import UnreadableFile, read_rows
from audiences.importing.values import date_of, is_sheet_error, number_of
from audiences.importing.workbook import as_csv, is_workbook
from audiences.provinces import province_code


def phone_of(text: str) -> str:
    found = sheet_phone(text)
    return found.e164 if isinstance(found, Phone) else found.code


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("3471234567", "+393471234567"),
        ("347/123.45-67", "+393471234567"),
        ("+39 347 123 4567", "+393471234567"),
        ("0039 347 1234567", "+393471234567"),
        ("393471234567", "+393471234567"),
        ("'+393471234567", "+393471234567"),
        ("\u202a+39 347 1234567\u202c", "+393471234567"),
        ("347\u00a0123\u00a04567", "+393471234567"),
        ("3471234567.0", "+393471234567"),
        ("3471234567,00", "+393471234567"),
        ("3,471234567E+09", "+393471234567"),
        ("3.93471234567E11", "+393471234567"),
        ("+4915112345678", "+4915112345678"),
    ],
)
def test_a_phone_is_read_in_any_spelling(text: str, phone: str) -> None:
    assert phone_of(text) == phone


@pytest.mark.parametrize("text", ["3,47E+09", "3.47123E+09", "3,93471E+11", "4E+09"])
def test_a_phone_whose_last_digits_the_sheet_cut_off_is_refused_as_that(text: str) -> None:
    assert sheet_phone(text) == Reason("phone_damaged", {"text": text})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "phone_missing"),
        ("'", "phone_missing"),
        ("pippo", "phone_invalid"),
        ("021234567", "phone_landline"),
    ],
)
def test_what_whatsapp_cannot_reach_is_refused_with_its_reason(text: str, code: str) -> None:
    assert phone_of(text) == code


@given(st.text(max_size=30))
def test_any_cell_is_a_phone_or_a_reason(text: str) -> None:
    found = sheet_phone(text)

    assert found.can_receive_whatsapp if isinstance(found, Phone) else str(found)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("4,5", 4.5),
        ("4.5", 4.5),
        ("1.234,50", 1234.5),
        ("1.234", 1234),
        ("1234", 1234),
        ("-3", -3),
        ("12,00 €", 12),
        ("0,1", 0.1),
        ("1,2,3", None),
        ("dodici", None),
        ("", None),
        ("1e5", None),
        ("12345678901234567", None),
    ],
)
def test_a_number_is_read_as_italians_write_it(text: str, number: float | None) -> None:
    assert number_of(text) == number


@given(st.decimals(min_value=-99999, max_value=99999, places=2))
def test_a_number_with_points_for_thousands_and_a_comma_comes_back(amount: Decimal) -> None:
    italian = f"{amount:,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".")

    assert number_of(italian) == float(amount)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("23/11/2026", date(2026, 11, 23)),
        ("3/4/2026", date(2026, 4, 3)),
        ("23/11/26", date(2026, 11, 23)),
        ("23-11-2026", date(2026, 11, 23)),
        ("23.11.2026", date(2026, 11, 23)),
        ("2026-11-23", date(2026, 11, 23)),
        ("23/11/2026 18:30", date(2026, 11, 23)),
        ("11/23/2026", None),
        ("31/02/2026", None),
        ("01/01/0001", None),
        ("ieri", None),
    ],
)
def test_a_date_has_its_day_first(text: str, day: date | None) -> None:
    assert date_of(text) == day


@pytest.mark.parametrize("text", ["#N/D", "#N/A", "#RIF!", "#NOME?", "#DIV/0!", "#valore!"])
def test_an_error_of_the_sheet_is_known_in_both_languages(text: str) -> None:
    assert is_sheet_error(text)
    assert not is_sheet_error(text + " ok")


@pytest.mark.parametrize(
    ("heading", "target"),
    [
        ("Numero di cellulare", "phone"),
        ("Mobile phone", "phone"),
        ("  COGNOME ", "last_name"),
        ("E-mail", "email"),
        ("Province Code", "province"),
        ("Attributo: pet_name", "attribute:pet_name"),
        ("attributo numero: peso", "number:peso"),
        ("Attribute date: born", "date:born"),
        ("attributo: data", "attribute:data"),
        ("Codice cliente", ""),
        ("attributo: " + "x" * 101, ""),
    ],
)
def test_a_heading_is_understood_in_italian_and_english(heading: str, target: str) -> None:
    assert target_of(heading) == target


def test_of_two_columns_that_mean_the_same_the_first_has_it() -> None:
    assert suggest(["Telefono", "Cellulare", "Nome"]) == ["phone", "", "first_name"]


def test_the_delimiter_that_excel_names_is_not_a_row() -> None:
    rows = list(read_rows(io.BytesIO(b"sep=;\r\ntelefono;nome\r\n347,1;Ada\r\n")))

    assert [(row.line, row.values) for row in rows] == [
        (2, ["telefono", "nome"]),
        (3, ["347,1", "Ada"]),
    ]


def workbook(*rows: list[Any], hidden: bool = False) -> io.BytesIO:
    book = Workbook()
    sheet = book.active
    if hidden:
        sheet.sheet_state = "hidden"
        sheet.append(["nascosto"])
        sheet = book.create_sheet("Clienti")
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out


def rows_of(file: io.BytesIO) -> list[tuple[int, list[str]]]:
    with as_csv(file) as converted:
        return [(row.line, row.values) for row in read_rows(converted)]


def test_a_workbook_is_read_with_its_numbers_dates_and_row_numbers() -> None:
    file = workbook(
        ["Telefono", "Peso", "Data", "Note", "Consenso"],
        [3471234567, 4.5, datetime.fromisoformat("2026-11-23"), "riga 1\nriga 2", True],
        [],
        [3471234567.0, 4, datetime.fromisoformat("2026-11-23T18:30"), None, False],
    )

    assert is_workbook(file)
    assert rows_of(file) == [
        (1, ["Telefono", "Peso", "Data", "Note", "Consenso"]),
        (2, ["3471234567", "4,5", "2026-11-23", "riga 1 riga 2", "yes"]),
        (4, ["3471234567", "4", "2026-11-23T18:30:00", "", "no"]),
    ]


def test_a_hidden_sheet_is_not_the_one_that_is_meant() -> None:
    assert rows_of(workbook(["telefono"], hidden=True)) == [(1, ["telefono"])]


def test_a_damaged_workbook_is_refused_in_words() -> None:
    whole = workbook(["telefono"], [3471234567]).getvalue()
    damaged = io.BytesIO(whole.replace(b"xl/workbook.xml", b"xl/workbook.xmm"))

    with pytest.raises(UnreadableFile):
        as_csv(damaged)


def test_a_workbook_that_unpacks_into_too_much_is_not_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("audiences.importing.workbook.MOST_UNPACKED", 100)

    with pytest.raises(UnreadableFile):
        as_csv(workbook(["telefono"]))


def test_a_sheet_with_too_many_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audiences.importing.workbook.MOST_ROWS", 2)

    with pytest.raises(UnreadableFile, match="2"):
        as_csv(workbook(*[["x"]] * 4))


def test_an_old_excel_file_is_refused_with_what_to_do() -> None:
    with pytest.raises(UnreadableFile, match="xlsx"):
        is_workbook(io.BytesIO(b"\xd0\xcf\x11\xe0" + b"\0" * 100))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("mi", "MI"),
        ("Milano", "MI"),
        ("Forlì Cesena", "FC"),
        ("FORLI'-CESENA", "FC"),
        ("L’Aquila", "AQ"),
        ("Monza e della Brianza", "MB"),
        ("Reggio nell'Emilia", "RE"),
        ("Reggio di Calabria", "RC"),
        ("Valle d’Aosta", "AO"),
        ("Zurigo", "ZURIGO"),
    ],
)
def test_a_province_is_read_however_its_name_is_written(text: str, code: str) -> None:
    assert province_code(text) == code
