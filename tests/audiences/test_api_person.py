"""Merge, another number and a consent in two steps over HTTP."""

from datetime import timedelta
from typing import Any

import pytest

from audiences.models import ConsentRequest, Contact, ContactMerge, PhoneChange
from tests.audiences.test_api_contacts import ADDRESS, client
from tests.conftest import NOW
from tests.factories.audiences import make_contact

pytestmark = pytest.mark.django_db

KEPT, GONE = "+393471111111", "+393472222222"


def call(deed: str, contact: Contact, *codenames: str, **body: Any) -> Any:
    api = client("view_contact", *codenames)
    return api.post(f"{ADDRESS}{contact.pk}/{deed}/", body, format="json")


def test_a_merge_answers_what_was_kept_and_what_moved() -> None:
    survivor, merged = make_contact(phone=KEPT), make_contact(phone=GONE, first_name="Ada")
    body = {"merged": merged.pk, "take": ["first_name"], "why": "doppione del CRM"}

    answer = call("merge", survivor, "merge_contact", **body)

    assert answer.status_code == 200
    assert (answer.data["survivor"], answer.data["merged"]) == (survivor.pk, merged.pk)
    assert answer.data["kept"]["first_name"] == "merged"
    assert call("merge", survivor, "merge_contact", **body).data["id"] == answer.data["id"]


def test_a_merged_contact_says_where_it_went_and_is_found_by_its_phone() -> None:
    survivor, merged = make_contact(phone=KEPT), make_contact(phone=GONE)
    call("merge", survivor, "merge_contact", merged=merged.pk, why="doppione")
    api = client("view_contact")

    gone = api.get(f"{ADDRESS}{merged.pk}/").data
    found = api.get(ADDRESS, {"phone": GONE}).data["results"]

    assert (gone["merged_into"], gone["phone"]) == (survivor.pk, None)
    assert [one["id"] for one in found] == [survivor.pk]
    assert found[0]["identifiers"] == [{"kind": "phone", "value": GONE}]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"why": "x"}, "merged"),
        ({"merged": 0, "why": "x"}, "merged"),
        ({"merged": "self", "why": "x"}, "merged"),
        ({"merged": "other"}, "why"),
        ({"merged": "other", "why": "x", "take": ["consents"]}, "take"),
        ({"merged": "other", "why": "x", "force": True}, "force"),
    ],
)
def test_a_merge_that_says_too_little_or_too_much_is_refused_by_name(
    body: dict[str, Any], field: str
) -> None:
    survivor, merged = make_contact(phone=KEPT), make_contact(phone=GONE)
    ids = {"self": survivor.pk, "other": merged.pk}
    said = body | ({"merged": ids.get(body["merged"], 0)} if "merged" in body else {})

    answer = call("merge", survivor, "merge_contact", **said)

    assert (answer.status_code, list(answer.data)) == (400, [field])
    assert ContactMerge.objects.count() == 0


def test_a_number_is_changed_over_http() -> None:
    contact = make_contact(phone=KEPT)
    body = {
        "phone": "347 2222222",
        "why": "dal profilo cliente",
        "consents": ["whatsapp_marketing"],
        "evidence": "casella nel profilo",
    }

    answer = call("phone", contact, "change_contact", **body)

    assert (answer.status_code, answer.data) == (200, {"changed": True, "phone": GONE})
    assert Contact.objects.get().marketing_consent == "given"
    assert call("phone", contact, "change_contact", **body).data["changed"] is False


def test_the_number_of_another_contact_is_a_conflict_that_names_it() -> None:
    contact, owner = make_contact(phone=KEPT), make_contact(phone=GONE)

    answer = call("phone", contact, "change_contact", phone=GONE, why="x")

    assert answer.status_code == 409
    assert str(owner.pk) in answer.data["detail"][0]
    assert PhoneChange.objects.count() == 0


@pytest.mark.parametrize("body", [{"phone": "02 123456", "why": "x"}, {"phone": GONE}])
def test_a_landline_or_no_reason_is_refused(body: dict[str, str]) -> None:
    contact = make_contact(phone=KEPT)

    assert call("phone", contact, "change_contact", **body).status_code == 400
    assert Contact.objects.get().phone == KEPT


def test_a_question_answers_its_link_and_is_pending_until_answered() -> None:
    contact = make_contact(marketing_consent="unknown")
    body = {"purpose": "whatsapp_marketing", "source": "popup", "evidence": "casella 3"}

    answer = call("ask-consent", contact, "ask_consent", **body)

    shown = client("view_contact").get(f"{ADDRESS}{contact.pk}/").data
    assert answer.status_code == 200
    assert answer.data["link"].startswith("http://testserver/consent/")
    assert shown["marketing_consent"] == "unknown"
    assert [one["purpose"] for one in shown["pending_consents"]] == ["whatsapp_marketing"]


def test_a_question_without_evidence_is_refused_over_http() -> None:
    contact = make_contact(marketing_consent="unknown")
    body = {"purpose": "whatsapp_marketing", "source": "popup"}

    assert call("ask-consent", contact, "ask_consent", **body).status_code == 400
    assert ConsentRequest.objects.count() == 0


@pytest.mark.parametrize("deed", ["merge", "phone", "ask-consent"])
def test_each_deed_asks_for_its_own_permission(deed: str) -> None:
    contact = make_contact(marketing_consent="unknown")
    other = {"merge": "change_contact", "phone": "merge_contact", "ask-consent": "change_contact"}

    assert call(deed, contact, other[deed]).status_code == 403


def test_the_list_asks_the_database_as_often_for_many_as_for_one(
    django_assert_max_num_queries: Any,
) -> None:
    for _ in range(5):
        make_contact(marketing_consent_at=NOW - timedelta(days=1))
    api = client("view_contact")

    with django_assert_max_num_queries(7):
        assert len(api.get(ADDRESS).data["results"]) == 5
