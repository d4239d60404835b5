"""The page of an order tells its whole story: parcels with courier news, confirmation, calls to Shopify."""

import pytest
from django.urls import reverse
from django.utils.html import strip_tags

from config.roles import AGENT, MARKETER
from orders.models import AddressChange, CodEvent, Parcel, ParcelEvent, ShopCall
from tests.conftest import NOW
from tests.factories.orders import make_order
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client):
    """Return the page of an order as an agent reads it in Italian."""
    client.force_login(make_member(AGENT), backend="django.contrib.auth.backends.ModelBackend")

    def of(order):
        answer = client.get(reverse("admin:orders_order_change", args=[order.pk]))
        assert answer.status_code == 200
        return answer.content.decode()

    return of


def test_parcels_are_shown_with_their_tracking_and_what_the_courier_said(page):
    order = make_order()
    parcel = Parcel.objects.create(
        order=order,
        name="#1001.1",
        status="success",
        shipment="out_for_delivery",
        courier="BRT",
        tracking_number="BRT55",
        tracking_url="https://vas.brt.it/55",
    )
    ParcelEvent.objects.create(parcel=parcel, status="attempted_delivery", happened_at=NOW)
    ParcelEvent.objects.create(parcel=parcel, status="drone_lost", happened_at=NOW)

    shown = page(order)

    assert 'href="https://vas.brt.it/55"' in shown
    assert "Consegna tentata" in shown
    assert "drone_lost" in shown


def test_an_address_that_is_no_page_is_no_link(page):
    order = make_order()
    Parcel.objects.create(order=order, tracking_number="X1", tracking_url="javascript:alert(1)")

    assert "javascript:" not in page(order)


def test_a_confirmation_is_shown_step_by_step_with_the_customers_words(page):
    order = make_order(is_cod=True, cod_status="confirmed")
    CodEvent.objects.create(order=order, at=NOW, verb="confirmed", evidence="sì <b>confermo</b>")

    shown = page(order)

    assert "sì &lt;b&gt;confermo&lt;/b&gt;" in shown


def test_why_an_order_is_not_asked_is_said_in_words(page):
    order = make_order(is_cod=True, cod_status="not_eligible", cod_reason="no_orders_consent")

    shown = page(order)

    assert "no_orders_consent" not in shown
    assert "Non viene chiesta conferma:" in shown


def test_a_change_of_address_shows_both_and_a_call_what_shopify_was_told(page):
    order = make_order(
        is_cod=True,
        shipping_address={"address1": "Via Roma", "city": "Napoli", "country_code": "IT"},
    )
    AddressChange.objects.create(
        order=order, asked_at=NOW, old_address={"address1": "Via Roma"}, typed_text="Via Verdi 2"
    )
    ShopCall.objects.create(
        order=order,
        key="tag:confirmed:1",
        kind="add_tags",
        payload={"tags": ["COD-confermato"]},
        created_at=NOW,
        due_at=NOW,
    )

    shown = page(order)

    assert "Via Verdi 2" in shown
    assert "COD-confermato" in shown
    assert "manca il numero civico" in shown


def test_who_plans_campaigns_sees_no_orders(client):
    client.force_login(make_member(MARKETER), backend="django.contrib.auth.backends.ModelBackend")
    order = make_order()

    assert client.get(reverse("admin:orders_order_change", args=[order.pk])).status_code == 403


@pytest.mark.parametrize(
    ("word", "shown"),
    [("pending", "Da pagare"), ("paid", "Pagato"), ("frozen_by_bank", "frozen_by_bank"), ("", "–")],
)
def test_the_payment_is_told_in_words_and_an_unknown_state_as_it_came(page, word, shown):
    html = page(make_order(financial_status=word))

    # Its name stands before it, and the delivery follows.
    told = strip_tags(html).partition("Pagamento")[2].partition("Consegna")[0]
    assert told.strip() == shown


def test_the_language_of_an_order_is_called_by_its_name(page):
    text = page(make_order(language="de"))

    assert "Tedesco" in text
    assert ">de<" not in text
