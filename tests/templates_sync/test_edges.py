"""The command, the tasks and their gateway."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

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
    run = SyncRun.objects.create(started_at=NOW)

    assert tasks.sync_templates(run_id=run.pk, of_a_newer_publisher=1) == run.pk

    run.refresh_from_db()
    assert (run.new, run.is_complete) == (1, True)


def test_the_task_repeated_by_the_broker_starts_a_run_of_its_own(listing):
    run = SyncRun.objects.create(started_at=NOW, finished_at=NOW)

    assert tasks.sync_templates(run_id=run.pk) != run.pk


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
