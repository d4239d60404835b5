"""The contacts as a file: what the list shows, for an Italian spreadsheet, to who may, with a trace."""

import csv
import io

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone, translation

from audiences.contact_export import contact_lines
from audiences.importing import import_contacts
from audiences.importing.columns import suggest
from audiences.models import Contact
from config.roles import ADMIN, AGENT, APPROVER, MARKETER
from tests.factories.audiences import make_contact
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db

EXPORT = "/admin/audiences/contact/export/"


def browser(*codenames: str) -> Client:
    user = User.objects.create_user(f"marta{User.objects.count()}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client(headers={"accept-language": "it"})
    client.force_login(user)
    return client


def rows(client: Client, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"{EXPORT}{query}")
    text = answer.getvalue().decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:]), delimiter=";"))


def test_the_file_has_every_column_in_italian_and_an_attribute_each() -> None:
    contact = make_contact(
        phone="+393471234567",
        email="ada@example.it",
        tags=["vip", "cane"],
        attributes={"pet_name": "Argo", "peso": 4.5},
    )

    [row] = rows(browser("view_contact", "export_contact"))

    assert (row["contatto"], row["telefono"], row["nome"]) == (
        str(contact.pk),
        "'+393471234567",
        "Giulia",
    )
    assert (row["etichette"], row["marketing su WhatsApp"]) == ("vip, cane", "Consenso dato")
    assert row["marketing su WhatsApp, dal"] == "23/11/2026 10:30"
    assert (row["attributo: pet_name"], row["attributo numero: peso"]) == ("Argo", "4,5")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "＝"])
def test_no_cell_runs_as_a_formula(start: str) -> None:
    make_contact(first_name=f"{start}cmd()", attributes={"note": f"{start}1"})

    [row] = rows(browser("view_contact", "export_contact"))

    assert (row["nome"], row["attributo: note"]) == (f"'{start}cmd()", f"'{start}1")


def test_the_file_holds_whom_the_list_shows() -> None:
    make_contact(first_name="Ada", language="it")
    make_contact(first_name="Eva", language="en")
    boss = browser("view_contact", "export_contact")

    assert [row["nome"] for row in rows(boss, "?language__exact=en")] == ["Eva"]
    assert [row["nome"] for row in rows(boss, "?q=Ada")] == ["Ada"]
    assert len(rows(boss)) == 2


def test_an_import_understands_the_headings_of_an_export() -> None:
    make_contact(attributes={"pet_name": "Argo"})
    [heading, _row] = contact_lines(Contact.objects.all(), shows_phones=True)

    known = suggest(next(csv.reader([heading.lstrip("\ufeff")], delimiter=";")))

    assert set(known) == {
        "", "phone", "first_name", "last_name", "email", "language", "timezone", "province",
        "country", "tags", "attribute:pet_name",
    }  # fmt: skip


@pytest.mark.parametrize("language", ["it", "en"])
def test_a_file_that_was_exported_changes_nothing_when_it_is_imported(language: str) -> None:
    make_contact(
        first_name="=Ada",
        tags=["vip"],
        attributes={"peso": 4.5, "età": 3, "saldo": -2, "nome": "-Argo", "misto": 1},
    )
    make_contact(attributes={"misto": "uno", "lungo": 1234567890123456})
    with translation.override(language):
        file = "".join(contact_lines(Contact.objects.all(), shows_phones=True)).encode()
    before = list(Contact.objects.order_by("pk").values_list("attributes", flat=True))

    report = import_contacts(file=io.BytesIO(file), by=None, clock=timezone.now)

    after = list(Contact.objects.order_by("pk").values_list("attributes", flat=True))
    assert (report.errors, report.created) == ([], 0)
    # What is now a number and now a text is a text in a sheet, and so is a number too long for one.
    assert after == [
        before[0] | {"misto": "1"},
        before[1] | {"lungo": "1234567890123456"},
    ]


def test_without_the_permission_for_phones_there_is_neither_phone_nor_email() -> None:
    make_contact(phone="+393471234567", email="ada@example.it")
    marketer = browser("view_contact", "export_contact_without_phone")

    answer = marketer.get(EXPORT).getvalue().decode()

    assert "Giulia" in answer
    assert "347" not in answer
    assert "ada@" not in answer


def test_an_export_is_logged_with_how_many_and_by_whom_and_without_what_was_searched() -> None:
    make_contact(phone="+393471234567")

    rows(browser("view_contact", "export_contact"), "?q=3471234567")

    entry = LogEntry.objects.get()
    assert (entry.user, entry.change_message) == (User.objects.get(), "1 contatti esportati")


def test_exporting_asks_for_its_permission_and_a_get() -> None:
    clerk = browser("view_contact", "change_contact", "import_contact")

    assert clerk.get(EXPORT).status_code == 403
    assert browser("view_contact", "export_contact").post(EXPORT).status_code == 403
    assert "Esporta questo elenco" not in clerk.get("/admin/audiences/contact/").content.decode()
    assert LogEntry.objects.count() == 0


@pytest.mark.parametrize(
    ("role", "status"), [(MARKETER, 200), (APPROVER, 403), (AGENT, 403), (ADMIN, 200)]
)
def test_marketers_and_admins_export_contacts(client: Client, role: str, status: int) -> None:
    make_contact(phone="+393471234567")
    client.force_login(make_member(role), backend="django.contrib.auth.backends.ModelBackend")

    answer = client.get(EXPORT)

    assert answer.status_code == status
    assert ("393471234567" in answer.getvalue().decode()) == (role == ADMIN)
