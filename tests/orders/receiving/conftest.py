"""A shop of ours, and nobody who is woken."""

import pytest

from audiences.deliveries import Outcome
from orders import doorbell, intake
from tests.orders.receiving.hooks import SECRET, SHOP


@pytest.fixture(autouse=True)
def shop(settings):
    settings.SHOPIFY_SHOP_DOMAIN = SHOP
    settings.SHOPIFY_WEBHOOK_SECRETS = ["shpss_old", SECRET]


@pytest.fixture(autouse=True)
def rings(monkeypatch):
    """How often the workers were to be woken, instead of a thread that wakes them."""
    rung: list[None] = []
    monkeypatch.setattr(doorbell, "ring", lambda: rung.append(None))
    return rung


@pytest.fixture
def handle(monkeypatch):
    """Set what handles `orders/create` from now on; the bodies it was given, one after the other."""
    seen: list[dict] = []

    def use(handler=None):
        def remember(body, received, now):
            seen.append(body)
            return handler(body, received, now) if handler else Outcome("order")

        monkeypatch.setattr(intake, "HANDLERS", {"orders/create": remember})
        return seen

    return use
