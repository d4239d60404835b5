"""The resource `templates` of the API."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import include, path
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from rest_framework.test import APIClient

import spoki
from templates_sync import edge, runs
from templates_sync.models import SyncRun, Template
from templates_sync.sync import sync_templates
from tests.conftest import NOW
from tests.factories.templates import make_template, make_version
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
    def sync_now(*, trigger, by, patience):
        run = runs.open_run(trigger=trigger, by=by, now=NOW)
        if not runs.claim(run, now=NOW):
            return run
        return sync_templates(gateway=listing, now=NOW, run=run, clock=lambda: NOW)

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
    told = answer.json()
    assert (told["new"], told["error"], told["trigger"]) == (1, "", "api")
    assert (told["duration_seconds"], told["unread"]) == (0, 0)
    assert told["findings"] == [
        {"template": Template.objects.get().pk, "kind": "new", "was": "", "became": "approved"}
    ]
    assert SyncRun.objects.filter(by__username="crm").count() == 1


def test_a_sync_while_one_is_under_way_waits_for_its_end_and_reads_nothing(monkeypatch):
    spoki_lists(monkeypatch, Listing(template()))
    reading = SyncRun.objects.create(started_at=NOW, reading_until=NOW + timedelta(days=9))

    def the_other_ends(seconds):
        runs.finish(reading, {"unchanged": 7}, now=NOW)

    monkeypatch.setattr(edge, "Event", lambda: SimpleNamespace(wait=the_other_ends))
    answer = client_with("sync_template").post("/api/v1/templates/sync/")

    assert (answer.status_code, answer.json()["id"]) == (200, reading.pk)
    assert (answer.json()["unchanged"], Template.objects.count()) == (7, 0)


def test_a_sync_while_one_is_under_way_for_long_says_so(monkeypatch):
    spoki_lists(monkeypatch, Listing(template()))
    monkeypatch.setattr(edge, "PERSONS_PATIENCE", timedelta(0))
    reading = SyncRun.objects.create(started_at=NOW, reading_until=NOW + timedelta(days=9))

    answer = client_with("sync_template").post("/api/v1/templates/sync/")

    assert (answer.status_code, answer.json()["id"]) == (202, reading.pk)
    assert answer.json()["finished_at"] is None
    assert (Template.objects.count(), SyncRun.objects.count()) == (0, 1)


def test_a_sync_while_spoki_asks_to_wait_reads_nothing_and_says_until_when(monkeypatch):
    spoki_lists(monkeypatch, Listing(template()))
    until = timezone.now() + timedelta(days=9)
    SyncRun.objects.create(started_at=NOW, finished_at=NOW, error="throttled", retry_at=until)

    answer = client_with("sync_template").post("/api/v1/templates/sync/")

    assert (answer.status_code, answer.json()["error"]) == (502, "throttled")
    assert parse_datetime(answer.json()["retry_at"]) == until
    assert (Template.objects.count(), SyncRun.objects.count()) == (0, 1)


def test_the_last_read_is_told_without_reading_again(monkeypatch):
    spoki_lists(monkeypatch, Listing(template()))
    client = client_with("sync_template", "view_template")
    assert client.get("/api/v1/templates/sync/").status_code == 404

    client.post("/api/v1/templates/sync/")
    answer = client.get("/api/v1/templates/sync/")

    assert (answer.status_code, answer.json()["new"]) == (200, 1)
    assert SyncRun.objects.count() == 1


def test_the_last_read_is_not_told_without_permission():
    assert client_with("sync_template").get("/api/v1/templates/sync/").status_code == 403


def test_templates_that_share_a_name_are_both_found_by_it():
    for spoki_id in (1, 2):
        make_version(template=make_template(name="doppio", spoki_id=spoki_id))

    answer = client_with("view_template").get("/api/v1/templates/?name=doppio").json()

    assert sorted(row["spoki_id"] for row in answer["results"]) == [1, 2]


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
