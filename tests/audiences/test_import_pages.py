"""Importing in the admin: upload, columns, a look, a start, progress, result."""

import io
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from kombu.exceptions import OperationalError

from audiences import tasks
from audiences.admin import import_forms
from audiences.importing import preview as previewing
from audiences.importing import run
from audiences.importing.proof import NO_PROOF
from audiences.models import ConsentRecord, Contact, ContactImport
from tests.audiences.importing_steps import done, kept, many, started, work
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

UPLOAD = "/admin/audiences/contact/import/"
IMPORTS = "/admin/audiences/contactimport/"
PEOPLE = "telefono;nome\n3471234567;Ada\n02123456;Ufficio\n"
PROOF = {
    "basis": "everybody",
    "source": "fiera Milano",
    "at": "2026-10-03",
    "evidence": "moduli 1-400",
    "collected_by": "Eva Bianchi",
}


def browser(*codenames: str) -> Client:
    user = User.objects.create_user(f"marta{User.objects.count()}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client(headers={"accept-language": "it"})
    client.force_login(user)
    return client


@pytest.fixture
def marta() -> Client:
    return browser("import_contact")


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    calls: list[Any] = []
    monkeypatch.setattr(tasks.import_contacts, "apply_async", lambda **named: calls.append(named))
    return calls


def upload(client: Client, text: str | bytes) -> Any:
    file = io.BytesIO(text.encode() if isinstance(text, str) else text)
    file.name = "clienti.csv"
    return client.post(UPLOAD, {"file": file})


def uploaded(client: Client, text: str) -> ContactImport:
    upload(client, text)
    return ContactImport.objects.get()


def at(contact_import: ContactImport, page: str) -> str:
    return f"{IMPORTS}{contact_import.pk}/{page}/"


def test_an_upload_leads_to_a_look_and_imports_nothing_yet(marta: Client) -> None:
    answer = upload(marta, PEOPLE)

    contact_import = ContactImport.objects.get()
    page = marta.get(answer.headers["Location"]).content.decode()
    assert answer.headers["Location"] == at(contact_import, "check")
    assert "02123456” è un telefono fisso" in page
    assert "Importa 1 riga" in page
    assert Contact.objects.count() == 0


def test_the_button_counts_no_row_that_would_be_refused(marta: Client) -> None:
    refused = uploaded(marta, "telefono;nome\n02123456;Ufficio\n")

    page = marta.get(at(refused, "check")).content.decode()

    assert "Importa le righe valide" in page
    assert "Importa 1 riga" not in page


def test_the_button_counts_nothing_where_not_every_row_was_tried(
    marta: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previewing, "MAX_BATCH", 1)
    contact_import = uploaded(marta, PEOPLE)

    page = marta.get(at(contact_import, "check")).content.decode()

    assert "Importa le righe valide" in page


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "vuoto"),
        ("3471234567;Ada\n", "La prima riga è già una persona"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 50, "vecchio Excel"),
    ],
)
def test_a_file_that_cannot_be_read_is_explained(
    marta: Client, content: str | bytes, reason: str
) -> None:
    answer = upload(marta, content)

    assert reason in answer.content.decode()
    assert ContactImport.objects.count() == 0


def test_an_upload_without_a_file_asks_for_one(marta: Client) -> None:
    assert "Scegli un file." in marta.post(UPLOAD, {}).content.decode()


def test_a_heading_that_nobody_knows_leads_to_the_columns(marta: Client) -> None:
    contact_import = uploaded(marta, "Recapito;nome;Cane\n3471234567;Ada;Argo\n")

    page = marta.get(at(contact_import, "check"), follow=True).content.decode()

    assert "Che cosa significa ogni colonna?" in page
    assert "Argo" in page


def test_columns_are_matched_by_hand(marta: Client) -> None:
    contact_import = uploaded(marta, "Recapito;nome;Cane\n3471234567;Ada;Argo\n")
    body = {
        "target-0": "phone",
        "target-1": "first_name",
        "target-2": "attribute",
        "name-2": "pet_name",
    }

    answer = marta.post(at(contact_import, "columns"), body)

    contact_import.refresh_from_db()
    assert answer.headers["Location"] == at(contact_import, "check")
    assert contact_import.targets == ["phone", "first_name", "attribute:pet_name"]


