"""Anna, whom Shopify knows, in a shop that is connected."""

from datetime import timedelta

import pytest

from audiences.models import Contact
from orders.models import ShopifyCustomer
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.orders.shop.written_back.steps import PHONE, heard, make_account


@pytest.fixture(autouse=True)
def _connected(settings, monkeypatch):
    settings.SHOPIFY_SHOP_DOMAIN = "prova.myshopify.com"
    monkeypatch.setattr("orders.shop_calls.wake", lambda *_: None)
    monkeypatch.setattr("orders.shop_calls.wake_for_due", lambda: None)


@pytest.fixture
def anna() -> Contact:
    return make_contact(phone=PHONE, marketing_consent_at=NOW - timedelta(days=9))


@pytest.fixture
def account(anna) -> ShopifyCustomer:
    return make_account(anna, consents={"whatsapp": heard("subscribed")})
