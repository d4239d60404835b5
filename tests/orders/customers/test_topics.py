"""Topics about customers, driven with bodies in the shape that Shopify documents."""

from datetime import timedelta

import pytest

from audiences.consent import record_consent, withdraw_consent
from audiences.models import ConsentRecord, Contact, ContactMerge
from orders.customers.handlers import HANDLERS
from orders.deliveries import Received
from orders.models import Shop, ShopifyCustomer
from orders.shopify.payloads.reading import Unreadable
from orders.shops import current_shop
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.orders import make_order

pytestmark = pytest.mark.django_db

PHONE = "+393471234567"
HOUR = timedelta(hours=1)


def hear(topic, body, *, at=NOW):
    received = Received(
        topic=topic,
        shop_domain="prova.myshopify.com",
        triggered_at=at,
        received_at=NOW,
        webhook_id="b54557e4",
    )
    return HANDLERS[topic](body, received, NOW)


def customer(**changes):
    """A body of customers/update as it is since API 2025-01."""
    return {
        "id": 7001,
        "email": "giulia@example.com",
        "first_name": "Giulia",
        "last_name": "Bianchi",
        "phone": PHONE,
        "state": "disabled",
        "note": None,
        "verified_email": True,
        "tax_exempt": False,
        "currency": "EUR",
        "addresses": [],
        "default_address": {
            "first_name": "Giulia",
            "last_name": "Bianchi",
            "address1": "Via Roma 1",
            "address2": None,
            "city": "Napoli",
            "zip": "80100",
            "province": "Napoli",
            "province_code": "NA",
            "country": "Italy",
            "country_code": "IT",
            "phone": "347 1234567",
        },
        "updated_at": "2026-11-23T10:30:00+01:00",
        "admin_graphql_api_id": "gid://shopify/Customer/7001",
    } | changes


def whatsapp(state, *, at="2026-11-23T09:30:00Z", phone=PHONE, **changes):
    inside = {
        "state": state,
        "opt_in_level": "single_opt_in",
        "updated_at": at,
        "collected_from": "other",
    }
    return {
        "customer_id": 7001,
        "phone_number": phone,
        "whats_app_marketing_consent": inside,
    } | changes


@pytest.fixture
def sources():
    def to(*rows):
        Shop.objects.filter(pk=current_shop().pk).update(consent_sources=list(rows))

    return to


def consents():
    person = Contact.objects.get()
    return person.marketing_consent, person.orders_consent


def test_a_customer_becomes_a_contact():
    assert hear("customers/create", customer()).word == "customer"

    person = Contact.objects.get()
    assert (person.phone, person.full_name) == (PHONE, "Giulia Bianchi")


def test_a_customer_without_account_phone_is_known_by_the_mobile_of_her_address():
    hear("customers/create", customer(phone=None))

    assert Contact.objects.get().phone == PHONE


def test_a_landline_in_an_address_makes_no_contact():
    address = customer()["default_address"] | {"phone": "081 5551234"}

    hear("customers/create", customer(phone=None, default_address=address))

    assert not Contact.objects.exists()
    assert ShopifyCustomer.objects.get().contact is None


def test_an_update_that_arrives_before_an_older_one_stands():
    hear("customers/update", customer(last_name="Rossi", updated_at="2026-11-23T10:40:00+01:00"))

    outcome = hear("customers/create", customer())

    assert (outcome.word, outcome.is_used) == ("stale", False)
    assert Contact.objects.get().last_name == "Rossi"


def test_a_customer_without_id_cannot_be_read():
    with pytest.raises(Unreadable):
        hear("customers/create", {"email": "giulia@example.com"})

    assert not ShopifyCustomer.objects.exists()


def test_a_native_consent_covers_marketing_and_order_updates_of_the_number_it_names():
    hear("customers/create", customer())

    hear("customers_whats_app_marketing_consent/update", whatsapp("subscribed"))

    assert consents() == ("given", "given")
    record = ConsentRecord.objects.filter(purpose="whatsapp_marketing").get()
    assert (record.at, record.phone, record.source) == (NOW, PHONE, "shopify: whatsapp")
    assert record.evidence.startswith("customer 7001: subscribed, single_opt_in, other, ")


def test_a_consent_that_arrives_before_its_customer_makes_her_known():
    hear("customers_whats_app_marketing_consent/update", whatsapp("subscribed"))
    hear("customers/create", customer())

    assert consents() == ("given", "given")
    assert Contact.objects.get().full_name == "Giulia Bianchi"


def test_a_consent_without_a_number_waits_until_the_account_has_one():
    hear("customers_whats_app_marketing_consent/update", whatsapp("subscribed", phone=None))
    assert not Contact.objects.exists()

    hear("customers/create", customer())

    assert consents() == ("given", "given")


