"""Whom an order is about, and what it says of her consent."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from audiences.consent import withdraw_consent
from audiences.identity import normalise_phone
from audiences.models import ConsentRecord, Contact
from audiences.movers import Follow
from orders.customers.accounts import take_customer
from orders.models import Shop, ShopifyCustomer
from orders.people import contact_of, learn_consent_from_order
from orders.shopify.payloads.address import Address
from orders.shopify.payloads.customer import ConsentPayload, CustomerPayload
from orders.shopify.payloads.order import OrderPayload
from orders.shops import current_shop
from tests.conftest import NOW
from tests.factories.audiences import make_contact

pytestmark = pytest.mark.django_db

GIULIA = normalise_phone("+393471234567")
MARCO = normalise_phone("+393479999999")
HOME = Address(
    name="Giulia Bianchi",
    address1="Via Roma 1",
    zip="80100",
    city="Napoli",
    province_code="NA",
    country_code="IT",
)
ACCOUNT = CustomerPayload(
    id=7001,
    email="giulia@example.com",
    first_name="Giulia",
    last_name="Bianchi",
    default_address=HOME,
    updated_at=NOW,
)


def found(**changes):
    asked: dict[str, Any] = {
        "phone": GIULIA,
        "customer": ACCOUNT,
        "address": HOME,
        "language": "it",
        "now": NOW,
    }
    return contact_of(**asked | changes)


def order(**changes):
    fields: dict[str, Any] = {"id": 9001, "name": "#1001", "created_at": NOW, "updated_at": NOW}
    return OrderPayload(**fields | changes)


@pytest.fixture
def sources():
    """Have the shop look for consent in these places."""

    def to(*rows):
        shop = current_shop()
        Shop.objects.filter(pk=shop.pk).update(consent_sources=list(rows))

    return to


def test_an_order_makes_its_person_known_with_name_language_and_place():
    person = found(language="en")

    assert (person.phone, person.full_name, person.language) == (
        GIULIA.e164,
        "Giulia Bianchi",
        "en",
    )
    assert (person.province, person.country, person.attributes["zip"]) == ("NA", "IT", "80100")
    assert ShopifyCustomer.objects.get(shopify_id=7001).contact == person


def test_the_same_order_again_makes_nobody_new():
    person = found()

    assert found() == person
    assert Contact.objects.count() == 1


def test_an_order_without_customer_is_about_whoever_the_parcel_is_for():
    person = found(customer=None)

    assert person.full_name == "Giulia Bianchi"


def test_an_order_without_any_phone_is_about_nobody_yet_and_its_account_is_kept():
    assert found(phone=None) is None
    assert ShopifyCustomer.objects.get(shopify_id=7001).contact is None


def test_an_order_without_phone_is_about_the_contact_of_its_account():
    person = found()

    assert found(phone=None) == person


def test_a_present_is_about_who_gets_it_and_the_account_keeps_its_own_contact():
    giver = found()
    address = replace(HOME, name="Marco Verdi", first_name="Marco", last_name="Verdi")

    receiver = found(phone=MARCO, address=address)

    assert receiver.full_name == "Marco Verdi"
    assert ShopifyCustomer.objects.get(shopify_id=7001).contact == giver


def test_an_account_that_waited_for_a_phone_leads_to_the_person_once_an_order_tells_it():
    take_customer(payload=ACCOUNT, now=NOW)

    person = found()

    assert ShopifyCustomer.objects.get(shopify_id=7001).contact == person


def test_two_accounts_with_one_phone_lead_to_one_contact():
    first = take_customer(payload=replace(ACCOUNT, phone=GIULIA.e164), now=NOW)
    other = take_customer(payload=replace(ACCOUNT, id=7002, phone=GIULIA.e164), now=NOW)

    assert first.contact_id == other.contact_id
    assert Contact.objects.count() == 1


def test_an_account_whose_number_changes_takes_its_contact_along():
    before = take_customer(payload=replace(ACCOUNT, phone=GIULIA.e164), now=NOW)
    later = replace(ACCOUNT, phone=MARCO.e164, updated_at=NOW + timedelta(hours=1))

    after = take_customer(payload=later, now=NOW)

    assert after.contact_id == before.contact_id
    assert Contact.objects.get().phone == MARCO.e164


def test_a_consent_for_the_old_number_does_not_count_for_the_new_one():
    consent = ConsentPayload(state="subscribed", at=NOW, phone=GIULIA.e164)
    take_customer(payload=replace(ACCOUNT, phone=GIULIA.e164, whatsapp_consent=consent), now=NOW)
    later = replace(ACCOUNT, phone=MARCO.e164, updated_at=NOW + timedelta(hours=1))

    take_customer(payload=later, now=NOW)

    assert Contact.objects.get().marketing_consent == "unknown"


def test_an_account_that_shares_its_number_leaves_the_contact_to_the_other():
    shared = take_customer(payload=replace(ACCOUNT, phone=GIULIA.e164), now=NOW)
    take_customer(payload=replace(ACCOUNT, id=7002, phone=GIULIA.e164), now=NOW)
    later = replace(ACCOUNT, phone=MARCO.e164, updated_at=NOW + timedelta(hours=1))

    moved = take_customer(payload=later, now=NOW)

    assert Contact.objects.get(pk=shared.contact_id or 0).phone == GIULIA.e164
    assert Contact.objects.get(pk=moved.contact_id or 0).phone == MARCO.e164


def test_an_account_with_the_number_of_somebody_we_know_leads_to_that_contact():
    marco = make_contact(phone=MARCO.e164)
    take_customer(payload=replace(ACCOUNT, phone=GIULIA.e164), now=NOW)
    later = replace(ACCOUNT, phone=MARCO.e164, updated_at=NOW + timedelta(hours=1))

    assert take_customer(payload=later, now=NOW).contact_id == marco.pk


def test_what_an_agent_corrected_is_not_undone_by_the_next_order():
    person = found()
    Contact.objects.filter(pk=person.pk).update(last_name="Bianchini")

    found(customer=replace(ACCOUNT, updated_at=NOW + timedelta(hours=1)))

    person.refresh_from_db()
    assert person.last_name == "Bianchini"


def test_what_the_shop_changes_later_is_taken_over():
    person = found()

    found(customer=replace(ACCOUNT, last_name="Rossi", updated_at=NOW + timedelta(hours=1)))

    person.refresh_from_db()
    assert person.last_name == "Rossi"


def test_older_news_of_an_account_changes_nothing():
    person = found()

    found(customer=replace(ACCOUNT, last_name="Rossi", updated_at=NOW - timedelta(hours=1)))

    person.refresh_from_db()
    assert person.last_name == "Bianchi"


def test_a_tag_taken_away_on_shopify_goes_and_those_of_others_stay():
    payload = replace(ACCOUNT, phone=GIULIA.e164, tags=("vip", "cani"))
    account = take_customer(payload=payload, now=NOW)
    Contact.objects.filter(pk=account.contact_id or 0).update(tags=["cani", "fiera", "vip"])

    later = replace(payload, tags=("cani",), updated_at=NOW + timedelta(hours=1))
    take_customer(payload=later, now=NOW)

    assert Contact.objects.get().tags == ["cani", "fiera"]


def test_a_box_ticked_in_an_order_is_a_consent_with_the_words_and_the_order_as_evidence(sources):
    sources({"kind": "attribute", "name": "WhatsApp", "value": "Sì"})
    person = found()

    learn_consent_from_order(
        payload=order(attributes={"whatsapp": "si"}, language="it"), contact=person, now=NOW
    )

    assert (person.orders_consent, person.marketing_consent) == ("given", "given")
    record = ConsentRecord.objects.filter(purpose="order_updates").get()
    assert record.evidence == "order #1001 (9001): “whatsapp” = “si” (it)"
    assert (record.phone, record.at) == (GIULIA.e164, NOW)


def test_a_source_that_covers_orders_only_gives_no_marketing(sources):
    sources({"kind": "attribute", "name": "WhatsApp", "purposes": ["order_updates"]})
    person = found()

    learn_consent_from_order(
        payload=order(attributes={"WhatsApp": "true"}), contact=person, now=NOW
    )

    assert (person.orders_consent, person.marketing_consent) == ("given", "unknown")


@pytest.mark.parametrize("value", ["", "no", "false", "0", "null"])
def test_what_is_no_yes_is_no_consent(sources, value):
    sources({"kind": "attribute", "name": "WhatsApp"})
    person = found()

    learn_consent_from_order(payload=order(attributes={"WhatsApp": value}), contact=person, now=NOW)

    assert not ConsentRecord.objects.exists()


def test_buyer_accepts_marketing_is_about_e_mail(sources):
    sources({"kind": "native"}, {"kind": "sms"})
    person = found()

    learn_consent_from_order(
        payload=order(attributes={"buyer_accepts_marketing": "true"}), contact=person, now=NOW
    )

    assert not ConsentRecord.objects.exists()


def test_an_older_order_never_undoes_a_stop_and_a_newer_one_does(sources):
    sources({"kind": "attribute", "name": "WhatsApp"})
    person = found()
    withdraw_consent(
        contact=person, source="chat", evidence="STOP", at=NOW - timedelta(hours=1), now=NOW
    )
    ticked = order(attributes={"WhatsApp": "true"}, created_at=NOW - timedelta(hours=2))

    learn_consent_from_order(payload=ticked, contact=person, now=NOW)
    assert person.marketing_consent == "withdrawn"

    learn_consent_from_order(payload=replace(ticked, created_at=NOW), contact=person, now=NOW)
    assert person.marketing_consent == "given"


def test_a_tag_never_brings_back_who_has_unsubscribed(sources):
    sources({"kind": "tag", "name": "whatsapp-ok"})
    person = found()
    withdraw_consent(
        contact=person, source="chat", evidence="STOP", at=NOW - timedelta(hours=1), now=NOW
    )

    learn_consent_from_order(payload=order(tags=("WhatsApp-OK",)), contact=person, now=NOW)

    assert person.marketing_consent == "withdrawn"


def test_accounts_follow_a_contact_that_is_merged():
    from orders.identity import follow_person

    account = take_customer(payload=replace(ACCOUNT, phone=GIULIA.e164), now=NOW)
    kept = make_contact()
    step = Follow(
        contact_id=kept.pk,
        merged_id=account.contact_id or 0,
        phone=kept.phone,
        zone="Europe/Rome",
        from_id=kept.pk,
        given_up=GIULIA.e164,
        now=NOW,
    )

    assert follow_person(step)["accounts"] == 1
    assert ShopifyCustomer.objects.get().contact == kept
