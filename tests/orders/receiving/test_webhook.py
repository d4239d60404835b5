"""The address that Shopify delivers to."""

from io import BytesIO

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.db import DatabaseError
from django.test import Client, RequestFactory

from audiences import one_trip
from orders import deliveries
from orders.models import ShopifyDelivery
from orders.webhooks import MOST_BYTES, shopify_webhook
from tests.orders.receiving.hooks import SHOP, URL, headers, order_body, post

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    """The test's own transaction never ends: what waits for its end comes at once."""
    monkeypatch.setattr("orders.webhooks.transaction.on_commit", lambda call: call())


def test_a_signed_delivery_is_kept_as_it_came_and_a_worker_woken(rings):
    body = '{"id":1,  "note": "Perché   no? 🐶"}'.encode()

    response = post(body, Webhook_Id="b54557e4")

    row = ShopifyDelivery.objects.get()
    assert (response.status_code, response.content) == (200, b"")
    assert (bytes(row.body), row.state, row.attempts) == (body, "received", 0)
    assert (row.shop_domain, row.topic, row.webhook_id) == (SHOP, "orders/create", "b54557e4")
    assert row.due_at == row.received_at
    assert len(rings) == 1


def test_the_answer_says_how_long_it_is():
    assert post()["Content-Length"] == "0"


def test_the_newer_spelling_of_the_headers_is_accepted():
    assert post(spelling="Shopify-").status_code == 200
    assert ShopifyDelivery.objects.count() == 1


def test_a_repetition_is_answered_and_kept_once(rings):
    for _ in range(3):
        assert post(Webhook_Id="b54557e4").status_code == 200

    assert ShopifyDelivery.objects.count() == 1
    assert len(rings) == 1


def test_two_deliveries_of_one_event_are_both_kept():
    post(Topic="orders/create")
    post(Topic="orders/paid")

    assert ShopifyDelivery.objects.count() == 2


def test_the_same_bytes_without_an_identifier_are_kept_once_per_topic():
    for topic in ("orders/create", "orders/create", "orders/updated"):
        post(Webhook_Id=None, Topic=topic)

    assert ShopifyDelivery.objects.count() == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"secret": "shpss_other"},
        {"secret": ""},
        {"Hmac_Sha256": None},
        {"Hmac_Sha256": ""},
        {"Hmac_Sha256": "nonsense"},
    ],
)
def test_what_is_not_signed_is_refused_and_nothing_is_kept(changes, rings):
    assert post(**changes).status_code == 401
    assert ShopifyDelivery.objects.count() == 0
    assert rings == []


@pytest.mark.parametrize("secrets", [[], [""]])
def test_nothing_is_accepted_while_no_secret_is_configured(settings, secrets):
    settings.SHOPIFY_WEBHOOK_SECRETS = secrets

    assert post(secret="").status_code == 401
    assert ShopifyDelivery.objects.count() == 0


def test_a_secret_of_before_is_accepted_until_it_is_taken_away(settings):
    assert post(secret="shpss_old").status_code == 200
    settings.SHOPIFY_WEBHOOK_SECRETS = ["shpss_new"]
    assert post(secret="shpss_old").status_code == 401


@pytest.mark.parametrize("body", [b"<html>", b"", b"\xff\xfe{", b"[1]", b"{\x00}"])
def test_whatever_is_signed_is_kept(body):
    assert post(body).status_code == 200
    assert bytes(ShopifyDelivery.objects.get().body) == body


def test_a_topic_nobody_knows_is_kept():
    assert post(Topic="moons/eclipsed").status_code == 200
    assert post(Topic=None).status_code == 200
    assert ShopifyDelivery.objects.count() == 2


def test_a_body_of_five_megabytes_is_kept():
    body = b'{"id": 1, "note": "' + b"a" * (MOST_BYTES - 21) + b'"}'
    assert len(body) == MOST_BYTES

    assert post(body).status_code == 200
    assert len(bytes(ShopifyDelivery.objects.get().body)) == MOST_BYTES


def test_a_larger_body_is_refused_and_nothing_is_kept():
    assert post(b" " * (MOST_BYTES + 1)).status_code == 413
    assert ShopifyDelivery.objects.count() == 0


def answer(source, *, announced, body=b"", **environ):
    """The view's answer to a request whose body comes from `source`."""
    request = RequestFactory().post(URL, headers=headers(body)).environ
    changes = {"CONTENT_LENGTH": announced, "wsgi.input": source}
    return shopify_webhook(WSGIRequest(request | changes | environ))


class Unread(BytesIO):
    """A body that nobody may read."""

    def read(self, size=-1, /):
        raise AssertionError("the body was read")


def test_a_body_that_announces_to_be_too_large_is_not_even_read():
    assert answer(Unread(), announced=str(10**12)).status_code == 413


class Endless(BytesIO):
    """Chunks without end; counts how much was taken."""

    taken = 0

    def read(self, size=-1, /):
        assert size is not None
        self.taken += size
        return b"a" * size


def test_chunks_without_end_are_refused_once_the_limit_is_passed():
    chunks = Endless()

    response = answer(chunks, announced="", **{"wsgi.input_terminated": True})

    assert response.status_code == 413
    assert chunks.taken <= MOST_BYTES + 64 * 1024


def test_a_body_in_chunks_is_kept_whole():
    body = order_body(note="a" * 100_000)

    chunks = {"wsgi.input_terminated": True}
    assert answer(BytesIO(body), announced="", body=body, **chunks).status_code == 200
    assert bytes(ShopifyDelivery.objects.get().body) == body


def test_a_body_that_is_cut_off_is_refused_and_nothing_is_kept():
    body = order_body()

    response = answer(BytesIO(body), announced=str(len(body) + 10), body=body)

    assert response.status_code == 400
    assert ShopifyDelivery.objects.count() == 0


def test_a_delivery_for_another_shop_is_noted_without_what_it_says(rings):
    response = post(order_body(email="ada@example.it"), Shop_Domain="other.myshopify.com")

    row = ShopifyDelivery.objects.get()
    assert response.status_code == 200
    assert (row.state, row.outcome) == ("ignored", "unknown_shop")
    assert (row.shop_domain, bytes(row.body)) == ("other.myshopify.com", b"")
    assert rings == []


def test_without_a_shop_of_our_own_every_authentic_delivery_is_kept(settings):
    settings.SHOPIFY_SHOP_DOMAIN = ""

    post(Shop_Domain="some.myshopify.com")

    assert ShopifyDelivery.objects.get().state == "received"


def test_a_row_that_cannot_be_written_is_an_error_so_that_shopify_tries_again(monkeypatch):
    def fail(**_):
        raise DatabaseError("the disk is full")

    monkeypatch.setattr(deliveries, "store_delivery", fail)

    assert post(client=Client(raise_request_exception=False)).status_code == 500


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_only_posts_are_answered(method):
    response = Client().generic(method, URL, order_body(), headers=headers(order_body()))

    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert ShopifyDelivery.objects.count() == 0


def test_the_address_without_its_last_slash_is_no_redirect():
    assert post(url="/webhooks/shopify").status_code == 200


def test_no_csrf_token_is_asked_for():
    assert post(client=Client(enforce_csrf_checks=True)).status_code == 200


def test_a_delivery_costs_one_statement(django_assert_num_queries, monkeypatch):
    trips, run = [], one_trip._run

    def count(*asked):
        trips.append(asked)
        return run(*asked)

    monkeypatch.setattr(one_trip, "_run", count)

    with django_assert_num_queries(0):
        post()

    assert len(trips) == 1
