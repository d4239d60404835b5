"""The pages of privacy requests: the file goes to who may have it, and leaves a trace."""

import json

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from config.roles import ADMIN, AGENT
from orders.models import PrivacyRequest
from orders.privacy.requests import Asked, Kind, note_request
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.orders import make_order
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db

EMAIL = "giulia@example.com"


@pytest.fixture
def admin(client):
    client.force_login(make_member(ADMIN), backend="django.contrib.auth.backends.ModelBackend")
    return client


def asked(kind=Kind.DATA_REQUEST):
    return note_request(
        asked=Asked(
            kind=kind, shop_domain="prova.myshopify.com", asked_at=NOW, request_id=9999, email=EMAIL
        ),
        now=NOW,
    )


def go(name, row):
    return reverse(f"admin:orders_privacyrequest_{name}", args=[row.pk])


def test_the_file_holds_everything_and_who_took_it_is_known(admin):
    make_order(contact=make_contact(email=EMAIL), note="Citofono Rossi")
    row = asked()

    answer = admin.post(go("file", row))

    assert answer["Content-Disposition"].startswith('attachment; filename="dati-cliente-')
    told = json.loads(answer.content)
    assert told["data"]["contact"][0]["email"] == EMAIL
    assert told["data"]["orders"][0]["note"] == "Citofono Rossi"
    row.refresh_from_db()
    assert row.downloaded_by is not None
    assert LogEntry.objects.count() == 1


def test_looking_at_the_address_of_the_file_hands_out_nothing(admin):
    row = asked()

    assert admin.get(go("file", row)).status_code == 405
    row.refresh_from_db()
    assert row.downloaded_at is None


def test_a_request_is_closed_once_by_whoever_is_first(admin):
    row = asked()

    assert admin.get(go("close", row)).status_code == 200
    admin.post(go("close", row))
    again = admin.post(go("close", row), follow=True)

    row.refresh_from_db()
    assert row.state == "done"
    assert "già chiusa" in again.content.decode()
    assert LogEntry.objects.count() == 1


def test_an_erasure_is_not_closed_without_a_reason(admin):
    row = asked(Kind.REDACT)

    assert admin.post(go("close", row)).status_code == 422
    row.refresh_from_db()
    assert row.state == "waiting"

    admin.post(go("close", row), {"why": "Contenzioso in corso"})
    row.refresh_from_db()
    assert (row.state, row.error) == ("refused", "Contenzioso in corso")


def test_the_list_says_how_many_days_are_left(admin, monkeypatch):
    monkeypatch.setattr("orders.admin.privacy.admin.timezone.now", lambda: NOW)
    asked()

    assert (
        "30 giorni" in admin.get(reverse("admin:orders_privacyrequest_changelist")).content.decode()
    )


def test_nobody_but_an_admin_takes_the_file_or_closes(client):
    client.force_login(make_member(AGENT), backend="django.contrib.auth.backends.ModelBackend")
    row = asked()

    for name in ("file", "close"):
        assert client.post(go(name, row)).status_code == 403
    row.refresh_from_db()
    assert (row.state, row.downloaded_at) == ("waiting", None)
    assert PrivacyRequest.objects.count() == 1
