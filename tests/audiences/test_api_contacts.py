"""Contacts over HTTP, as a CRM uses them."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import DataError
from rest_framework.test import APIClient

from audiences import contacts
from audiences.models import ConsentRecord, Contact
from tests.conftest import NOW
from tests.factories.audiences import make_contact

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/contacts/"
BY_PHONE = "/api/v1/contacts/by-phone/+393471234567/"
BULK = "/api/v1/contacts/bulk/"

EVERYTHING: dict[str, Any] = {
    "first_name": "Ada",
    "last_name": "Neri",
    "email": "ada@example.it",
    "language": "it",
    "timezone": "Europe/Rome",
    "province": "Milano",
    "attributes": {"pet_name": "Argo", "age": 3},
    "tags": ["vip"],
    "consents": [
        {
            "purpose": "whatsapp_marketing",
            "state": "given",
            "source": "checkout",
            "evidence": "casella n. 4",
            "at": "2026-10-03T18:30:00+02:00",
        }
    ],
}


def client(*codenames: str) -> APIClient:
    user = User.objects.create_user(f"crm{User.objects.count()}")
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    api = APIClient()
    api.force_authenticate(user)
    return api


@pytest.fixture
def crm() -> APIClient:
    return client("view_contact", "add_contact", "change_contact")


def test_a_put_creates_the_contact_and_answers_it(crm: APIClient) -> None:
    answer = crm.put(BY_PHONE, EVERYTHING, format="json")

    assert answer.status_code == 201
    assert answer.data["phone"] == "+393471234567"
    assert (answer.data["province"], answer.data["marketing_consent"]) == ("MI", "given")
    assert Contact.objects.get().attributes == {"pet_name": "Argo", "age": 3}


def test_the_same_put_again_changes_nothing(crm: APIClient) -> None:
    crm.put(BY_PHONE, EVERYTHING, format="json")
    before = Contact.objects.values().get()

    answer = crm.put(BY_PHONE, EVERYTHING, format="json")

    assert answer.status_code == 200
    assert Contact.objects.values().get() == before
    assert ConsentRecord.objects.count() == 1


@pytest.mark.parametrize("told", ["en", "EN", "en-US", "en_gb"])
def test_a_language_is_kept_without_its_region_so_that_segments_find_it(
    crm: APIClient, told: str
) -> None:
    answer = crm.put(BY_PHONE, {"language": told}, format="json")

    assert (answer.status_code, answer.data["language"]) == (201, "en")


def test_the_ledger_says_who_recorded_a_consent(crm: APIClient) -> None:
    crm.put(BY_PHONE, EVERYTHING, format="json")

    record = ConsentRecord.objects.get()
    assert (record.by, record.source) == (User.objects.get(), "checkout")


CONSENT = EVERYTHING["consents"][0]
WRONG = [
    ({"fist_name": "Ada"}, "fist_name"),
    ({"id": 7}, "id"),
    ({"marketing_consent": "given"}, "marketing_consent"),
    ({"email": "ada@"}, "email"),
    ({"language": "italiano!"}, "language"),
    ({"timezone": "Rome"}, "timezone"),
    ({"country": "Italia"}, "country"),
    ({"province": "ß" * 10}, "province"),
    ({"tags": "vip"}, "tags"),
    ({"tags": ["x" * 101]}, "tags"),
    ({"attributes": ["pet"]}, "attributes"),
    ({"attributes": {"pet": {"name": "Argo"}}}, "attributes"),
    ({"attributes": {"pet": "x" * 501}}, "attributes"),
    ({"attributes": {"pet": "A\x00"}}, "attributes"),
    ({"first_name": "A\x00"}, "first_name"),
    ({"first_name": "x" * 151}, "first_name"),
    ({"consents": [CONSENT | {"evidence": ""}]}, "consents"),
    ({"consents": [CONSENT | {"purpose": "profiling"}]}, "consents"),
    ({"consents": [CONSENT | {"at": "2031-01-01T00:00:00Z"}]}, "consents"),
    ({"consents": [CONSENT | {"proof": "x"}]}, "consents"),
    ({"consents": [CONSENT] * 51}, "consents"),
]


@pytest.mark.parametrize(("body", "field"), WRONG)
def test_what_cannot_be_kept_is_refused_by_the_name_of_its_field(
    crm: APIClient, body: dict[str, Any], field: str
) -> None:
    answer = crm.put(BY_PHONE, body, format="json")

    assert (answer.status_code, list(answer.data)) == (400, [field])
    assert Contact.objects.count() == 0


@pytest.mark.parametrize(
    "body",
    [
        r'{"first_name": "\ud800"}',
        r'{"\ud800": 1}',
        r'{"attributes": {"\ud800": 1}}',
        r'{"attributes": {"a\u0000": 1}}',
        r'{"tags": ["\u0000"]}',
        "[]",
        "null",
        '"x"',
    ],
)
def test_text_that_cannot_be_written_is_refused(crm: APIClient, body: str) -> None:
    answer = crm.put(BY_PHONE, body, content_type="application/json")

    assert (answer.status_code, Contact.objects.count()) == (400, 0)


def test_a_batch_survives_a_row_that_cannot_be_written(crm: APIClient) -> None:
    body = r'[{"phone": "\ud800"}, {"phone": "+393471234567"}, {"phone": 7}, null]'

    answer = crm.post(BULK, body, content_type="application/json")

    assert [row["outcome"] for row in answer.json()] == ["refused", "created", "refused", "refused"]


@pytest.mark.parametrize("phone", ["+390212345678", "pippo", "+39347", "%20"])
def test_a_phone_whatsapp_cannot_reach_is_refused(crm: APIClient, phone: str) -> None:
    answer = crm.put(f"/api/v1/contacts/by-phone/{phone}/", {}, format="json")

    assert (answer.status_code, list(answer.data)) == (400, ["phone"])
    assert Contact.objects.count() == 0


@pytest.mark.parametrize("text", ["+393471234567", "393471234567", "347 1234567"])
def test_the_list_is_filtered_by_phone_however_it_is_written(crm: APIClient, text: str) -> None:
    wanted = make_contact(phone="+393471234567")
    make_contact(phone=None)

    found = crm.get(f"{ADDRESS}?phone={text}").data

    assert [row["id"] for row in found["results"]] == [wanted.pk]


def test_a_phone_that_is_none_finds_nobody(crm: APIClient) -> None:
    make_contact(phone=None)

    assert crm.get(ADDRESS, {"phone": "pippo"}).data["count"] == 0


def test_the_list_can_start_from_a_moment(crm: APIClient) -> None:
    old = make_contact()
    recent = make_contact()
    Contact.objects.filter(pk=old.pk).update(updated_at=NOW - timedelta(days=2))
    Contact.objects.filter(pk=recent.pk).update(updated_at=NOW)

    found = crm.get(ADDRESS, {"updated_since": (NOW - timedelta(days=1)).isoformat()})

    assert [row["id"] for row in found.data["results"]] == [recent.pk]


@pytest.mark.parametrize(
    ("moment", "status"), [("2026-01-01T00:00:00+16:00", 200), ("0001-01-01T00:00:00+02:00", 400)]
)
def test_a_moment_that_the_database_cannot_read_is_moved_or_refused(
    crm: APIClient, moment: str, status: int
) -> None:
    answer = crm.get(ADDRESS, {"updated_since": moment})

    assert answer.status_code == status
    assert status == 200 or list(answer.data) == ["updated_since"]


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00", "0001-01-01T00:00:00Z"])
def test_a_consent_of_the_first_of_all_days_loses_its_own_row_only(
    crm: APIClient, moment: str
) -> None:
    said = EVERYTHING["consents"][0] | {"at": moment}
    rows = [{"phone": "+393471234567", "consents": [said]}, {"phone": "+393471234568"}]

    answer = crm.post(BULK, rows, format="json")

    assert [row["outcome"] for row in answer.data] == ["refused", "created"]
    assert "at" in answer.data[0]["errors"]["consents"][0]
    assert ConsentRecord.objects.count() == 0


def test_a_batch_answers_row_by_row(crm: APIClient) -> None:
    make_contact(phone="+393331112223", first_name="Eva")
    rows = [
        {"phone": "3471234567", "first_name": "Ada"},
        {"phone": "+393331112223", "first_name": "Eva"},
        {"phone": "02 1234567"},
        {"phone": "+393334445556", "nickname": "Lia"},
        "non un oggetto",
        {"phone": "+393331112223", "tags": ["vip"]},
    ]

    answer = crm.post(BULK, rows, format="json")

    assert answer.status_code == 200
    assert [row["outcome"] for row in answer.data] == [
        "created",
        "unchanged",
        "refused",
        "refused",
        "refused",
        "updated",
    ]
    assert list(answer.data[2]["errors"]) == ["phone"]
    assert list(answer.data[3]["errors"]) == ["nickname"]
    assert Contact.objects.count() == 2


@pytest.mark.parametrize(
    "body", [{"phone": "3471234567"}, [{"phone": f"34700{n:05d}"} for n in range(1001)]]
)
def test_a_batch_that_is_no_list_or_too_long_is_refused_whole(crm: APIClient, body: Any) -> None:
    answer = crm.post(BULK, body, format="json")

    assert (answer.status_code, Contact.objects.count()) == (400, 0)


def test_a_batch_that_is_too_long_says_how_long_one_may_be(crm: APIClient) -> None:
    answer = crm.post(BULK, [{}] * 1001, format="json", headers={"accept-language": "it"})

    assert answer.json() == {"non_field_errors": ["Al massimo 1000 contatti alla volta."]}


@pytest.mark.parametrize(("method", "address"), [("post", BULK), ("put", BY_PHONE)])
def test_a_body_that_is_too_large_is_refused_in_words_before_it_is_read(
    crm: APIClient, method: str, address: str
) -> None:
    body = b'[{"phone": "3471234567", "first_name": "' + b"x" * 10 * 1024 * 1024 + b'"}]'

    answer = getattr(crm, method)(
        address, body, content_type="application/json", headers={"accept-language": "it"}
    )

    assert answer.status_code == 413
    assert answer.json() == {
        "detail": ["Il contenuto supera i 10 MB: invia meno contatti alla volta."]
    }
    assert Contact.objects.count() == 0


def test_a_repeated_batch_changes_nothing_and_says_so(crm: APIClient) -> None:
    rows = [EVERYTHING | {"phone": f"347000000{n}"} for n in range(5)]
    first = crm.post(BULK, rows, format="json").json()
    before = list(Contact.objects.values()), list(ConsentRecord.objects.values())

    again = crm.post(BULK, rows, format="json").json()

    assert {row["outcome"] for row in first} == {"created"}
    assert {row["outcome"] for row in again} == {"unchanged"}
    assert [row["id"] for row in again] == [row["id"] for row in first]
    assert (list(Contact.objects.values()), list(ConsentRecord.objects.values())) == before


def test_a_phone_twice_in_a_batch_is_one_contact_and_the_later_row_counts(crm: APIClient) -> None:
    row = EVERYTHING | {"phone": "3471234567"}

    answer = crm.post(BULK, [row, row, row | {"first_name": "Eva"}], format="json").json()

    assert [one["outcome"] for one in answer] == ["created", "unchanged", "updated"]
    assert len({one["id"] for one in answer}) == 1
    assert (Contact.objects.get().first_name, ConsentRecord.objects.count()) == ("Eva", 1)


def test_a_consent_of_the_second_row_of_one_phone_is_its_news(crm: APIClient) -> None:
    plain = {"phone": "3471234567"}

    answer = crm.post(BULK, [plain, plain | {"consents": [CONSENT]}], format="json").json()

    assert [one["outcome"] for one in answer] == ["created", "updated"]


def test_a_consent_without_evidence_in_a_batch_loses_its_own_row_only(crm: APIClient) -> None:
    bare = {"phone": "3471234567", "consents": [CONSENT | {"evidence": ""}]}

    answer = crm.post(BULK, [bare, EVERYTHING | {"phone": "3331112223"}], format="json").json()

    assert [one["outcome"] for one in answer] == ["refused", "created"]
    assert list(answer[0]["errors"]) == ["consents"]
    assert list(Contact.objects.values_list("phone", flat=True)) == ["+393331112223"]


def test_a_row_that_the_database_refuses_loses_none_of_the_others(
    crm: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No such row is known; this is for the one that nobody thought of."""
    upsert = contacts.upsert_contacts

    def refuse_eva(*, rows: Any, **named: Any) -> Any:
        if any(row.fields.get("first_name") == "Eva" for row in rows):
            raise DataError("invalid byte sequence")
        return upsert(rows=rows, **named)

    monkeypatch.setattr(contacts, "upsert_contacts", refuse_eva)
    rows = [{"phone": f"347123456{n}", "first_name": name} for n, name in enumerate(["Ada", "Eva"])]

    answer = crm.post(BULK, rows, format="json", headers={"accept-language": "it"}).json()

    assert [one["outcome"] for one in answer] == ["created", "refused"]
    assert answer[1]["errors"] == {"non_field_errors": ["La base dati non accetta questa riga."]}
    assert Contact.objects.get().first_name == "Ada"


def test_an_empty_batch_does_nothing(crm: APIClient) -> None:
    assert crm.post(BULK, [], format="json").data == []


@pytest.mark.parametrize(
    ("granted", "status"),
    [([], 403), (["view_contact"], 403), (["change_contact"], 403)],
)
def test_writing_asks_for_both_permissions(granted: list[str], status: int) -> None:
    api = client(*granted)

    assert api.put(BY_PHONE, {}, format="json").status_code == status
    assert api.post(BULK, [{"phone": "3471234567"}], format="json").status_code == status
    assert Contact.objects.count() == 0


def test_reading_asks_for_permission() -> None:
    contact = make_contact()

    for address in (ADDRESS, f"{ADDRESS}{contact.pk}/"):
        assert APIClient().get(address).status_code == 401
        assert client("change_contact").get(address).status_code == 403
        assert client("view_contact").get(address).status_code == 200
