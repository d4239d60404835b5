"""The address that Spoki delivers to."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory
from prometheus_client import REGISTRY

from conversations import doorbell
from conversations.models import SpokiDelivery
from conversations.webhooks import MOST_BYTES, spoki_webhook
from spoki.signature import HEADER, sign
from tests.conversations.payloads import SECRET, URL, inbound, post

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def secrets(settings):
    settings.SPOKI_WEBHOOK_SECRETS = ["whsec_old", SECRET]


@pytest.fixture
def rings(monkeypatch):
    """How often the workers were to be woken, instead of a thread that wakes them."""
    rung: list[None] = []
    monkeypatch.setattr(doorbell, "ring", lambda: rung.append(None))
    return rung


def test_a_signed_delivery_is_kept_as_it_came_and_a_worker_woken(
    client, rings, django_capture_on_commit_callbacks
):
    body = inbound("Ciao  è  arrivato?")

    with django_capture_on_commit_callbacks(execute=True):
        response = post(client, body)

    row = SpokiDelivery.objects.get()
    assert (response.status_code, response.json()) == (200, {})
    assert (bytes(row.body), row.state, row.attempts) == (body, "received", 0)
    assert len(rings) == 1


def test_every_active_secret_is_accepted(client, rings):
    assert post(client, inbound(), secret="whsec_old").status_code == 200


def test_the_same_bytes_again_are_kept_once_and_wake_nobody(
    client, rings, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        post(client, inbound())
    with django_capture_on_commit_callbacks(execute=True):
        response = post(client, inbound())

    assert response.status_code == 200
    assert SpokiDelivery.objects.count() == 1
    assert len(rings) == 1


def test_two_updates_with_the_same_event_uuid_are_both_kept(client, rings):
    post(client, inbound(send_status="Delivered"))
    post(client, inbound(send_status="Read"))

    assert SpokiDelivery.objects.count() == 2


@pytest.mark.parametrize("secret", ["whsec_other", ""])
def test_a_wrong_signature_is_refused_and_nothing_is_kept(client, rings, secret):
    response = post(client, inbound(), secret=secret)

    assert response.status_code == 401
    assert SpokiDelivery.objects.count() == 0
    assert rings == []


def test_what_is_refused_is_counted(client, rings):
    before = REGISTRY.get_sample_value("spoki_webhook_refused_total") or 0

    post(client, inbound(), secret="whsec_other")

    assert REGISTRY.get_sample_value("spoki_webhook_refused_total") == before + 1


def test_a_missing_signature_is_refused(client, rings):
    response = client.post(URL, data=inbound(), content_type="application/json")

    assert response.status_code == 401
    assert SpokiDelivery.objects.count() == 0


def test_a_stale_signature_is_refused(client, rings):
    old = datetime.now(UTC) - timedelta(minutes=6)

    assert post(client, inbound(), at=old).status_code == 401
    assert SpokiDelivery.objects.count() == 0


def test_nothing_is_accepted_while_no_secret_is_configured(client, rings, settings):
    settings.SPOKI_WEBHOOK_SECRETS = []

    assert post(client, inbound(), secret="").status_code == 401
    assert SpokiDelivery.objects.count() == 0


def test_a_body_that_is_no_json_is_kept_when_it_is_signed(client, rings):
    assert post(client, b"<html>").status_code == 200
    assert bytes(SpokiDelivery.objects.get().body) == b"<html>"


def test_only_posts_are_answered(client):
    assert client.get(URL).status_code == 405


def test_no_csrf_token_is_asked_for(rings):
    from django.test import Client

    assert post(Client(enforce_csrf_checks=True), inbound()).status_code == 200


def answer(body, *, announced, **environ):
    """The view's answer to a signed `body` that comes as the server hands it on."""
    signed = {HEADER: sign(SECRET, int(datetime.now(UTC).timestamp()), body)}
    request = RequestFactory().post(URL, headers=signed).environ
    changes = {"CONTENT_LENGTH": announced, "wsgi.input": BytesIO(body)}
    return spoki_webhook(WSGIRequest(request | changes | environ))


def test_a_body_in_chunks_is_kept_whole(rings):
    body = inbound("a" * 100_000)

    assert answer(body, announced="", **{"wsgi.input_terminated": True}).status_code == 200
    assert bytes(SpokiDelivery.objects.get().body) == body


def test_a_body_that_breaks_off_is_refused_and_nothing_is_kept(rings):
    body = inbound()

    assert answer(body, announced=str(len(body) + 10)).status_code == 400
    assert SpokiDelivery.objects.count() == 0


def test_a_body_beyond_what_a_message_can_be_is_refused_and_nothing_is_kept(client, rings):
    assert post(client, b" " * (MOST_BYTES + 1)).status_code == 413
    assert SpokiDelivery.objects.count() == 0


def test_a_message_longer_than_a_form_is_kept(client, rings, settings):
    body = inbound("a" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1))

    assert post(client, body).status_code == 200
    assert bytes(SpokiDelivery.objects.get().body) == body
