"""What people ask about their data: heard once, found by what Shopify names, told whole, erased everywhere."""

from datetime import timedelta

import pytest
from django.db import connection

from audiences.consent import record_consent, withdraw_consent
from audiences.contact_sync.newcomers import add_newcomers
from audiences.contacts import ContactData, upsert_contact
from audiences.identity import normalise_phone
from audiences.models import ConsentRecord, Contact, ContactErasure
from audiences.snapshots import is_intact, take_snapshot
from conversations.models import Message, SpokiDelivery
from orders.customers.handlers import HANDLERS
from orders.deliveries import Arrival, Received, store_delivery
from orders.models import (
    CodEvent,
    Order,
    Parcel,
    PrivacyRequest,
    Shop,
    ShopifyCustomer,
    ShopifyDelivery,
)
from orders.privacy.carrying import carry_out_due, gather
from orders.shopify.payloads import Unreadable, read_order
from orders.shops import current_shop
from orders.taking import take_order
from spoki import Contact as AtSpoki
from tests.conftest import NOW
from tests.factories.audiences import make_contact, make_segment
from tests.factories.orders import make_checkout, make_order

pytestmark = pytest.mark.django_db

PHONE = "+393471234567"
EMAIL = "giulia@example.com"
SHOP = "prova.myshopify.com"


def hear(topic, **body):
    received = Received(
        topic=topic, shop_domain=SHOP, triggered_at=NOW, received_at=NOW, webhook_id="b54557e4"
    )
    return HANDLERS[topic](body, received, NOW)


def redact(*, orders=(), **customer):
    return hear(
        "customers/redact", shop_id=954889, customer=customer, orders_to_redact=list(orders)
    )


@pytest.fixture
def giulia():
    """A customer with an order on its way, a cart, a conversation and a raw delivery."""
    person = make_contact(
        phone=PHONE,
        email=EMAIL,
        first_name="Giulia",
        last_name="Zampetti",
        marketing_consent="unknown",
    )
    account = ShopifyCustomer.objects.create(
        shopify_id=191167, contact=person, phone=PHONE, email=EMAIL, said={"last_name": "Zampetti"}
    )
    order = make_order(
        contact=person,
        customer=account,
        shopify_id=299938,
        phone=PHONE,
        email=EMAIL,
        note="Citofono Zampetti",
        shipping_address={
            "name": "Giulia Zampetti",
            "address1": "Via Roma 1",
            "province_code": "NA",
        },
        is_cod=True,
    )
    Parcel.objects.create(shopify_id=5, order=order, tracking_number="BRT55", name="#1001.1")
    CodEvent.objects.create(order=order, at=NOW, verb="asked", evidence="sono Giulia Zampetti")
    make_checkout(contact=person, email=EMAIL, phone=PHONE, token="abc")
    Message.objects.create(
        uuid="m1",
        direction="inbound",
        contact=person,
        phone=PHONE,
        text="Zampetti qui",
        at=NOW,
        news_at=NOW,
    )
    SpokiDelivery.objects.create(
        body_hash="1", body=b'{"from": "393471234567"}', received_at=NOW, due_at=NOW, state="done"
    )
    arrival = Arrival(shop_domain=SHOP, webhook_id="w1", topic="orders/create")
    store_delivery(arrival=arrival, body=b'{"id": 1, "email": "giulia@example.com"}', now=NOW)
    ShopifyDelivery.objects.update(state="done")
    return person


def rows_with(text):
    """The tables of which a row holds the text in any of its columns."""
    tables = connection.introspection.table_names()
    found = []
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(
                f'SELECT count(*) FROM "{table}" AS t WHERE t::text ILIKE %s',  # noqa: S608 - our own tables
                [f"%{text}%"],
            )
            if cursor.fetchone()[0]:
                found.append(table)
    return found


def test_nothing_of_a_forgotten_customer_is_left_in_any_table(giulia):
    redact(id=191167, email=EMAIL, phone=PHONE, orders=[299938])

    assert carry_out_due(now=NOW) == 1

    for text in ("zampetti", "giulia@", "3471234567", "via roma", "BRT55"):
        assert rows_with(text) == []
    body = SpokiDelivery.objects.get()
    assert (bytes(body.body), body.outcome) == (b"", "erased")