@pytest.mark.parametrize("state", [None, "pending", "not_subscribed", "new_word"])
def test_what_is_no_subscription_is_no_consent(state):
    hear("customers/create", customer())

    hear("customers_whats_app_marketing_consent/update", whatsapp(state))

    assert consents() == ("unknown", "unknown")
    assert not ConsentRecord.objects.exists()


def test_the_documented_body_in_which_everything_is_null_says_nothing():
    body = whatsapp(None, at=None, phone=None)

    assert hear("customers_whats_app_marketing_consent/update", body).word == "no_state"
    assert not ShopifyCustomer.objects.exists()


@pytest.mark.parametrize("state", ["unsubscribed", "redacted", "not_subscribed"])
def test_whoever_leaves_marketing_keeps_the_messages_about_her_orders(state):
    hear("customers/create", customer())
    hear("customers_whats_app_marketing_consent/update", whatsapp("subscribed"))

    hear(
        "customers_whats_app_marketing_consent/update",
        whatsapp(state, at="2026-11-23T09:31:00Z"),
    )

    assert consents() == ("withdrawn", "given")


def test_a_withdrawal_heard_before_the_older_consent_stands():
    hear("customers/create", customer())
    topic = "customers_whats_app_marketing_consent/update"
    hear(topic, whatsapp("unsubscribed", at="2026-11-23T09:31:00Z"))

    assert hear(topic, whatsapp("subscribed")).word == "stale"
    assert consents()[0] == "withdrawn"


def test_a_stop_in_the_chat_beats_an_older_consent_and_yields_to_a_newer_one():
    hear("customers/create", customer())
    person = Contact.objects.get()
    stopped_at = NOW - timedelta(minutes=10)
    withdraw_consent(contact=person, source="chat", evidence="STOP", at=stopped_at, now=NOW)
    topic = "customers_whats_app_marketing_consent/update"

    hear(topic, whatsapp("subscribed", at="2026-11-23T09:00:00Z"))
    assert consents()[0] == "withdrawn"

    hear(topic, whatsapp("subscribed", at="2026-11-23T09:25:00Z"))
    assert consents()[0] == "given"


def test_a_consent_without_a_moment_never_brings_back_who_has_unsubscribed():
    hear("customers/create", customer())
    person = Contact.objects.get()
    withdraw_consent(contact=person, source="chat", evidence="STOP", at=NOW - HOUR, now=NOW)

    hear("customers_whats_app_marketing_consent/update", whatsapp("subscribed", at=None))

    assert consents()[0] == "withdrawn"


def test_an_sms_consent_counts_only_where_the_shop_says_that_it_covers_whatsapp(sources):
    body = {
        "id": 7001,
        "phone": PHONE,
        "sms_marketing_consent": {
            "state": "subscribed",
            "opt_in_level": "single_opt_in",
            "consent_updated_at": "2026-11-23T09:30:00Z",
            "consent_collected_from": "other",
        },
    }
    hear("customers_marketing_consent/update", body)
    assert consents() == ("unknown", "unknown")

    sources({"kind": "native"}, {"kind": "sms"})
    hear("customers/update", customer(updated_at="2026-11-23T10:40:00+01:00"))

    assert consents() == ("given", "given")


def test_an_email_consent_says_nothing_of_whatsapp():
    hear("customers/create", customer())
    inside = {"state": "subscribed", "opt_in_level": "single_opt_in", "consent_updated_at": None}
    body = {
        "customer_id": 7001,
        "email_address": "giulia@example.com",
        "email_marketing_consent": inside,
    }

    outcome = hear("customers_email_marketing_consent/update", body)

    assert (outcome.word, outcome.is_used) == ("email_only", False)
    assert consents() == ("unknown", "unknown")


def tagged(topic, *tags, at="2026-11-23T09:30:00.000Z"):
    body = {"customerId": "gid://shopify/Customer/7001", "occurredAt": at, "tags": list(tags)}
    return hear(f"customer.tags_{topic}", body)


def test_a_tag_that_stands_for_a_consent_gives_it_and_takes_it_away(sources):
    sources({"kind": "tag", "name": "WhatsApp OK"})
    hear("customers/create", customer())

    tagged("added", "whatsapp ok", "vip")
    assert consents() == ("given", "given")

    tagged("removed", "whatsapp ok", at="2026-11-23T09:31:00Z")
    assert consents() == ("withdrawn", "withdrawn")
    assert Contact.objects.get().tags == ["vip"]


def test_of_one_tag_the_later_news_counts_whatever_comes_first():
    hear("customers/create", customer())

    tagged("removed", "vip", at="2026-11-23T09:31:00Z")
    tagged("added", "vip")

    assert Contact.objects.get().tags == []


def merge(status="completed", **changes):
    body = {
        "admin_graphql_api_customer_kept_id": "gid://shopify/Customer/7002",
        "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/7001",
        "admin_graphql_api_job_id": None,
        "status": status,
        "errors": [],
    } | changes
    return hear("customers/merge", body)