def test_the_next_file_with_the_same_headings_is_understood_as_the_last_one_was(
    marta: Client,
) -> None:
    first = kept("Recapito;Cane;Note\n3471234567;Argo;x\n")
    targets = ["phone", "attribute:pet_name", ""]
    run.match_columns(contact_import=first, targets=targets, now=NOW)
    run.start(contact_import=first, proof=NO_PROOF, collected_by="", by=None, now=NOW)

    answer = upload(marta, "Recapito;Cane;Note\n3331112223;Fido;y\n")

    second = ContactImport.objects.get(status="uploaded")
    assert (second.targets, answer.headers["Location"]) == (targets, at(second, "check"))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"target-0": "", "target-1": ""}, "Non c’è la colonna “telefono”"),
        ({"target-0": "phone", "target-1": "phone"}, "due volte"),
        ({"target-0": "phone", "target-1": "number", "name-1": " "}, "Scrivi un nome"),
        ({"target-0": "phone", "target-1": "is_blocked"}, ""),
    ],
)
def test_columns_that_make_no_sense_are_refused_with_the_reason(
    marta: Client, body: dict[str, str], reason: str
) -> None:
    contact_import = uploaded(marta, "a;b\n1;2\n")

    answer = marta.post(at(contact_import, "columns"), body)

    contact_import.refresh_from_db()
    assert (answer.status_code, contact_import.targets) == (422, ["", ""])
    assert reason in answer.content.decode()


def test_a_start_with_a_proof_keeps_who_answers_for_it(marta: Client, woken: list[Any]) -> None:
    contact_import = uploaded(marta, PEOPLE)

    answer = marta.post(at(contact_import, "check"), PROOF | {"start": "1"})
    work(contact_import)

    contact_import.refresh_from_db()
    record = ConsentRecord.objects.get()
    assert answer.headers["Location"] == at(contact_import, "change")
    assert (len(woken), contact_import.started_by) == (1, User.objects.get())
    assert (record.source, record.by) == ("fiera Milano", User.objects.get())
    assert record.at.isoformat() == "2026-10-02T22:00:00+00:00"
    assert "Eva Bianchi" in record.evidence


@pytest.mark.parametrize(
    "changes",
    [
        {"source": ""},
        {"at": ""},
        {"at": "2999-01-01"},
        {"evidence": " "},
        {"collected_by": ""},
        {"at": "0026-10-03"},
        {"at": "0001-01-01"},
        {"basis": "column"},
        {"basis": ""},
    ],
)
def test_half_a_proof_starts_nothing(
    marta: Client, woken: list[Any], changes: dict[str, str]
) -> None:
    contact_import = uploaded(marta, PEOPLE)

    answer = marta.post(at(contact_import, "check"), PROOF | changes | {"start": "1"})

    contact_import.refresh_from_db()
    assert (answer.status_code, contact_import.status, woken) == (422, "uploaded", [])


def test_a_second_look_shows_what_the_answers_change_and_starts_nothing(marta: Client) -> None:
    contact_import = uploaded(marta, PEOPLE)

    page = marta.post(at(contact_import, "check"), PROOF | {"look": "1"}).content.decode()

    contact_import.refresh_from_db()
    assert "Consenso dato" in page
    assert (contact_import.status, ConsentRecord.objects.count()) == ("uploaded", 0)


def test_a_second_click_starts_nothing_twice(marta: Client, woken: list[Any]) -> None:
    contact_import = uploaded(marta, PEOPLE)
    marta.post(at(contact_import, "check"), {"basis": "rows", "start": "1"})

    answer = marta.post(at(contact_import, "check"), PROOF | {"start": "1"}, follow=True)

    contact_import.refresh_from_db()
    assert (contact_import.basis, len(woken)) == ("rows", 1)
    assert "Importazione in corso" in answer.content.decode()


def test_without_workers_the_start_is_kept_and_told(
    marta: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: object) -> None:
        raise OperationalError

    monkeypatch.setattr(tasks.import_contacts, "apply_async", away)
    contact_import = uploaded(marta, PEOPLE)

    answer = marta.post(at(contact_import, "check"), {"basis": "rows", "start": "1"}, follow=True)

    contact_import.refresh_from_db()
    assert contact_import.status == "running"
    assert "I processi in background non rispondono" in answer.content.decode()


def test_the_state_asks_again_only_while_it_runs(marta: Client) -> None:
    contact_import = started(many(1500))
    work(contact_import, ends_at=NOW)

    running = marta.get(at(contact_import, "state")).content.decode()
    work(contact_import)
    over = marta.get(at(contact_import, "state")).content.decode()

    assert "1.000 di 1.500 righe" in running
    assert "hx-trigger" in running
    assert "Importazione finita" in over
    assert "hx-trigger" not in over