def test_that_something_was_bought_stays_for_the_books_and_the_figures(giulia):
    redact(id=191167, orders=[299938])

    carry_out_due(now=NOW)

    order = Order.objects.get()
    assert (order.total_cents, order.is_cod, order.erased_at) == (6490, True, NOW)
    assert order.shipping_address == {"province_code": "NA"}


def test_an_erasure_is_written_down_with_what_it_did(giulia):
    redact(id=191167, email=EMAIL, phone=PHONE)

    carry_out_due(now=NOW)

    request = PrivacyRequest.objects.get()
    assert (request.state, request.done_at, request.email) == ("done", NOW, "")
    assert request.figures["contacts"] == 1
    assert ContactErasure.objects.get().contact == giulia


def test_a_request_that_comes_twice_is_kept_once(giulia):
    redact(id=191167, email=EMAIL)
    redact(id=191167, email=EMAIL)

    assert PrivacyRequest.objects.count() == 1


@pytest.mark.parametrize(
    "customer",
    [
        {"id": "191167"},
        {"id": 42, "email": "GIULIA@example.com"},
        {"id": 42, "phone": "347 123 4567"},
    ],
    ids=["by id as text", "else by e-mail", "else by phone"],
)
def test_a_customer_is_found_by_id_else_e_mail_else_phone(giulia, customer):
    redact(**customer)

    carry_out_due(now=NOW)

    giulia.refresh_from_db()
    assert giulia.phone is None


def test_a_customer_nobody_knows_by_name_is_found_by_the_orders(giulia):
    ShopifyCustomer.objects.all().delete()

    redact(id=42, orders=["299938"])
    carry_out_due(now=NOW)

    giulia.refresh_from_db()
    assert (giulia.phone, Order.objects.get().email) == (None, "")


def test_who_has_a_number_in_common_keeps_it(giulia):
    ShopifyCustomer.objects.create(
        shopify_id=8, contact=giulia, phone=PHONE, email="marco@example.com"
    )

    redact(id=191167, email=EMAIL)
    carry_out_due(now=NOW)

    giulia.refresh_from_db()
    assert (giulia.phone, giulia.last_name) == (PHONE, "")
    assert Order.objects.get().contact is None


def test_nobody_else_is_erased(giulia):
    other = make_contact(phone="+393479999999", email="marco@example.com")
    order = make_order(contact=other, email="marco@example.com")

    redact(id=191167, email=EMAIL, phone=PHONE, orders=[299938])
    carry_out_due(now=NOW)

    other.refresh_from_db()
    order.refresh_from_db()
    assert (other.phone, order.email, order.contact) == (
        "+393479999999",
        "marco@example.com",
        other,
    )


def test_late_news_brings_nothing_of_a_forgotten_customer_back(giulia):
    redact(id=191167)
    carry_out_due(now=NOW)

    hear("customers/update", id=191167, email=EMAIL, phone=PHONE, updated_at="2026-11-24T10:00:00Z")

    assert ShopifyCustomer.objects.get().email == ""
    assert not Contact.objects.filter(phone=PHONE).exists()


def test_a_late_body_of_the_order_brings_nothing_of_her_back_and_the_rest_goes_on(giulia):
    redact(id=191167, orders=[299938])
    carry_out_due(now=NOW)

    late = read_order(
        {
            "id": 299938,
            "name": "#1001",
            "email": EMAIL,
            "phone": PHONE,
            "note": "Citofono Zampetti",
            "customer": {"id": 191167, "email": EMAIL, "last_name": "Zampetti"},
            "shipping_address": {
                "name": "Giulia Zampetti",
                "address1": "Via Roma 1",
                "phone": PHONE,
            },
            "financial_status": "paid",
            "total_price": "64.90",
            "updated_at": "2027-01-24T10:00:00Z",
        }
    )
    take_order(payload=late, now=NOW)

    for text in ("zampetti", "giulia@", "3471234567", "via roma"):
        assert rows_with(text) == []
    assert Order.objects.get().financial_status == "paid"


def test_a_customer_never_heard_of_is_still_known_as_forgotten():
    redact(id=191167, email=EMAIL)
    carry_out_due(now=NOW)

    outcome = hear("customers/update", id=191167, phone=PHONE, updated_at="2026-11-24T10:00:00Z")

    assert outcome.word == "customer_gone"
    assert not Contact.objects.exists()


