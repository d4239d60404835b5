"""The pages of deliveries and messages."""

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from conversations import tasks
from conversations.models import SpokiDelivery
from tests.conversations.payloads import inbound, receive

pytestmark = pytest.mark.django_db

LIST = "/admin/conversations/spokidelivery/"


def log_in(client, *codenames):
    user = User.objects.create_user("sara", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="conversations", codename__in=codenames)
    )
    client.force_login(user)


@pytest.fixture
def handed(monkeypatch):
    calls: list[None] = []
    monkeypatch.setattr(tasks, "wake_for_deliveries", lambda: calls.append(None))
    return calls


def test_a_failed_delivery_is_shown_with_its_error_and_its_body(client):
    log_in(client, "view_spokidelivery")
    row = receive(b"<html>boh</html>")

    assert "the body is not JSON" in client.get(LIST).content.decode()
    page = client.get(f"{LIST}{row.pk}/change/").content.decode()
    assert "&lt;html&gt;boh&lt;/html&gt;" in page


def test_deliveries_are_never_edited(admin_client):
    row = receive(inbound())

    assert admin_client.get(f"{LIST}add/").status_code == 403
    assert admin_client.post(f"{LIST}{row.pk}/change/", {"state": "failed"}).status_code == 403
    assert admin_client.post(f"{LIST}{row.pk}/delete/", {}).status_code == 403
    assert SpokiDelivery.objects.get().state == "done"


def test_a_failed_delivery_is_processed_again_by_a_person(client, handed):
    log_in(client, "view_spokidelivery", "process_spokidelivery")
    row = receive(b"<html>")
    url = reverse("admin:conversations_spokidelivery_again", args=[row.pk])
    assert url in client.get(f"{LIST}{row.pk}/change/").content.decode()

    client.post(url)

    row.refresh_from_db()
    assert (row.state, len(handed)) == ("received", 1)


def test_a_delivery_is_not_processed_again_without_permission(client, handed):
    log_in(client, "view_spokidelivery")
    row = receive(b"<html>")
    url = reverse("admin:conversations_spokidelivery_again", args=[row.pk])

    assert client.post(url).status_code == 403

    row.refresh_from_db()
    assert (row.state, handed) == ("failed", [])
    assert url not in client.get(f"{LIST}{row.pk}/change/").content.decode()


def test_processing_again_does_nothing_on_get(client, handed):
    log_in(client, "view_spokidelivery", "process_spokidelivery")
    row = receive(b"<html>")

    url = reverse("admin:conversations_spokidelivery_again", args=[row.pk])
    assert client.get(url).status_code == 405

    row.refresh_from_db()
    assert row.state == "failed"


def test_a_delivery_that_is_done_says_that_there_is_nothing_to_do(client, handed):
    log_in(client, "view_spokidelivery", "process_spokidelivery")
    row = receive(inbound())

    client.post(reverse("admin:conversations_spokidelivery_again", args=[row.pk]))

    row.refresh_from_db()
    assert (row.state, handed) == ("done", [])


def test_messages_are_listed_for_those_who_may_read_them(client):
    log_in(client, "view_message")
    receive(inbound("Quando arriva il pacco?"))

    assert "Quando arriva il pacco?" in client.get("/admin/conversations/message/").content.decode()


def test_messages_are_not_shown_to_others(client):
    log_in(client, "view_spokidelivery")

    assert client.get("/admin/conversations/message/").status_code == 403
