"""The pages of templates: who sees what, and what the buttons do."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError

from templates_sync.models import SyncRun, TemplateVersion
from tests.conftest import NOW
from tests.factories.templates import make_template, make_version

pytestmark = pytest.mark.django_db

LIST = "/admin/templates_sync/template/"
SYNC = "/admin/templates_sync/template/sync/"
RUNS = "/admin/templates_sync/syncrun/"


def log_in(client, *codenames):
    user = User.objects.create_user("giulia", is_staff=True)
    for codename in ("view_template", *codenames):
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label="templates_sync", codename=codename)
        )
    client.force_login(user)
    return user


@pytest.fixture
def queued(monkeypatch):
    """The tasks handed to the broker, instead of a broker."""
    calls = []
    monkeypatch.setattr(
        "templates_sync.tasks.sync_templates.delay", lambda **kwargs: calls.append(kwargs)
    )
    return calls


def test_the_list_says_which_templates_may_be_sent_and_why_the_others_not(client):
    log_in(client)
    make_version(template=make_template(name="buona"))
    make_version(template=make_template(name="ferma"), status="paused")

    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    page = client.get(LIST).content.decode()

    assert "buona" in page
    assert "Meta paused it because too few people liked it" in page


def test_templates_that_share_a_name_are_told_apart_by_the_id_of_spoki(client):
    log_in(client)
    for spoki_id in (71, 72):
        make_version(template=make_template(name="doppio", spoki_id=spoki_id))
    make_version(template=make_template(name="solo", spoki_id=73))

    page = client.get(LIST).content.decode()

    assert "doppio · Spoki 71" in page
    assert "doppio · Spoki 72" in page
    assert "Spoki 73" not in page


def test_the_list_is_filtered_by_the_status_of_the_version_in_force(client):
    log_in(client)
    changed = make_version(
        template=make_template(name="cambiata"), status="rejected", superseded_at=NOW
    )
    make_version(template=changed.template, number=2)
    make_version(template=make_template(name="respinta"), status="rejected")

    page = client.get(f"{LIST}?status=rejected").content.decode()

    assert "respinta" in page
    assert "cambiata" not in page


def test_the_list_reads_the_versions_of_a_page_in_one_query(client, django_assert_max_num_queries):
    log_in(client)
    for _ in range(10):
        make_version()

    with django_assert_max_num_queries(12):
        client.get(LIST)


def test_the_page_of_a_template_shows_every_version_newest_first(client):
    log_in(client)
    old = make_version(body="Testo di prima", superseded_at=NOW)
    make_version(template=old.template, number=2, body="Testo di adesso %%FIRST_NAME%%")

    page = client.get(f"{LIST}{old.template.pk}/change/").content.decode()

    assert page.index("Testo di adesso") < page.index("Testo di prima")
    assert '<mark class="wa-value wa-value--filled">Ada</mark>' in page


def test_nobody_edits_or_deletes_a_template_by_hand(admin_client):
    version = make_version()

    assert admin_client.get(f"{LIST}add/").status_code == 403
    assert admin_client.post(f"{LIST}{version.template.pk}/change/", {}).status_code == 403
    assert admin_client.post(f"{LIST}{version.template.pk}/delete/", {}).status_code == 403
    assert TemplateVersion.objects.count() == 1


def test_sync_now_notes_the_read_and_hands_it_to_a_worker(client, queued):
    log_in(client, "sync_template")

    response = client.post(SYNC)

    assert response.url == LIST
    assert queued == [{"run_id": SyncRun.objects.get().pk}]
    assert "hx-get" in client.get(LIST).content.decode()


def test_sync_now_pressed_twice_reads_once_and_says_that_it_is_under_way(client, queued):
    log_in(client, "sync_template")
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"

    client.post(SYNC)
    page = client.post(SYNC, follow=True).content.decode()

    assert "A read is under way already" in page
    assert (len(queued), SyncRun.objects.count()) == (1, 1)


def test_sync_now_while_spoki_asks_to_wait_reads_nothing_and_says_until_when(client, queued):
    log_in(client, "sync_template")
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    until = timezone.now() + timedelta(minutes=5)
    SyncRun.objects.create(started_at=NOW, finished_at=NOW, error="throttled", retry_at=until)

    page = client.post(SYNC, follow=True).content.decode()

    assert "Spoki has asked to be left alone until" in page
    assert (queued, SyncRun.objects.count()) == ([], 1)


def test_sync_now_without_workers_is_kept_for_when_they_are_back(client, monkeypatch):
    log_in(client, "sync_template")
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"

    def away(**kwargs):
        raise OperationalError

    monkeypatch.setattr("templates_sync.tasks.sync_templates.delay", away)
    page = client.post(SYNC, follow=True).content.decode()

    assert "it is read as soon as they are back" in page
    assert SyncRun.objects.get().finished_at is None


def test_sync_now_from_the_log_of_reads_comes_back_to_it(client, queued):
    user = log_in(client, "sync_template", "view_syncrun")

    response = client.post(SYNC, {"from": "runs"})

    assert response.url == RUNS
    run = SyncRun.objects.get()
    assert (run.trigger, run.by) == ("person", user)


def test_the_page_that_waits_loads_again_when_the_read_has_ended(client, queued):
    log_in(client, "sync_template")
    client.post(SYNC)
    assert "HX-Refresh" not in client.get(f"{SYNC}banner/").headers

    SyncRun.objects.update(finished_at=NOW)

    assert client.get(f"{SYNC}banner/").headers["HX-Refresh"] == "true"


def test_sync_now_is_refused_without_its_permission(client, queued):
    log_in(client)

    assert client.post(SYNC).status_code == 403
    assert queued == []
    assert SYNC not in client.get(LIST).content.decode()


def test_sync_now_does_nothing_on_get(client, queued):
    log_in(client, "sync_template")

    assert client.get(SYNC).status_code == 405
    assert queued == []


def test_the_banner_tells_why_the_last_read_stopped_and_what_to_do(client):
    log_in(client)
    SyncRun.objects.create(started_at=NOW, finished_at=NOW, error="key_refused")

    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    page = client.get(LIST).content.decode()

    assert "Spoki refuses the API key" in page
    assert "Check SPOKI_API_KEY" in page


def test_a_person_accepts_the_category_that_was_shown(client):
    user = log_in(client, "accept_category")
    version = make_version(requested_category="utility")
    url = reverse("admin:templates_sync_accept_category", args=[version.pk])

    client.post(url, {"category": "marketing"})

    version.refresh_from_db()
    assert version.category_accepted_by == user
    assert version.has_unaccepted_category is False
    noted = LogEntry.objects.get(user=user)
    assert noted.object_id == str(version.template_id)
    assert "0,0572" in noted.change_message


def test_before_a_category_is_accepted_both_prices_are_shown_and_nothing_changes(client):
    log_in(client, "accept_category")
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    version = make_version(requested_category="utility")

    page = client.get(reverse("admin:templates_sync_accept_category", args=[version.pk]))

    text = page.content.decode()
    assert "0.0248 € (Italy, estimate)" in text
    assert "0.0572 € (Italy, estimate)" in text
    version.refresh_from_db()
    assert version.category_accepted_at is None


def test_the_page_of_a_template_says_the_new_price_to_who_may_not_accept_it(client):
    log_in(client)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    version = make_version(requested_category="utility")

    page = client.get(f"{LIST}{version.template.pk}/change/").content.decode()

    assert "0.0572 € (Italy, estimate) instead of 0.0248 € (Italy, estimate)" in page
    assert "accept-category" not in page


def test_a_category_that_needs_no_acceptance_any_more_is_not_asked_about(client):
    log_in(client, "accept_category")
    version = make_version(requested_category="marketing")

    answer = client.get(reverse("admin:templates_sync_accept_category", args=[version.pk]))

    assert answer.url == f"{LIST}{version.template_id}/change/"


def test_a_category_that_moved_since_the_page_was_shown_is_not_accepted(client):
    log_in(client, "accept_category")
    version = make_version(requested_category="utility", category="authentication")
    url = reverse("admin:templates_sync_accept_category", args=[version.pk])

    client.post(url, {"category": "marketing"})

    version.refresh_from_db()
    assert version.category_accepted_at is None


def test_a_category_is_not_accepted_without_permission(client):
    log_in(client)
    version = make_version(requested_category="utility")
    url = reverse("admin:templates_sync_accept_category", args=[version.pk])

    assert client.post(url, {"category": "marketing"}).status_code == 403

    version.refresh_from_db()
    assert version.category_accepted_at is None


def test_a_held_version_is_released_by_a_person(client):
    log_in(client, "release_hold")
    version = make_version(held_at=NOW, held_reason="whatsapp::132015")

    client.post(reverse("admin:templates_sync_release", args=[version.pk]))

    version.refresh_from_db()
    assert (version.held_at, version.held_reason) == (None, "")


def test_a_hold_is_not_released_without_permission(client):
    log_in(client)
    version = make_version(held_at=NOW)

    assert (
        client.post(reverse("admin:templates_sync_release", args=[version.pk])).status_code == 403
    )

    version.refresh_from_db()
    assert version.held_at == NOW


def test_the_log_of_reads_is_shown(admin_client):
    SyncRun.objects.create(started_at=NOW, finished_at=NOW, error="unreachable", new=3)

    admin_client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    page = admin_client.get(RUNS).content.decode()

    assert "Spoki does not answer" in page


@pytest.fixture
def a_run(django_user_model):
    """A read by giulia that found one template paused and did not reach another."""
    giulia = django_user_model.objects.create_user("giulia_rossi", first_name="Giulia")
    paused, unread = make_template(name="ferma"), make_template(name="mai_letta")
    run = SyncRun.objects.create(
        started_at=NOW,
        finished_at=NOW + timedelta(seconds=92),
        trigger="person",
        by=giulia,
        error="unreachable",
        error_detail="Spoki templates got no answer",
        unchanged=7,
        unread=3,
        unread_templates=[unread.pk],
    )
    run.findings.create(template=paused, kind="status", was="approved", became="paused")
    return run


def test_the_page_of_a_read_says_who_what_how_long_and_what_was_not_read(admin_client, a_run):
    admin_client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"

    page = admin_client.get(f"{RUNS}{a_run.pk}/change/").content.decode()

    assert "Giulia" in page
    assert "1 min 32 s" in page
    assert "Spoki does not answer" in page
    assert "approved → paused" in page
    found, unread = a_run.findings.get().template, a_run.unread_templates[0]
    assert f"{LIST}{found.pk}/change/" in page
    assert f"{LIST}{unread}/change/" in page
    assert "and 2 more" in page


def test_the_page_of_a_read_is_only_shown(admin_client, a_run):
    assert admin_client.post(f"{RUNS}{a_run.pk}/change/", {}).status_code == 403
    assert admin_client.get(f"{RUNS}add/").status_code == 403


def test_the_page_of_a_read_costs_the_same_queries_however_much_it_found(
    admin_client, a_run, django_assert_max_num_queries
):
    for number in range(10):
        a_run.findings.create(template=make_template(name=f"t{number}"), kind="gone")

    with django_assert_max_num_queries(14):
        admin_client.get(f"{RUNS}{a_run.pk}/change/")


def test_the_banner_says_since_when_no_read_has_succeeded(client):
    log_in(client)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    ago = timezone.now() - timedelta(hours=2)
    SyncRun.objects.create(started_at=ago, finished_at=ago)

    assert "No read has succeeded since" in client.get(LIST).content.decode()
