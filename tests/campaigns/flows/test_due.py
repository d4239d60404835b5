"""The wait is over: asked every minute, by any number of workers, killed at any moment."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from audiences.merging import merge_contacts
from audiences.models import Contact
from campaigns.flows.due import ENTRIES_AT_ONCE, carry_out_due
from campaigns.flows.engine import leave
from campaigns.flows.lifecycle import disable_flow
from campaigns.flows.retention import forget_old_values
from campaigns.flows.stopping import stop_flow
from campaigns.models import Flow, FlowEntry, OutboundMessage
from campaigns.tasks import carry_out_flows
from config.beat import JOBS
from templates_sync.models import TemplateVersion
from tests.campaigns.flows.conftest import happen
from tests.campaigns.sender.steps import aside
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_user
from tests.factories.flows import make_entry, make_flow, make_flow_version
from tests.factories.templates import make_version

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]

Status = FlowEntry.Status
LATER = NOW + timedelta(hours=1)


def due(now=NOW):
    return carry_out_due(now=now, seconds=10)


def test_whoever_has_waited_long_enough_is_written_to_and_nobody_before():
    make_flow(enabled=True, delay_minutes=60)
    (entry,) = happen()

    assert (due(LATER - timedelta(seconds=1)), OutboundMessage.objects.count()) == (0, 0)
    assert (due(LATER), due(LATER)) == (1, 0)

    entry.refresh_from_db()
    assert entry.status == Status.QUEUED
    assert OutboundMessage.objects.get().due_at == LATER


def test_what_is_asked_is_asked_when_the_wait_is_over(world):
    make_flow(enabled=True, delay_minutes=60)
    (entry,) = happen("order:1")
    world.stopped["order:1"] = "order_over"

    due(LATER)

    entry.refresh_from_db()
    assert (entry.status, entry.reason) == (Status.LEFT, "order_over")


def test_a_whole_batch_is_asked_about_at_once(world):
    flow = make_flow(enabled=True)
    subjects = {make_entry(flow).subject for _ in range(5)}

    due()

    assert world.asked == [subjects]


def test_more_people_than_one_batch_are_written_to_in_one_run():
    flow, contact = make_flow(enabled=True), make_contact()
    version = flow.versions.get()
    FlowEntry.objects.bulk_create(
        FlowEntry(
            flow=flow,
            version=version,
            subject=f"x:{n}",
            contact=contact,
            happened_at=NOW,
            due_at=NOW,
        )
        for n in range(ENTRIES_AT_ONCE + 1)
    )

    assert due() == ENTRIES_AT_ONCE + 1
    assert OutboundMessage.objects.count() == ENTRIES_AT_ONCE + 1


def test_a_phone_that_changed_meanwhile_is_the_one_written_to():
    make_flow(enabled=True, delay_minutes=60)
    (entry,) = happen()
    Contact.objects.update(phone="+393339990001")

    due(LATER)

    entry.refresh_from_db()
    assert OutboundMessage.objects.get().phone == "+393339990001"


def test_who_was_merged_meanwhile_is_written_to_as_the_person_that_was_kept():
    make_flow(enabled=True, delay_minutes=60)
    kept, merged = make_contact(first_name="Ada"), make_contact()
    happen(contact=merged)

    log = merge_contacts(survivor=kept, merged=merged, by=None, now=NOW)
    due(LATER)

    assert log.figures["flow_entries"] == 1
    message = OutboundMessage.objects.get()
    assert (message.contact_id, message.phone) == (kept.pk, kept.phone)


def test_nobody_is_written_to_while_a_machine_keeps_the_flow_stopped():
    flow = make_flow(enabled=True)
    young = make_entry(flow, expires_at=LATER)
    old = make_entry(flow, expires_at=NOW)
    stop_flow(flow_id=flow.pk, code="template_paused", now=NOW)

    due()

    young.refresh_from_db()
    old.refresh_from_db()
    assert young.status == Status.WAITING
    assert (old.status, old.reason) == (Status.LEFT, "too_late")
    assert OutboundMessage.objects.count() == 0


def test_who_entered_just_when_a_person_switched_it_off_leaves():
    flow = make_flow(enabled=True)
    disable_flow(flow=flow, by=make_user(), now=NOW)
    entry = make_entry(flow)

    due()

    entry.refresh_from_db()
    assert (entry.status, entry.reason) == (Status.LEFT, "flow_disabled")


def test_a_template_that_meta_paused_stops_the_flow_before_anything_is_written():
    version = make_version(category="utility")
    flow = make_flow(enabled=True, template_version=version)
    entry = make_entry(flow)
    TemplateVersion.objects.filter(pk=version.pk).update(status="paused")

    due()

    flow.refresh_from_db()
    entry.refresh_from_db()
    assert (flow.status, flow.stop_code) == (Flow.Status.DISABLED, "template_paused")
    assert (entry.status, OutboundMessage.objects.count()) == (Status.WAITING, 0)


def test_who_came_under_a_wording_that_may_not_be_sent_any_more_leaves_and_the_flow_goes_on():
    old = make_version(category="utility")
    flow = make_flow(enabled=True, template_version=old)
    entry = make_entry(flow)
    Flow.objects.filter(pk=flow.pk).update(template_version=make_version(category="utility"))
    flow.refresh_from_db()
    make_flow_version(flow)
    TemplateVersion.objects.filter(pk=old.pk).update(superseded_at=NOW)

    due()

    flow.refresh_from_db()
    entry.refresh_from_db()
    assert (entry.status, entry.reason) == (Status.LEFT, "wording_over")
    assert flow.status == Flow.Status.ENABLED


def test_a_run_that_dies_in_the_middle_leaves_no_message_without_its_entry(monkeypatch):
    flow = make_flow(enabled=True)
    entries = [make_entry(flow), make_entry(flow)]
    monkeypatch.setattr(FlowEntry, "save", _dies)

    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        due()

    assert OutboundMessage.objects.count() == 0
    assert {FlowEntry.objects.get(pk=entry.pk).status for entry in entries} == {Status.WAITING}


def _dies(*_args, **_kwargs):
    raise KeyboardInterrupt


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_write_to_everybody_once():
    flow = make_flow(enabled=True)
    entries = [make_entry(flow) for _ in range(6)]

    with transaction.atomic():
        taken = list(
            FlowEntry.objects.select_for_update().filter(pk__in=[e.pk for e in entries[:2]])
        )
        assert aside(due).result(20) == 4  # what another one has in hand is left to it
    assert len(taken) == 2
    found = [aside(due), aside(due)]

    assert sum(one.result(20) for one in found) == 2
    assert OutboundMessage.objects.count() == 6


@pytest.mark.django_db(transaction=True)
def test_twenty_tellings_at_once_make_one_entry_and_one_message():
    make_flow(enabled=True)
    contact = make_contact()

    told = [aside(lambda: happen("order:1", contact=contact)) for _ in range(20)]

    assert sorted(len(one.result(30)) for one in told) == [0] * 19 + [1]
    assert (FlowEntry.objects.count(), OutboundMessage.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_who_leaves_while_a_worker_writes_to_her_is_skipped():
    flow = make_flow(enabled=True)
    entry = make_entry(flow)
    with transaction.atomic():
        due()
        leaving = aside(lambda: leave(subject=entry.subject, reason="order_over", now=NOW))
        _wait_for_a_lock()

    assert leaving.result(20) == 1
    assert OutboundMessage.objects.get().reason == "order_over"


def _wait_for_a_lock():
    """Wait until somebody waits for one of our rows."""
    with connection.cursor() as cursor:
        for _ in range(200):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            cursor.execute("SELECT pg_sleep(0.02)")
    raise AssertionError("nobody waited")


def test_the_task_runs_every_minute_and_writes_to_whoever_is_due():
    flow = make_flow(enabled=True)
    now = timezone.now()
    make_entry(flow, happened_at=now, due_at=now)
    TemplateVersion.objects.update(last_seen_at=now)

    carry_out_flows()

    assert OutboundMessage.objects.count() == 1
    (job,) = [one for one in JOBS if one.task == "campaigns.tasks.carry_out_flows"]
    assert job.every == timedelta(minutes=1)


def test_what_an_old_message_said_of_a_person_is_blanked_and_the_row_stays():
    flow = make_flow(enabled=True)
    old, young = make_entry(flow), make_entry(flow)
    due()
    year_ago = NOW - timedelta(days=366)
    messages = OutboundMessage.objects.filter(flow_entry__in=[old, young])
    messages.update(status="read", sending_at=NOW)
    OutboundMessage.objects.filter(flow_entry=old).update(created_at=year_ago)

    assert forget_old_values(now=NOW) == 1
    assert forget_old_values(now=NOW) == 0

    assert OutboundMessage.objects.get(flow_entry=old).params == {}
    assert OutboundMessage.objects.get(flow_entry=young).params == {"FIRST_NAME": "Giulia"}
