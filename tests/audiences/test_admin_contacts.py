"""Contacts, their consents and their import in the admin."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client

from audiences import parameters
from audiences.models import ConsentRecord, Contact, Snapshot
from audiences.snapshots import take_snapshot
from tests.conftest import NOW
from tests.factories.audiences import make_contact, make_segment

pytestmark = pytest.mark.django_db

LIST = "/admin/audiences/contact/"


def browser(*codenames: str) -> Client:
    user = User.objects.create_user(f"marta{User.objects.count()}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client(headers={"accept-language": "it"})
    client.force_login(user)
    return client


def page_of(contact: Contact) -> str:
    return f"{LIST}{contact.pk}/change/"


@pytest.mark.parametrize(
    "asked", ["347 1234567", "+393471234567", "Adalgisa", "adalgisa@example.it", "Adalgisa Neri"]
)
def test_a_contact_is_found_by_phone_name_or_email(asked: str) -> None:
    make_contact(
        phone="+393471234567",
        first_name="Adalgisa",
        last_name="Neri",
        email="adalgisa@example.it",
    )
    make_contact(first_name="Ugo", last_name="Bianchi", phone="+393331112223")

    page = browser("view_contact").get(LIST, {"q": asked}).content.decode()

    assert "Adalgisa Neri" in page
    assert "Ugo Bianchi" not in page


def test_the_card_shows_the_ledger() -> None:
    contact = make_contact()

    page = browser("view_contact").get(page_of(contact)).content.decode()

    assert "Consenso dato" in page
    assert "Casella spuntata al checkout" in page


def declare(client: Client, contact: Contact, **changes: str) -> Any:
    body = {
        "purpose": "whatsapp_marketing",
        "state": "withdrawn",
        "source": "telefonata",
        "evidence": "",
    }
    return client.post(f"{LIST}{contact.pk}/consent/", body | changes)


def test_an_agent_records_a_withdrawal_said_by_phone() -> None:
    contact = make_contact(marketing_consent_at=NOW - timedelta(days=30))
    agent = browser("view_contact", "change_contact")

    answer = declare(agent, contact)

    contact.refresh_from_db()
    record = ConsentRecord.objects.latest("recorded_at")
    assert answer.status_code == 302
    assert contact.marketing_consent == "withdrawn"
    assert (record.source, record.by) == ("telefonata", User.objects.get())


@pytest.mark.parametrize("changes", [{"state": "given"}, {"source": ""}, {"purpose": "other"}])
def test_a_declaration_that_proves_nothing_is_not_recorded(changes: dict[str, str]) -> None:
    contact = make_contact(marketing_consent="unknown")

    declare(browser("view_contact", "change_contact"), contact, **changes)

    assert ConsentRecord.objects.count() == 0


def test_recording_asks_for_permission_and_a_post() -> None:
    contact = make_contact()
    records = ConsentRecord.objects.count()

    assert declare(browser("view_contact"), contact).status_code == 403
    assert browser("change_contact").get(f"{LIST}{contact.pk}/consent/").status_code == 403
    assert ConsentRecord.objects.count() == records


def contact_form(**changes: str) -> dict[str, str]:
    return {
        "phone": "347 1234567",
        "first_name": "Ada",
        "last_name": "",
        "email": "",
        "language": "IT",
        "timezone": "Europe/Rome",
        "province": "milano",
        "country": "IT",
        "tags": "vip,cane",
        "attributes": '{"pet_name": "Argo"}',
    } | changes


def test_a_contact_typed_by_hand_gets_a_clean_phone() -> None:
    browser("add_contact", "view_contact").post(f"{LIST}add/", contact_form())

    contact = Contact.objects.get()
    assert (contact.phone, contact.can_receive_whatsapp) == ("+393471234567", True)
    assert (contact.language, contact.province, contact.tags) == ("it", "MI", ["vip", "cane"])
    assert contact.marketing_consent == "unknown"


@pytest.mark.parametrize(
    "changes",
    [
        {"phone": "02 1234567"},
        {"phone": ""},
        {"timezone": "Rome"},
        {"language": "italiano!"},
        {"attributes": "[1]"},
        {"attributes": "{"},
    ],
)
def test_a_contact_typed_wrong_is_not_saved(changes: dict[str, str]) -> None:
    answer = browser("add_contact").post(f"{LIST}add/", contact_form(**changes))

    assert (answer.status_code, Contact.objects.count()) == (200, 0)


def test_consent_cannot_be_slipped_in_with_the_form() -> None:
    contact = make_contact(marketing_consent="unknown", phone="+393471234567")
    editor = browser("view_contact", "change_contact")

    editor.post(page_of(contact), contact_form(marketing_consent="given", phone="+393331112223"))

    contact.refresh_from_db()
    assert (contact.first_name, contact.marketing_consent) == ("Ada", "unknown")
    assert contact.phone == "+393471234567"


def test_nobody_deletes_a_contact_here(admin_client: Client) -> None:
    contact = make_contact()

    assert admin_client.post(f"{LIST}{contact.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Contact.objects.count() == 1


@pytest.fixture
def snapshot() -> Snapshot:
    make_contact(first_name="=cmd()", phone="+393471234567")
    make_contact(marketing_consent="unknown")
    variables = {"NAME": {"parameter": "contact.first_name", "fallback": "x"}}
    assert parameters.variable_problems(["NAME"], variables) == {}
    return take_snapshot(segment_version=make_segment(), variables=variables, by=None, now=NOW)


def test_a_snapshot_page_shows_who_was_left_out_and_that_it_is_intact(snapshot: Snapshot) -> None:
    page = (
        browser("view_snapshot")
        .get(f"/admin/audiences/snapshot/{snapshot.pk}/change/")
        .content.decode()
    )

    assert "Senza consenso" in page
    assert "i membri sono integri" in page
    assert "+393471234567" not in page


def test_an_export_neutralises_formulas_and_is_logged(snapshot: Snapshot) -> None:
    auditor = browser("export_snapshot")

    answer = auditor.get(f"/admin/audiences/snapshot/{snapshot.pk}/export/")

    lines = answer.getvalue().decode().splitlines()
    assert lines[0].startswith("\ufefftelefono;lingua;")
    assert lines[1].startswith("'+393471234567;it;Europe/Rome;no;")
    assert lines[1].endswith(";'=cmd()")
    assert LogEntry.objects.get().object_id == str(snapshot.pk)


def test_an_export_asks_for_its_permission(snapshot: Snapshot) -> None:
    answer = browser("view_snapshot").get(f"/admin/audiences/snapshot/{snapshot.pk}/export/")

    assert (answer.status_code, LogEntry.objects.count()) == (403, 0)


@pytest.mark.parametrize("verb", ["add/", "{pk}/delete/"])
def test_a_snapshot_is_neither_added_nor_deleted(
    admin_client: Client, snapshot: Snapshot, verb: str
) -> None:
    address = f"/admin/audiences/snapshot/{verb.format(pk=snapshot.pk)}"

    assert admin_client.post(address, {"post": "yes"}).status_code == 403
    assert Snapshot.objects.count() == 1
