"""Tokens of the client-credentials grant: sealed in a row, renewed once however many ask."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import override_settings

from orders.access import GrantedAccess
from orders.models import ShopAccess
from orders.shopify.client import ShopifyClient
from orders.shopify.errors import ServerFault, TokenRefused
from orders.shops import current_shop
from tests.conftest import NOW
from tests.orders.shop.stub import Reply, Stub

pytestmark = pytest.mark.django_db
DOMAIN = "zampa-prova.myshopify.com"


def access(stub: Stub, *, now: datetime = NOW, client_id: str = "app") -> GrantedAccess:
    return GrantedAccess(
        base_url=stub.url,
        domain=DOMAIN,
        client_id=client_id,
        client_secret="s3cret-of-the-app",
        clock=lambda: now,
    )


def granted(token: str, **more) -> Reply:
    return Reply({"access_token": token, "expires_in": 86399, "scope": "read_orders"} | more)


def test_a_token_is_asked_for_once_and_kept_sealed(stub) -> None:
    stub.token_answers = [granted("shpat_first", scope="write_orders,read_orders")]

    assert [access(stub).token(), access(stub).token()] == ["shpat_first"] * 2

    row = ShopAccess.objects.get()
    assert stub.tokens_asked == [
        {
            "grant_type": "client_credentials",
            "client_id": "app",
            "client_secret": "s3cret-of-the-app",
        }
    ]
    assert "shpat" not in row.sealed_token
    assert row.ends_at == NOW + timedelta(seconds=86399)
    assert row.scopes == ["read_orders", "write_orders"]


@override_settings(SHOPIFY_SHOP_DOMAIN=DOMAIN)
def test_what_the_app_may_do_is_known_from_its_token(stub) -> None:
    stub.token_answers = [granted("shpat_first", scope="write_orders,read_orders")]

    access(stub).token()

    assert sorted(current_shop().scopes) == ["read_orders", "write_orders"]


def test_a_token_that_ends_soon_is_renewed_ahead(stub) -> None:
    stub.token_answers = [granted("shpat_1"), granted("shpat_2")]
    access(stub).token()

    assert access(stub, now=NOW + timedelta(hours=23)).token() == "shpat_1"
    assert access(stub, now=NOW + timedelta(hours=23, minutes=55)).token() == "shpat_2"


def test_a_token_that_still_holds_serves_while_shopify_stumbles(stub) -> None:
    stub.token_answers = [granted("shpat_1"), Reply({}, status=502)]
    access(stub).token()

    assert access(stub, now=NOW + timedelta(hours=23, minutes=55)).token() == "shpat_1"
    with pytest.raises(ServerFault):
        access(stub, now=NOW + timedelta(hours=25)).token()


def test_keys_that_shopify_refuses_are_told_without_showing_them(stub) -> None:
    stub.token_answers = [Reply({"error": "invalid_client"}, status=401)]

    with pytest.raises(TokenRefused) as told:
        access(stub).token()

    assert "s3cret" not in f"{told.value!r} {told.value} {access(stub)!r}"
    assert not ShopAccess.objects.exists()


def test_another_apps_token_is_not_used(stub) -> None:
    stub.token_answers = [granted("shpat_old"), granted("shpat_new")]
    access(stub).token()

    assert access(stub, client_id="other").token() == "shpat_new"


def test_after_a_change_of_the_secret_key_a_token_is_asked_for_anew(stub) -> None:
    stub.token_answers = [granted("shpat_1"), granted("shpat_2")]
    access(stub).token()

    with override_settings(SECRET_KEY="another", SECRET_KEY_FALLBACKS=[]):
        assert access(stub).token() == "shpat_2"


def test_a_refused_token_is_renewed_and_the_call_goes_through(stub) -> None:
    stub.token_answers = [granted("shpat_1"), granted("shpat_2")]
    order = {"order": {"id": "gid://shopify/Order/1", "note": "ok"}}
    stub.answer("OrderState", Reply({}, status=401), {**order})
    client = ShopifyClient(base_url=stub.url, version="2026-10", access=access(stub))

    assert client.order_state(1).note == "ok"

    used = [asked.headers["X-Shopify-Access-Token"] for asked in stub.asked]
    assert used == ["shpat_1", "shpat_2"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_refreshing_at_once_ask_for_one_token(stub) -> None:
    stub.token_answers = [granted("shpat_old"), granted("shpat_new"), granted("shpat_wasted")]
    access(stub).token()
    together = threading.Barrier(2)
    renewed: list[str | None] = []

    def renew() -> None:
        together.wait()
        renewed.append(access(stub).renewed("shpat_old"))
        connection.close()

    workers = [threading.Thread(target=renew) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=10)

    assert renewed == ["shpat_new", "shpat_new"]
    assert len(stub.tokens_asked) == 2


def test_a_grant_without_a_length_is_trusted_for_a_day(stub) -> None:
    stub.token_answers = [Reply({"access_token": "shpat_1"})]

    access(stub, now=datetime(2026, 11, 23, tzinfo=UTC)).token()

    assert ShopAccess.objects.get().ends_at == datetime(2026, 11, 24, tzinfo=UTC)