def test_spoki_does_not_bring_a_forgotten_person_back(giulia):
    redact(id=191167)
    carry_out_due(now=NOW)

    assert add_newcomers([AtSpoki(id=1, phone=PHONE)], now=NOW) == []


def test_who_had_unsubscribed_stays_so_when_an_old_list_brings_the_number_back(giulia):
    withdraw_consent(contact=giulia, source="chat", evidence="STOP", at=NOW, now=NOW)
    redact(id=191167)
    carry_out_due(now=NOW)

    done = upsert_contact(
        data=ContactData(phone=normalise_phone(PHONE)), by=None, now=NOW + timedelta(days=1)
    )

    assert Contact.objects.get(pk=done.contact_id).marketing_consent == "withdrawn"


def test_declarations_stay_as_facts_without_number_or_words(giulia):
    record_consent(
        contact=giulia,
        purpose="order_updates",
        state="given",
        source="checkout",
        evidence="sono Giulia",
        at=NOW,
        now=NOW,
    )
    redact(id=191167)
    carry_out_due(now=NOW)

    record = ConsentRecord.objects.get()
    assert (record.state, record.source, record.at) == ("given", "checkout", NOW)
    assert (record.phone, record.evidence) == ("erased", "erased")
    giulia.refresh_from_db()
    assert giulia.orders_consent == "unknown"


def test_a_snapshot_is_intact_after_one_of_its_members_was_forgotten(giulia):
    record_consent(
        contact=giulia,
        purpose="whatsapp_marketing",
        state="given",
        source="checkout",
        evidence="casella",
        at=NOW,
        now=NOW,
    )
    snapshot = take_snapshot(segment_version=make_segment(), by=None, now=NOW)
    redact(id=191167)
    carry_out_due(now=NOW)

    assert is_intact(snapshot)
    assert snapshot.members.get().phone == ""


def test_a_fault_leaves_the_request_to_be_tried_again(giulia, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("disk")

    redact(id=191167)
    monkeypatch.setattr("orders.privacy.keeping.erase_orders", broken)

    assert carry_out_due(now=NOW) == 0
    request = PrivacyRequest.objects.get()
    assert (request.state, request.attempts, request.error) == ("waiting", 1, "RuntimeError")
    assert request.due_at == NOW + timedelta(minutes=1)

    monkeypatch.undo()
    assert carry_out_due(now=NOW + timedelta(minutes=1)) == 1


def test_a_request_for_data_waits_for_a_person_with_everything_that_is_kept(giulia):
    hear(
        "customers/data_request",
        customer={"id": 191167, "email": EMAIL, "phone": PHONE},
        orders_requested=[299938],
        data_request={"id": 9999},
    )

    assert carry_out_due(now=NOW) == 0
    request = PrivacyRequest.objects.get()
    data = gather(request)["data"]
    assert (request.request_id, request.days_left(now=NOW)) == (9999, 30)
    assert data["contact"][0]["phone"] == PHONE
    assert data["orders"][0]["note"] == "Citofono Zampetti"
    assert data["conversation"][0]["text"] == "Zampetti qui"
    assert data["accounts"][0]["shopify_id"] == 191167


def test_a_body_that_names_nobody_cannot_be_used():
    with pytest.raises(Unreadable):
        redact()

    assert not PrivacyRequest.objects.exists()


def test_a_shop_that_is_still_connected_is_not_erased(giulia, settings):
    settings.SHOPIFY_SHOP_DOMAIN = SHOP
    hear("shop/redact", shop_id=954889, shop_domain=SHOP)

    assert carry_out_due(now=NOW) == 0
    assert PrivacyRequest.objects.get().error == "still_connected"
    assert Order.objects.get().email == EMAIL


def test_a_shop_that_removed_the_app_is_erased_to_the_last_row(giulia, settings):
    settings.SHOPIFY_SHOP_DOMAIN = SHOP
    Shop.objects.filter(pk=current_shop().pk).update(uninstalled_at=NOW)
    hear("shop/redact", shop_id=954889, shop_domain=SHOP)

    ended = [carry_out_due(now=NOW) for _turn in range(3)]

    assert sum(ended) == 1
    for text in ("zampetti", "giulia@", "3471234567"):
        assert rows_with(text) == []
