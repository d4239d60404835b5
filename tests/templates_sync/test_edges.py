"""The command, the tasks and their gateway."""

import threading
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

import spoki
from templates_sync import tasks, urgency
from templates_sync.edge import sync_now
from templates_sync.models import SyncRun, Template
from tests.conftest import NOW
from tests.factories.templates import make_version
from tests.templates_sync.gateway import Listing, template

pytestmark = pytest.mark.django_db

gateway: Listing


def current_gateway():
    return gateway


@pytest.fixture
def listing(settings):
    """A gateway in place of Spoki's, reached by name as the application does."""
    global gateway  # noqa: PLW0603 - settings name a function, which must find it
    settings.SPOKI_GATEWAY = f"{__name__}.current_gateway"
    gateway = Listing(template())
    return gateway


def test_the_command_reads_and_says_what_it_found(listing):
    out = StringIO()

    call_command("sync_templates", stdout=out)

    assert Template.objects.count() == 1
    assert "1" in out.getvalue()
    assert listing.is_closed


def test_the_command_fails_with_a_sentence_when_the_key_is_wrong(listing):
    listing.error = spoki.SpokiAuthError("templates", status=401)

    with pytest.raises(CommandError, match="SPOKI_API_KEY"):
        call_command("sync_templates")


def test_the_task_finishes_the_run_that_somebody_asked_for(listing):
    run = SyncRun.objects.create(started_at=NOW, trigger="person")

    assert tasks.sync_templates(run_id=run.pk, of_a_newer_publisher=1) == run.pk

    run.refresh_from_db()
    assert (run.new, run.is_complete, run.trigger) == (1, True, "person")


def test_the_schedule_takes_up_a_run_whose_task_the_broker_lost(listing):
    run = SyncRun.objects.create(started_at=NOW, trigger="person")

    assert tasks.sync_templates() == run.pk


def test_a_run_that_another_reads_is_left_to_it(listing):
    run = SyncRun.objects.create(started_at=NOW, reading_until=timezone.now() + timedelta(days=9))

    assert tasks.sync_templates(run_id=run.pk) == run.pk

    run.refresh_from_db()
    assert (run.finished_at, Template.objects.count()) == (None, 0)


def test_the_schedule_waits_as_long_as_spoki_asked_to(listing):
    until = timezone.now() + timedelta(days=9)
    SyncRun.objects.create(started_at=NOW, finished_at=NOW, error="throttled", retry_at=until)
    make_version(status="pending")

    assert tasks.sync_templates() is None
    assert tasks.sync_templates_if_urgent() is None
    assert SyncRun.objects.count() == 1


def test_without_an_api_key_the_schedule_does_not_try(listing, settings):
    settings.SPOKI_API_KEY = ""

    assert tasks.sync_templates() is None
    assert SyncRun.objects.count() == 0


def test_without_an_api_key_whoever_asks_is_told_what_to_set(listing, settings):
    settings.SPOKI_API_KEY = ""

    with pytest.raises(CommandError, match="SPOKI_API_KEY"):
        call_command("sync_templates")

    assert (SyncRun.objects.get().error, Template.objects.count()) == ("key_missing", 0)


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_read_once(listing):
    seen, one_is_back = [], threading.Event()
    listed = listing.templates

    def until_the_other_is_back(**patience):
        one_is_back.wait(timeout=10)
        return listed(**patience)

    def work():
        try:
            seen.append(tasks.sync_templates())
            one_is_back.set()
        finally:
            connection.close()

    listing.templates = until_the_other_is_back
    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=20)

    run = SyncRun.objects.get()
    assert (seen, run.new, run.unchanged) == ([run.pk, run.pk], 1, 0)


def test_the_urgent_read_waits_for_a_reason(listing):
    make_version()

    assert tasks.sync_templates_if_urgent() is None
    assert SyncRun.objects.count() == 0


def test_a_template_in_review_is_a_reason_for_the_urgent_read(listing):
    make_version(status="pending")

    assert tasks.sync_templates_if_urgent() == SyncRun.objects.get().pk


def test_a_registered_need_is_a_reason_for_the_urgent_read(listing, monkeypatch):
    monkeypatch.setattr(urgency, "_needs", {})
    urgency.register("a campaign runs", lambda: True)

    assert tasks.sync_templates_if_urgent() == SyncRun.objects.get().pk


def test_a_spoki_that_is_down_stops_the_read_with_a_reason():
    run = sync_now()

    assert run.error == "unreachable"
