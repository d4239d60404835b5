"""The stub, and a client of it that waits for nobody."""

from collections.abc import Iterator

import pytest

from orders.shopify.auth import StaticAccess
from orders.shopify.client import ShopifyClient
from tests.orders.shop.stub import Stub, stub_shop


@pytest.fixture
def stub() -> Iterator[Stub]:
    with stub_shop() as running:
        yield running


@pytest.fixture
def client_of_stub(stub: Stub) -> Iterator[ShopifyClient]:
    client = ShopifyClient(
        base_url=stub.url,
        version="2026-10",
        access=StaticAccess("shpat_static"),
        timeout=(2.0, 2.0),
        patience=5.0,
        read_pause=0.001,
    )
    yield client
    client.close()