def test_a_merge_that_failed_changes_nothing():
    hear("customers/create", customer())
    errors = [{"customer_ids": [1], "field": "merge_in_progress", "message": "…"}]

    assert merge("failed", errors=errors).word == "not_merged"
    assert ShopifyCustomer.objects.get().gone_at is None


def test_accounts_that_are_merged_lead_to_one_contact_with_the_orders_of_both():
    hear("customers/create", customer())
    hear(
        "customers/create",
        customer(
            id=7002, admin_graphql_api_id="gid://shopify/Customer/7002", phone="+393479999999"
        ),
    )
    gone = ShopifyCustomer.objects.get(shopify_id=7001)
    order = make_order(contact=gone.contact, customer=gone)

    merge()
    merge()

    kept = ShopifyCustomer.objects.get(shopify_id=7002)
    order.refresh_from_db()
    assert (order.customer, order.contact) == (kept, kept.contact)
    assert ContactMerge.objects.count() == 1


def test_a_merge_leaves_a_contact_that_somebody_else_has_as_well():
    hear("customers/create", customer())
    hear("customers/create", customer(id=7003, admin_graphql_api_id="gid://shopify/Customer/7003"))
    hear(
        "customers/create",
        customer(
            id=7002, admin_graphql_api_id="gid://shopify/Customer/7002", phone="+393479999999"
        ),
    )

    merge()

    assert not ContactMerge.objects.exists()
    assert Contact.objects.get(shopify_customers__shopify_id=7003).phone == PHONE


def test_what_comes_late_of_a_merged_account_changes_nobody():
    hear("customers/create", customer())
    merge()

    outcome = hear(
        "customers/update", customer(last_name="Rossi", updated_at="2026-11-24T10:30:00Z")
    )

    assert outcome.word == "customer_gone"
    assert Contact.objects.get().last_name == "Bianchi"


def test_a_deleted_customer_says_nothing_any_more_and_the_contact_stays():
    hear("customers/create", customer())

    hear("customers/delete", {"id": 7001, "phone": None, "addresses": [], "tax_exemptions": []})

    assert ShopifyCustomer.objects.get().gone_at == NOW
    assert Contact.objects.get().phone == PHONE


def test_the_removal_of_the_app_closes_the_shop_until_somebody_connects_it_again(settings):
    settings.SHOPIFY_SHOP_DOMAIN = "prova.myshopify.com"

    assert hear("app/uninstalled", {"id": 1, "myshopify_domain": None}).word == "uninstalled"
    assert current_shop().uninstalled_at == NOW


def test_old_news_of_a_removal_does_not_close_a_shop_that_is_connected_again(settings):
    settings.SHOPIFY_SHOP_DOMAIN = "prova.myshopify.com"
    Shop.objects.filter(pk=current_shop().pk).update(connected_at=NOW)

    hear("app/uninstalled", {"id": 1}, at=NOW - HOUR)

    assert current_shop().uninstalled_at is None


def test_the_removal_of_the_app_from_another_shop_is_none_of_ours(settings):
    settings.SHOPIFY_SHOP_DOMAIN = "altro.myshopify.com"

    assert hear("app/uninstalled", {"id": 1}).word == "unknown_shop"
    assert current_shop().uninstalled_at is None


def test_a_consent_given_elsewhere_later_is_not_undone_by_an_older_unsubscription():
    hear("customers/create", customer())
    record_consent(
        contact=Contact.objects.get(),
        purpose="whatsapp_marketing",
        state="given",
        source="landing page",
        evidence="modulo 12",
        at=NOW,
        now=NOW,
    )

    hear(
        "customers_whats_app_marketing_consent/update",
        whatsapp("unsubscribed", at="2026-11-23T09:00:00Z"),
    )

    assert consents()[0] == "given"


def test_an_account_that_shares_a_number_speaks_for_the_number():
    make_contact(phone=PHONE, marketing_consent="unknown")
    hear("customers_whats_app_marketing_consent/update", whatsapp("subscribed"))
    hear(
        "customers_whats_app_marketing_consent/update",
        whatsapp("unsubscribed", at="2026-11-23T09:31:00Z", customer_id=7002),
    )

    assert consents()[0] == "withdrawn"


def test_a_consent_that_comes_a_moment_after_the_order_lets_the_order_be_asked():
    hear("customers/create", customer())
    order = make_order(
        contact=Contact.objects.get(),
        is_cod=True,
        cod_status="not_eligible",
        cod_reason="no_orders_consent",
        gateway_names=["Contrassegno"],
    )

    hear("customers_whats_app_marketing_consent/update", whatsapp("subscribed"))

    order.refresh_from_db()
    assert (order.cod_status, order.cod_reason) == ("to_ask", "")
