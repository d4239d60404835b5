"""The page of deliveries in a real browser: readable, narrow, nothing complains."""

import pytest

from config.roles import ADMIN
from orders.models import ShopifyDelivery
from tests.campaigns import test_browser
from tests.campaigns.test_browser import chromium, open_as  # noqa: F401 - fixtures
from tests.factories.people import make_member
from tests.orders.receiving.hooks import order_body, receive, store

pytestmark = test_browser.pytestmark
LIST = "/admin/orders/shopifydelivery/"
SHAPES = [
    {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
]


@pytest.fixture
def failed(handle) -> ShopifyDelivery:
    handle()
    receive(order_body(note="a" * 300))
    receive(b'{"id": 7}', topic="customers_whats_app_marketing_consent/update")
    failed = receive(b"<html>" + b"boh " * 100)
    store(topic="orders/updated")
    return failed


@pytest.mark.parametrize("shape", SHAPES, ids=["wide and light", "narrow and dark"])
def test_pages_of_deliveries_fit_are_accessible_and_complain_of_nothing(open_as, failed, shape):  # noqa: F811
    admin = make_member(ADMIN)

    for address in (LIST, f"{LIST}{failed.pk}/change/", f"{LIST}again/?ids={failed.pk}"):
        page = open_as(admin, address, **shape)

        assert (address, test_browser.violations(page)) == (address, [])
        assert (address, test_browser.overflow(page)) == (address, 0)
        assert page.complaints == []
