"""A flow is written while it is off, and switched on by a second person who saw exactly that."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from campaigns.flows.editing import create_flow, edit_flow
from campaigns.flows.fingerprint import fingerprint
from campaigns.flows.lifecycle import disable_flow, enable_flow, request_enabling
from campaigns.flows.stopping import stop_flow
from campaigns.models import (
    Alert,
    Flow,
    FlowEntry,
    FlowEvent,
    FlowVersion,
    Lane,
    OutboundMessage,
    Quality,
    SpokiAccount,
    TransitionRefused,
)
from campaigns.refusals import CampaignRefused, SamePersonRefused
from tests.campaigns.flows.conftest import KEY, happen
from tests.campaigns.sender.steps import aside
from tests.conftest import NOW
from tests.factories.campaigns import FIRST_NAME, ensure_number, make_user
from tests.factories.flows import make_entry, make_flow
from tests.factories.templates import make_version

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]

LATER = NOW + timedelta(hours=1)


def written(**changes):
    ensure_number()
    fields = {
        "name": "Conferma",
        "trigger": KEY,
        "template_version": make_version(category="utility"),
        "variables": FIRST_NAME,
    }
    return create_flow(fields=fields | changes, by=make_user(), now=NOW)


def codes(refusal):
    return {blocker.code for blocker in refusal.value.blockers}


def test_a_new_flow_is_off_and_takes_the_wait_of_its_trigger(world):
    world.offer(default_delay_minutes=45)

    flow = written()

    assert (flow.status, flow.delay_minutes) == (Flow.Status.DISABLED, 45)
    assert (flow.lane, flow.hours) == (Lane.TRANSACTIONAL, Flow.Hours.TRANSACTIONAL)
    assert [event.verb for event in flow.events.all()] == ["created"]


def test_a_flow_of_a_marketing_trigger_is_marketing_and_keeps_its_hours(world):
    world.offer(is_marketing=True)

    flow = written()

    assert (flow.lane, flow.hours) == (Lane.MARKETING, Flow.Hours.MARKETING)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"trigger": "test.nothing"}, "unknown_trigger"),
        ({"trigger": ""}, "no_trigger"),
        ({"variables": {}}, "variables"),
        ({"conditions": {"v": 1, "groups": []}}, "broken_conditions"),
        ({"conditions": {"v": 2}}, "broken_conditions"),
        ({"lane": Lane.MARKETING, "hours": Flow.Hours.TRANSACTIONAL}, "hours_too_wide"),
    ],
)
def test_wrong_choices_are_refused_and_nothing_is_written(wrong, code):
    with pytest.raises(CampaignRefused) as refusal:
        written(**wrong)

    assert codes(refusal) == {code}
    assert Flow.objects.count() == 0


def test_a_marketing_trigger_cannot_be_lowered(world):
    world.offer(is_marketing=True)

    with pytest.raises(CampaignRefused) as refusal:
        written(lane=Lane.TRANSACTIONAL)

    assert codes(refusal) == {"lane_too_low"}


def test_an_order_flow_may_be_raised_to_marketing():
    flow = written()

    edited = edit_flow(flow=flow, changes={"lane": Lane.MARKETING}, by=make_user(), now=LATER)

    assert (edited.lane, edited.hours) == (Lane.MARKETING, Flow.Hours.MARKETING)


def test_no_conditions_however_they_are_written_are_one_and_the_same():
    nothing: tuple[object, ...] = ({}, [], None)

    assert [written(conditions=raw).conditions for raw in nothing] == [{}, {}, {}]


def test_a_second_person_enables_it_and_what_it_said_is_kept():
    flow, other = written(delay_minutes=5), make_user()

    enable_flow(flow=flow, by=other, now=LATER)

    flow.refresh_from_db()
    version = flow.versions.get()
    assert (flow.status, flow.enabled_by, flow.enabled_at) == ("enabled", other, LATER)
    assert (version.number, version.definition["delay_minutes"], version.by) == (1, 5, other)
    assert [event.verb for event in flow.events.all()] == ["created", "enabled"]


@pytest.mark.parametrize("is_superuser", [False, True])
def test_neither_the_author_nor_the_last_editor_enables_it(is_superuser):
    author = make_user(is_superuser=is_superuser)
    editor = make_user(is_superuser=is_superuser)
    flow = make_flow(author=author, last_editor=editor)

    for person in (author, editor):
        with pytest.raises(SamePersonRefused):
            enable_flow(flow=flow, by=person, now=NOW)

    flow.refresh_from_db()
    assert (flow.status, flow.versions.count()) == (Flow.Status.DISABLED, 0)


def test_the_database_itself_refuses_one_person_in_both_roles():
    flow = make_flow()

    with pytest.raises(IntegrityError), transaction.atomic():
        Flow.objects.filter(pk=flow.pk).update(
            status="enabled", enabled_by=flow.author, enabled_at=NOW
        )


def test_what_changed_since_somebody_looked_is_not_enabled():
    flow = written()
    seen = fingerprint(flow)
    edit_flow(flow=flow, changes={"delay_minutes": 30}, by=flow.author, now=NOW)

    with pytest.raises(CampaignRefused) as refusal:
        enable_flow(flow=flow, by=make_user(), now=LATER, seen=seen)

    assert codes(refusal) == {"changed"}
    flow.refresh_from_db()
    assert flow.status == Flow.Status.DISABLED


@pytest.mark.parametrize(
    "change",
    [
        {"delay_minutes": 1},
        {"variables": {"FIRST_NAME": {"value": "amico"}}},
        {
            "conditions": {
                "v": 1,
                "groups": [{"mode": "all", "rules": [["contact.language", "is", "it"]]}],
            }
        },
        {"lane": Lane.MARKETING},
        {"holdout_share": "0.1"},
    ],
)
def test_whatever_decides_who_gets_what_changes_the_fingerprint(change):
    flow = written()
    before = fingerprint(flow)

    assert fingerprint(edit_flow(flow=flow, changes=change, by=flow.author, now=NOW)) != before


@pytest.mark.parametrize(
    ("version", "code"),
    [
        ({"status": "paused"}, "template_not_sendable"),
        ({"superseded_at": NOW}, "template_not_sendable"),
        ({"category": "authentication"}, "template_category"),
        ({"category": "marketing"}, "template_is_marketing"),
    ],
)
def test_a_template_that_may_not_be_sent_so_keeps_the_flow_off(version, code):
    flow = make_flow(template_version=make_version(**{"category": "utility"} | version))

    with pytest.raises(CampaignRefused) as refusal:
        enable_flow(flow=flow, by=make_user(), now=NOW)

    assert codes(refusal) == {code}
    assert flow.versions.count() == 0


def test_low_quality_keeps_marketing_off_and_order_messages_not():
    order, marketing = make_flow(), make_flow(lane=Lane.MARKETING, hours=Flow.Hours.MARKETING)
    SpokiAccount.objects.update(quality=Quality.RED)

    enable_flow(flow=order, by=make_user(), now=NOW)
    with pytest.raises(CampaignRefused) as refusal:
        enable_flow(flow=marketing, by=make_user(), now=NOW)

    assert codes(refusal) == {"quality_red"}


def test_only_one_flow_of_an_exclusive_trigger_is_on(world):
    world.offer(is_exclusive=True)
    first, second = make_flow(), make_flow()
    enable_flow(flow=first, by=make_user(), now=NOW)

    with pytest.raises(CampaignRefused, match=first.name) as refusal:
        enable_flow(flow=second, by=make_user(), now=NOW)

    assert codes(refusal) == {"second_flow"}
    disable_flow(flow=first, by=make_user(), now=NOW)
    assert enable_flow(flow=second, by=make_user(), now=LATER).status == "enabled"


@pytest.mark.django_db(transaction=True)
def test_of_two_flows_of_an_exclusive_trigger_enabled_at_once_one_is_on(world):
    world.offer(is_exclusive=True)
    flows, by = [make_flow(), make_flow()], make_user()

    tries = [aside(partial(enable_flow, flow=flow, by=by, now=NOW)) for flow in flows]
    refused = [one.exception(20) for one in tries]

    assert [type(error) for error in refused if error] == [CampaignRefused]
    assert Flow.objects.filter(status="enabled").count() == 1


def test_a_flow_that_is_on_is_not_edited():
    flow = make_flow(enabled=True)

    with pytest.raises(TransitionRefused):
        edit_flow(flow=flow, changes={"delay_minutes": 9}, by=flow.author, now=NOW)

    flow.refresh_from_db()
    assert flow.delay_minutes == 0


def test_a_second_click_enables_nothing_twice():
    flow = make_flow()
    enable_flow(flow=flow, by=make_user(), now=NOW)

    with pytest.raises(TransitionRefused):
        enable_flow(flow=flow, by=make_user(), now=LATER)

    assert flow.versions.count() == 1


def test_an_edit_takes_the_request_back():
    flow = written()
    asked = request_enabling(flow=flow, by=flow.author, now=NOW)
    assert (asked.requested_by, asked.requested_at) == (flow.author, NOW)

    edited = edit_flow(flow=flow, changes={"delay_minutes": 9}, by=flow.author, now=LATER)

    assert (edited.requested_by, edited.requested_at) == (None, None)


def test_whoever_switches_it_off_lets_everybody_go():
    flow = make_flow(enabled=True)
    (queued,) = happen("order:1")
    waiting = make_entry(flow)

    disable_flow(flow=flow, by=make_user(), now=LATER)

    waiting.refresh_from_db()
    message = OutboundMessage.objects.get(flow_entry=queued)
    assert (waiting.status, waiting.reason) == (FlowEntry.Status.LEFT, "flow_disabled")
    assert (message.status, message.reason) == ("skipped", "flow_disabled")
    assert flow.events.get(verb="disabled").figures == {"left": 1, "skipped": 1, "reason": ""}
    assert happen("order:2") == []


def test_a_flow_that_is_off_is_not_switched_off_again():
    flow = make_flow()

    with pytest.raises(TransitionRefused):
        disable_flow(flow=flow, by=make_user(), now=NOW)

    assert flow.events.count() == 0


def test_a_machine_that_stops_a_flow_tells_people_once_and_keeps_who_waits():
    flow = make_flow(enabled=True)
    entry = make_entry(flow)

    assert stop_flow(flow_id=flow.pk, code="template_paused", now=NOW)
    assert not stop_flow(flow_id=flow.pk, code="trigger_gone", now=NOW)

    flow.refresh_from_db()
    entry.refresh_from_db()
    assert (flow.status, flow.stop_code, entry.status) == ("disabled", "template_paused", "waiting")
    assert Alert.objects.filter(code="flow_stopped").count() == 1


def test_once_enabled_again_a_stopped_flow_goes_on_and_the_alert_is_over():
    flow = make_flow(enabled=True)
    entry = make_entry(flow)
    stop_flow(flow_id=flow.pk, code="template_paused", now=NOW)

    again = enable_flow(flow=flow, by=make_user(), now=LATER)

    entry.refresh_from_db()
    assert (again.stop_code, entry.status) == ("", FlowEntry.Status.WAITING)
    assert again.versions.count() == 1  # the same wording is the same version
    assert Alert.objects.get(code="flow_stopped").over_at == LATER


def test_a_stopped_flow_can_be_switched_off_for_good():
    flow = make_flow(enabled=True)
    entry = make_entry(flow)
    stop_flow(flow_id=flow.pk, code="template_paused", now=NOW)

    off = disable_flow(flow=flow, by=make_user(), now=LATER)

    entry.refresh_from_db()
    assert (off.stop_code, entry.status) == ("", FlowEntry.Status.LEFT)


def test_whoever_came_before_an_edit_goes_on_under_the_old_wording():
    flow = make_flow(enabled=True)
    entry = make_entry(flow)
    stop_flow(flow_id=flow.pk, code="template_paused", now=NOW)
    edit_flow(flow=flow, changes={"delay_minutes": 600}, by=flow.author, now=LATER)
    enable_flow(flow=flow, by=make_user(), now=LATER)

    (new,) = happen("order:2", happened_at=LATER, now=LATER)

    entry.refresh_from_db()
    assert (entry.version.number, new.version.number) == (1, 2)
    assert new.due_at == LATER + timedelta(minutes=600)


@pytest.mark.parametrize("kind", [FlowVersion, FlowEvent])
def test_what_a_flow_said_and_what_happened_to_it_is_never_changed(kind):
    flow = make_flow()
    enable_flow(flow=flow, by=make_user(), now=NOW)

    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        kind.objects.update(flow=make_flow().pk)
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        kind.objects.all().delete()

    assert kind.objects.filter(flow=flow).count() == 1
