"""The pages of cash on delivery in a real browser: on a phone in the dark, at a desk in the light; nothing complains."""

import os
from datetime import timedelta

import pytest
from django.utils import timezone

from config.roles import AGENT
from orders.models import AddressChange, CodEvent, Order
from tests.campaigns import test_browser
from tests.campaigns.test_browser import chromium, open_as  # noqa: F401 - fixtures
from tests.factories.audiences import make_contact
from tests.factories.orders import make_order
from tests.factories.people import make_member

pytestmark = test_browser.pytestmark
PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
DESK = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"}
OLD = {
    "name": "Giulia Esposito", "first_name": "Giulia", "last_name": "Esposito", "address1": "Via Toledo",
    "zip": "80134", "city": "Napoli", "province_code": "NA", "country_code": "IT",
}  # fmt: skip


def cod(status, **changes):
    fields = {
        "is_cod": True, "cod_status": status, "shipping_address": OLD,
        "placed_at": timezone.now() - timedelta(days=1),
    }  # fmt: skip
    return make_order(contact=make_contact(last_name="Esposito"), **fields | changes)


@pytest.fixture
def change():
    """One of everything: silent, not asked, a wish of each kind, a question, a change that Shopify refused."""
    now = timezone.now()
    cod("unanswered")
    cod("unanswered", placed_at=now - timedelta(hours=1))
    cod("not_eligible", cod_reason="no_orders_consent")
    cancelled = cod("cancel_requested", answered_at=now)
    CodEvent.objects.create(
        order=cancelled, at=now, verb="cancel_requested", evidence="Annulla, ho sbagliato taglia"
    )
    asked = cod("asked", cod_question_at=now)
    CodEvent.objects.create(
        order=asked, at=now, verb="question", evidence="Posso pagare con il bancomat?"
    )
    AddressChange.objects.create(order=cod("change_requested"), asked_at=now, old_address=OLD)
    order = cod("change_requested")
    return AddressChange.objects.create(
        order=order, state="typed", asked_at=now, typed_at=now, old_address=OLD, reason="shipped",
        typed_text="Via Chiaia 8, scala B\n80121 Napoli (NA)",
    )  # fmt: skip


def test_the_pages_fit_and_are_accessible(open_as, change):  # noqa: F811
    agnese = make_member(AGENT, first_name="Agnese", last_name="Verdi")
    base = "/admin/orders/addresschange/"
    order = Order.objects.filter(cod_status="cancel_requested").get()
    pages = [
        (PHONE, "work/"),
        (PHONE, "calls/"),
        (PHONE, f"order/{change.order_id}/address/"),
        (DESK, f"order/{order.pk}/cancel/"),
        (DESK, "work/"),
    ]
    for number, (shape, address) in enumerate(pages):
        page = open_as(agnese, base + address, **shape)
        if folder := os.environ.get("SHOTS"):
            page.screenshot(path=f"{folder}/{number}.png", full_page=True)

        assert (address, test_browser.overflow(page)) == (address, 0)
        assert (address, test_browser.violations(page)) == (address, [])
        assert page.complaints == []