def test_a_stopped_import_offers_to_go_on(marta: Client, woken: list[Any]) -> None:
    contact_import = started(many(1500))
    work(contact_import, ends_at=NOW)

    page = marta.post(at(contact_import, "stop"), follow=True).content.decode()
    assert "Fermata" in page
    assert f'action="{at(contact_import, "go-on")}"' in page

    marta.post(at(contact_import, "go-on"))
    contact_import.refresh_from_db()
    assert (contact_import.status, len(woken)) == ("running", 1)


def test_a_finished_import_cannot_be_stopped_nor_go_on(marta: Client, woken: list[Any]) -> None:
    contact_import = done(many(1))

    marta.post(at(contact_import, "stop"))
    marta.post(at(contact_import, "go-on"))

    contact_import.refresh_from_db()
    assert (contact_import.status, woken) == ("done", [])


def test_refused_rows_are_downloaded_as_they_came_with_the_reason_and_no_formula(
    marta: Client,
) -> None:
    contact_import = done("telefono;nome\n3471234567;Ada\n02123456;=cmd()\n")

    answer = marta.get(at(contact_import, "refused"))

    assert answer.getvalue().decode() == (
        "\ufeffriga;esito;motivo;telefono;nome\r\n"
        "3;non importata;“02123456” è un telefono fisso: per WhatsApp serve un cellulare.;02123456;'=cmd()\r\n"
    )


def test_the_file_of_refused_rows_comes_in_again_once_it_is_corrected(marta: Client) -> None:
    refused = done("telefono;nome\n02123456;=Ada\n")
    text = marta.get(at(refused, "refused")).getvalue().decode()

    answer = upload(marta, text.replace(";02123456;", ";3471234567;"))

    corrected = ContactImport.objects.exclude(pk=refused.pk).get()
    assert answer.headers["Location"] == at(corrected, "check")
    run.start(contact_import=corrected, proof=NO_PROOF, collected_by="", by=None, now=NOW)
    work(corrected)
    assert Contact.objects.get().first_name == "=Ada"


def test_the_same_file_is_recognised(marta: Client) -> None:
    done(PEOPLE)
    upload(marta, PEOPLE)

    page = marta.get(at(ContactImport.objects.get(status="uploaded"), "check")).content.decode()

    assert "Questo stesso file è stato importato" in page


@pytest.mark.parametrize(
    ("method", "page"),
    [
        ("get", "check"),
        ("post", "check"),
        ("get", "columns"),
        ("post", "columns"),
        ("post", "stop"),
        ("post", "go-on"),
        ("get", "refused"),
    ],
)
def test_importing_asks_for_its_permission(method: str, page: str) -> None:
    contact_import = started(many(1))
    clerk = browser("view_contactimport", "view_contact", "add_contact", "change_contact")

    answer = getattr(clerk, method)(at(contact_import, page), {"start": "1", "basis": "rows"})

    contact_import.refresh_from_db()
    assert (answer.status_code, contact_import.status) == (403, "running")


def test_uploading_asks_for_its_permission() -> None:
    clerk = browser("view_contact", "add_contact", "change_contact")

    assert clerk.get(UPLOAD).status_code == 403
    assert upload(clerk, PEOPLE).status_code == 403
    assert "Importa da un file" not in clerk.get("/admin/audiences/contact/").content.decode()
    assert ContactImport.objects.count() == 0


@pytest.mark.parametrize("page", ["stop", "go-on"])
def test_nothing_moves_by_a_link(marta: Client, page: str) -> None:
    contact_import = started(many(1))

    assert marta.get(at(contact_import, page)).status_code == 405

    contact_import.refresh_from_db()
    assert contact_import.status == "running"


def test_earlier_imports_are_listed_and_nobody_adds_or_deletes_one(
    marta: Client, admin_client: Client
) -> None:
    contact_import = done(PEOPLE)

    assert "clienti.csv" in marta.get(IMPORTS).content.decode()
    assert admin_client.get(f"{IMPORTS}add/").status_code == 403
    assert admin_client.post(at(contact_import, "delete"), {"post": "yes"}).status_code == 403
    assert ContactImport.objects.count() == 1


def test_a_file_that_the_server_keeps_on_disk_is_read_like_a_small_one(
    marta: Client, settings: Any
) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 10

    upload(marta, PEOPLE)

    assert ContactImport.objects.get().total_rows == 2


def test_a_file_that_is_too_large_is_refused_in_words(
    marta: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_forms, "MAX_BYTES", 20)

    page = upload(marta, PEOPLE).content.decode()

    assert "Il file supera i 50 MB" in page
    assert ContactImport.objects.count() == 0
