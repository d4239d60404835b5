"""Contacts from the spreadsheets people really have."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from audiences.importing import ImportReport, import_contacts
from audiences.models import ConsentRecord, Contact
from tests.conftest import NOW
from tests.factories.audiences import make_contact

pytestmark = pytest.mark.django_db


def load(text: str | bytes, encoding: str = "utf-8") -> ImportReport:
    content = text if isinstance(text, bytes) else text.encode(encoding)
    with translation.override("it"):
        return import_contacts(file=io.BytesIO(content), by=None, clock=lambda: NOW)


def said(report: ImportReport) -> list[tuple[int, str]]:
    return [(problem.line, problem.reason) for problem in report.errors]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_any_usual_delimiter_and_encoding_is_understood(
    delimiter: str, encoding: str, end: str
) -> None:
    lines = ["Telefono;Nome;Città", "347 1234567;Niccolò;Forlì", ""]

    report = load(end.join(lines).replace(";", delimiter), encoding)

    assert (report.created, report.errors) == (1, [])
    assert (Contact.objects.get().phone, Contact.objects.get().first_name) == (
        "+393471234567",
        "Niccolò",
    )
    assert report.ignored_columns == ("Città",)


def test_italian_headings_fill_every_field() -> None:
    report = load(
        "Numero di cellulare;Nome;Cognome;E-mail;Lingua;Provincia;Paese;Etichette;Attributo: pet_name\n"
        "3471234567;Ada;Neri;ada@example.it;Inglese;Milano;Italia;vip, cane;Argo\n"
    )

    contact = Contact.objects.get()
    assert report.errors == []
    assert (contact.first_name, contact.last_name, contact.email) == (
        "Ada",
        "Neri",
        "ada@example.it",
    )
    assert (contact.language, contact.province, contact.country) == ("en", "MI", "IT")
    assert (contact.tags, contact.attributes) == (["vip", "cane"], {"pet_name": "Argo"})


BAD_ROWS = [
    ("02 1234567;Ada;", "fisso"),
    ("non so;Ada;", "“non so” non è un numero di telefono valido"),
    (";Ada;", "telefono"),
    ("3471234567;Ada;ada@", "“ada@” non è un indirizzo email"),
    ("3471234567;Ada;;extra", "4 valori invece di 3"),
    (f"3471234567;{'x' * 151};", "150"),
    ("3471234567;A\x00da;", "caratteri"),
    ('3471234567;"Ada;', "virgolette"),
]


@pytest.mark.parametrize(("bad", "reason"), BAD_ROWS)
def test_a_bad_row_is_listed_with_line_and_reason_and_the_others_go_in(
    bad: str, reason: str
) -> None:
    report = load(f"telefono;nome;email\n3331112223;Eva;\n{bad}\n3334445556;Lia;\n")

    assert (report.created, [line for line, _why in said(report)]) == (2, [3])
    assert reason in said(report)[0][1]
    assert set(Contact.objects.values_list("first_name", flat=True)) == {"Eva", "Lia"}


def test_a_quoted_value_may_hold_delimiters_and_line_breaks() -> None:
    report = load('telefono,nome,note\n3471234567,"Neri, Ada","riga 1\nriga 2"\n3331112223,Eva,\n')

    assert (report.created, report.errors) == (2, [])
    assert Contact.objects.get(phone="+393471234567").first_name == "Neri, Ada"


def test_a_stray_quote_spoils_its_line_only() -> None:
    good = "".join(f"33311122{number};Eva;\n" for number in range(10, 50))

    report = load(f'telefono;nome;note\n3471234567;"Ada;\n{good}')

    assert (report.created, [line for line, _why in said(report)]) == (40, [2])


def test_line_numbers_count_blank_lines_and_line_breaks() -> None:
    report = load('\ntelefono;nome\n\n3471234567;"A\nB"\n;;\nx;y\n')

    assert [line for line, _why in said(report)] == [7]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "vuoto"),
        ("\n\n;;\n", "vuoto"),
        ("nome|cognome|telefono\nAda|Neri|3471234567\n", "nome|cognome|telefono"),
        ("nome;email\nAda;ada@example.it\n", "telefono"),
        ("telefono;cellulare\n3471234567;3471234567\n", "due volte"),
        (b"PK\x03\x04\x00\x00\x08\x00sheet", "CSV"),
        (b"\xff\xfe", "vuoto"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(content: str | bytes, reason: str) -> None:
    report = load(content)

    assert (report.imported, [line for line, _why in said(report)]) == (0, [1])
    assert reason in said(report)[0][1]
    assert Contact.objects.count() == 0


CONSENT = "telefono;consenso;fonte consenso;prova consenso;data consenso\n3471234567;"


def test_a_consent_with_evidence_is_recorded_as_declared() -> None:
    report = load(CONSENT + "sì;cassa Milano;modulo 12;03/10/2026 18:30\n")

    record = ConsentRecord.objects.get()
    assert (report.created, report.warnings) == (1, [])
    assert (record.source, record.evidence) == ("cassa Milano", "modulo 12")
    assert record.at == datetime(2026, 10, 3, 16, 30, tzinfo=UTC)
    assert Contact.objects.get().marketing_consent == "given"


@pytest.mark.parametrize(
    "row",
    [
        "sì;cassa;;03/10/2026",
        "sì;;modulo 12;03/10/2026",
        "sì;cassa;modulo 12;",
        "sì;cassa;modulo 12;03/10/2031",
    ],
)
def test_a_consent_without_evidence_enters_as_no_consent_with_a_warning(row: str) -> None:
    report = load(CONSENT + row + "\n")

    assert (report.created, [warning.line for warning in report.warnings]) == (1, [2])
    assert Contact.objects.get().marketing_consent == "unknown"
    assert ConsentRecord.objects.count() == 0


def test_an_import_never_reinstates_who_unsubscribed_later() -> None:
    make_contact(phone="+393471234567", marketing_consent="withdrawn")

    load(CONSENT + "sì;cassa;modulo 12;03/10/2026\n")

    assert Contact.objects.get().marketing_consent == "withdrawn"


def test_a_no_withdraws_and_the_same_file_again_changes_nothing() -> None:
    make_contact(phone="+393471234567")

    assert load(CONSENT + "no;;;\n").updated == 1
    assert load(CONSENT + "no;;;\n").unchanged == 1

    assert Contact.objects.get().marketing_consent == "withdrawn"


@pytest.mark.parametrize("row", ["forse;;;", "sì;cassa;modulo;ieri"])
def test_a_consent_that_cannot_be_read_is_a_bad_row(row: str) -> None:
    report = load(CONSENT + row + "\n")

    assert (report.imported, len(report.errors), Contact.objects.count()) == (0, 1, 0)


def test_the_same_file_twice_changes_nothing() -> None:
    text = "telefono;nome;tag\n3471234567;Ada;vip\n3331112223;Eva;\n"
    load(text)
    before = list(Contact.objects.values())

    report = load(text)

    assert (report.created, report.updated, report.unchanged) == (0, 0, 2)
    assert list(Contact.objects.values()) == before


def test_empty_cells_erase_nothing() -> None:
    make_contact(phone="+393471234567", first_name="Ada", tags=["vip"], attributes={"pet": "Argo"})

    report = load("telefono;nome;tag;attributo: pet\n3471234567;;;\n")

    assert (report.unchanged, Contact.objects.get().first_name) == (1, "Ada")
    assert (Contact.objects.get().tags, Contact.objects.get().attributes) == (
        ["vip"],
        {"pet": "Argo"},
    )


cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(
    rows=st.lists(st.lists(cells, min_size=2, max_size=2), max_size=5),
    delimiter=st.sampled_from(",;\t"),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@example(rows=[["\ufeff", '"'], ["'", "\r"]], delimiter=";")
def test_whatever_stands_beside_a_good_row_the_good_row_goes_in(
    rows: list[list[str]], delimiter: str
) -> None:
    Contact.objects.all()._raw_delete("default")
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerows([["telefono", "nome"], *rows, ["3471234567", "Ada"]])

    report = load(out.getvalue())

    assert Contact.objects.filter(phone="+393471234567", first_name="Ada").exists()
    assert report.imported >= 1


@given(content=st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_file_gets_a_report(content: bytes) -> None:
    report = load(b"telefono;nome\n" + content)

    assert report.imported + len(report.errors) <= content.count(b"\n") + content.count(b"\r") + 2


def test_the_command_imports_and_reports(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "clienti.csv"
    path.write_text("telefono;nome\n3471234567;Ada\n02123456;Ufficio\n", encoding="utf-8")

    with translation.override("it"):
        call_command("import_contacts", str(path))

    output = capsys.readouterr()
    assert "Creati 1" in output.out
    assert "Riga 3" in output.err


@pytest.mark.parametrize("content", [None, "telefono\nabc\n"])
def test_the_command_fails_when_nothing_came_in(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "clienti.csv"
    if content is not None:
        path.write_text(content, encoding="utf-8")

    with pytest.raises(CommandError):
        call_command("import_contacts", str(path))

    assert Contact.objects.count() == 0
