"""The resource `templates` of the API."""

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import include, path
from rest_framework.test import APIClient

import spoki
from templates_sync import edge
from templates_sync.models import Template
from templates_sync.sync import sync_templates
from tests.conftest import NOW
from tests.factories.templates import make_version
from tests.templates_sync.gateway import Listing, template

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

urlpatterns = [path("api/v1/", include("templates_sync.api_urls"))]


def client_with(*codenames):
    user = User.objects.create_user("crm")
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="templates_sync", codename__in=codenames)
    )
    client = APIClient()
    client.force_authenticate(user)
    return client


def spoki_lists(monkeypatch, listing):
    def sync_now():
        return sync_templates(gateway=listing, now=NOW)

    monkeypatch.setattr(edge, "sync_now", sync_now)


def test_a_template_is_shown_with_its_versions_oldest_first():
    old = make_version(superseded_at=NOW)
    new = make_version(template=old.template, number=2)

    answer = client_with("view_template").get(f"/api/v1/templates/{old.template.pk}/").json()

    assert answer["id"] == old.template.pk
    assert answer["language"] == "it"
    assert [version["id"] for version in answer["versions"]] == [old.pk, new.pk]
    assert [version["sendable"] for version in answer["versions"]] == [False, True]
    assert answer["versions"][0]["reason_codes"] == ["superseded"]
    assert len(answer["versions"][0]["reasons"]) == 1
    assert answer["versions"][1]["reasons"] == []
    assert answer["versions"][1]["variables"] == ["FIRST_NAME"]


def test_templates_are_listed_in_pages_with_a_fixed_number_of_queries(
    django_assert_max_num_queries,
):
    for _ in range(5):
        make_version()
    client = client_with("view_template")

    with django_assert_max_num_queries(6):
        answer = client.get("/api/v1/templates/").json()

    assert (answer["count"], len(answer["results"])) == (5, 5)


def test_templates_are_filtered_by_language():
    make_version()

    answer = client_with("view_template").get("/api/v1/templates/?language=en").json()

    assert answer["count"] == 0


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_templates_are_not_written_through_the_api(method):
    version = make_version()
    client = client_with("view_template", "change_template", "delete_template")

    answer = getattr(client, method)(f"/api/v1/templates/{version.template.pk}/", {})

    assert answer.status_code == 405


def test_reading_without_permission_is_refused():
    assert client_with().get("/api/v1/templates/").status_code == 403


def test_nobody_reads_without_logging_in():
    assert APIClient().get("/api/v1/templates/").status_code == 401


def test_a_sync_answers_with_what_it_found(monkeypatch):
    spoki_lists(monkeypatch, Listing(template()))

    answer = client_with("sync_template").post("/api/v1/templates/sync/")

    assert answer.status_code == 200
    assert (answer.json()["new"], answer.json()["error"]) == (1, "")


def test_a_sync_that_stopped_answers_502_with_the_reason(monkeypatch):
    spoki_lists(monkeypatch, Listing(error=spoki.SpokiAuthError("templates", status=401)))

    answer = client_with("sync_template").post("/api/v1/templates/sync/")

    assert answer.status_code == 502
    assert answer.json()["error"] == "key_refused"
    assert "SPOKI_API_KEY" in answer.json()["detail"]


def test_a_sync_without_its_permission_reads_nothing(monkeypatch):
    spoki_lists(monkeypatch, Listing(template()))

    answer = client_with("view_template").post("/api/v1/templates/sync/")

    assert answer.status_code == 403
    assert Template.objects.count() == 0
