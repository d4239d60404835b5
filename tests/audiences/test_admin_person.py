"""Merge, change of phone and the two steps of a consent in the admin: each asks before it acts."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audiences.merging import merge_contacts
from audiences.models import ConsentRequest, Contact, ContactMerge, PhoneChange
from tests.audiences.test_admin_contacts import LIST, browser, page_of
from tests.conftest import NOW
from tests.factories.audiences import make_contact

pytestmark = pytest.mark.django_db

KEPT, GONE = "+393471111111", "+393472222222"
LONG_AGO = NOW - timedelta(days=90)
MERGER = ("view_contact", "change_contact", "merge_contact")


@pytest.fixture
def two() -> tuple[Contact, Contact]:
    return (
        make_contact(phone=KEPT, first_name="Ada", marketing_consent_at=LONG_AGO),
        make_contact(
            phone=GONE,
            first_name="Adalgisa",
            marketing_consent="withdrawn",
            marketing_consent_at=NOW - timedelta(days=3),
        ),
    )


def address(survivor: Contact, merged: Contact) -> str:
    return f"{LIST}{survivor.pk}/merge/{merged.pk}/"


def seen_on(client: Client, where: str) -> str:
    """What the page remembers of what it showed."""
    form = client.get(where).context["form"]
    return str(form["seen"].value())


def merge(client: Client, survivor: Contact, merged: Contact, **body: str) -> Any:
    where = address(survivor, merged)
    return client.post(where, {"why": "stessa persona", "seen": seen_on(client, where)} | body)


def test_the_page_shows_both_and_what_is_kept_and_changes_nothing(
    two: tuple[Contact, Contact],
) -> None:
    before = list(Contact.objects.order_by("pk").values())

    page = browser(*MERGER).get(address(*two)).content.decode()

    for text in ["Ada", "Adalgisa", KEPT, GONE, "Disiscritto", "non si può annullare"]:
        assert text.lower() in page.lower()
    assert list(Contact.objects.order_by("pk").values()) == before


def test_a_merge_keeps_what_was_chosen_on_the_page(two: tuple[Contact, Contact]) -> None:
    survivor, merged = two

    answer = merge(browser(*MERGER), survivor, merged, **{"keep-first_name": "merged"})

    survivor.refresh_from_db()
    assert answer.status_code == 302
    assert answer["Location"] == page_of(survivor)
    assert (survivor.first_name, survivor.phone, survivor.marketing_consent) == (
        "Adalgisa",
        KEPT,
        "withdrawn",
    )
    assert ContactMerge.objects.get().why == "stessa persona"


def test_a_merge_needs_a_reason(two: tuple[Contact, Contact]) -> None:
    assert merge(browser(*MERGER), *two, why=" ").status_code == 422

    assert ContactMerge.objects.count() == 0


def test_what_changed_since_the_page_was_opened_is_shown_again(
    two: tuple[Contact, Contact],
) -> None:
    client, where = browser(*MERGER), address(*two)
    seen = seen_on(client, where)
    Contact.objects.filter(pk=two[1].pk).update(last_name="Neri")

    page = client.post(where, {"why": "stessa persona", "seen": seen})

    assert page.status_code == 422
    assert "cambiato" in page.content.decode()
    assert ContactMerge.objects.count() == 0
    again = {"why": "stessa persona", "seen": page.context["form"]["seen"].value()}
    assert client.post(where, again).status_code == 302


def test_a_second_click_leads_to_the_contact_that_was_kept(two: tuple[Contact, Contact]) -> None:
    client, where = browser(*MERGER), address(*two)
    body = {"why": "stessa persona", "seen": seen_on(client, where)}
    client.post(where, body)

    answer = client.post(where, body)

    assert (answer.status_code, answer["Location"]) == (302, page_of(two[0]))
    assert ContactMerge.objects.count() == 1


def test_merging_asks_for_its_permission(two: tuple[Contact, Contact]) -> None:
    stranger = browser("view_contact", "change_contact")

    assert stranger.get(address(*two)).status_code == 403
    assert stranger.post(address(*two), {"why": "x"}).status_code == 403
    assert ContactMerge.objects.count() == 0


def test_the_list_leads_two_chosen_contacts_to_the_page_and_refuses_three(
    two: tuple[Contact, Contact],
) -> None:
    client = browser(*MERGER)
    body: dict[str, Any] = {"action": "merge_selected"}

    led = client.post(LIST, body | {"_selected_action": [one.pk for one in two]})
    third = make_contact()
    refused = client.post(LIST, body | {"_selected_action": [*(one.pk for one in two), third.pk]})

    assert led["Location"] == address(*sorted(two, key=lambda one: one.pk))
    assert refused["Location"] == LIST
    assert ContactMerge.objects.count() == 0


def test_likely_doubles_are_offered_and_anybody_is_found(two: tuple[Contact, Contact]) -> None:
    survivor, merged = two
    twin = make_contact(first_name="Ada", last_name=survivor.last_name)
    client = browser(*MERGER)
    where = f"{LIST}{survivor.pk}/merge/"

    assert address(survivor, twin) in client.get(where).content.decode()
    assert address(survivor, merged) in client.get(where, {"q": "347 2222222"}).content.decode()
    assert "Nessuno" in client.get(where, {"q": "zzz"}).content.decode()


def test_the_merged_contact_says_where_it_went_and_cannot_be_changed(
    two: tuple[Contact, Contact],
) -> None:
    survivor, merged = two
    merge_contacts(survivor=survivor, merged=merged, by=None, now=NOW)
    client = browser(*MERGER, "ask_consent")

    page = client.get(page_of(merged)).content.decode()

    assert f'href="{page_of(survivor)}"' in page
    assert 'name="_save"' not in page
    for deed in ("phone", "ask", "merge"):
        assert client.get(f"{LIST}{merged.pk}/{deed}/").status_code == 403


def test_the_list_shows_the_person_once_and_finds_her_by_the_other_number(
    two: tuple[Contact, Contact],
) -> None:
    survivor, merged = two
    merge_contacts(survivor=survivor, merged=merged, by=None, now=NOW)
    client = browser("view_contact")

    everybody = client.get(LIST).context["cl"].queryset
    found = client.get(LIST, {"q": "347 2222222"}).context["cl"].queryset

    assert list(everybody) == [survivor]
    assert list(found) == [survivor]


def test_the_card_shows_the_ledger_of_both_and_what_does_not_count() -> None:
    survivor = make_contact(phone=KEPT, marketing_consent="unknown")
    merged = make_contact(phone=GONE)
    merge_contacts(survivor=survivor, merged=merged, by=None, now=NOW)

    page = browser("view_contact").get(page_of(survivor)).content.decode()

    assert "Casella spuntata al checkout" in page
    assert "non conta" in page
    assert GONE in page


# Another number


def renumber(client: Client, contact: Contact, **body: Any) -> Any:
    return client.post(
        f"{LIST}{contact.pk}/phone/", {"phone": "347 9999999", "why": "ha chiamato"} | body
    )


def test_a_number_is_changed_with_its_reason(two: tuple[Contact, Contact]) -> None:
    answer = renumber(browser("view_contact", "change_contact"), two[0])

    change = PhoneChange.objects.get()
    assert answer.status_code == 302
    assert (change.old_phone, change.new_phone, change.why) == (
        KEPT,
        "+393479999999",
        "ha chiamato",
    )


def test_a_consent_said_again_is_recorded_on_the_same_page(two: tuple[Contact, Contact]) -> None:
    client = browser("view_contact", "change_contact")

    renumber(client, two[0], purposes=["whatsapp_marketing"], evidence="al telefono")

    assert Contact.objects.get(pk=two[0].pk).marketing_consent == "given"


def test_the_number_of_another_contact_leads_to_the_merge(two: tuple[Contact, Contact]) -> None:
    page = renumber(browser(*MERGER), two[0], phone=GONE)

    assert page.status_code == 422
    assert address(two[1], two[0]) in page.content.decode()
    assert PhoneChange.objects.count() == 0


@pytest.mark.parametrize(
    "body", [{"phone": "02 123456"}, {"why": ""}, {"purposes": ["whatsapp_marketing"]}]
)
def test_a_change_that_says_too_little_is_refused(
    two: tuple[Contact, Contact], body: dict[str, Any]
) -> None:
    assert renumber(browser("view_contact", "change_contact"), two[0], **body).status_code == 422

    assert PhoneChange.objects.count() == 0


def test_looking_at_the_page_changes_nothing_and_a_reader_is_kept_out(
    two: tuple[Contact, Contact],
) -> None:
    where = f"{LIST}{two[0].pk}/phone/"

    assert browser("view_contact", "change_contact").get(where).status_code == 200
    assert browser("view_contact").post(where, {"phone": "347 9999999"}).status_code == 403
    assert PhoneChange.objects.count() == 0


# A consent in two steps


def ask(client: Client, contact: Contact, **body: str) -> Any:
    said = {
        "purpose": "whatsapp_marketing",
        "source": "modulo",
        "evidence": "casella 3",
        "choice": "",
    }
    return client.post(f"{LIST}{contact.pk}/ask/", said | body)


def test_a_question_is_opened_and_its_link_is_on_the_card() -> None:
    contact = make_contact(marketing_consent="unknown")
    client = browser("view_contact", "ask_consent")

    ask(client, contact)

    page = client.get(page_of(contact)).content.decode()
    assert ConsentRequest.objects.get().is_open(now=timezone.now())
    assert "http://testserver/consent/" in page
    assert "in attesa" in page.lower()


def test_whoever_was_asked_stands_as_asked_in_the_list() -> None:
    contact = make_contact(marketing_consent="unknown")
    client = browser("view_contact", "ask_consent")
    ask(client, contact)

    assert "Chiesto" in client.get(LIST).content.decode()


def test_a_question_without_evidence_is_refused() -> None:
    contact = make_contact(marketing_consent="unknown")

    assert ask(browser("view_contact", "ask_consent"), contact, evidence="").status_code == 422

    assert ConsentRequest.objects.count() == 0


def test_asking_needs_its_permission() -> None:
    contact = make_contact(marketing_consent="unknown")

    assert ask(browser("view_contact", "change_contact"), contact).status_code == 403
    assert ConsentRequest.objects.count() == 0
