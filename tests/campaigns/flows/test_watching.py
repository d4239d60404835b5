"""Flows that should not go on are switched off by machine, with the reason, and people are told."""

import json
from datetime import timedelta

import pytest

from campaigns.alerts import text_of
from campaigns.flows.wall import stop_at_wall
from campaigns.flows.watching import EVERY_MINUTES, figures_of, watch_flows
from campaigns.models import Alert, Flow, FlowEntry, OutboundMessage
from campaigns.sender.outcome import Outcome
from campaigns.sender.policy import DEFAULT_POLICY
from campaigns.sender.reactions import Met, react
from templates_sync.models import TemplateVersion
from tests.campaigns.flows.conftest import happen, written
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.flows import make_flow

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]


def state(flow):
    flow.refresh_from_db()
    return flow.status, flow.stop_code, flow.stop_detail


def sent(flow, count, **became):
    """Have `count` messages of the flow sent at NOW."""
    contact = make_contact()
    for n in range(count):
        (entry,) = happen(f"x:{n}:{became.get('status')}", contact=contact)
        fields = {"status": "delivered", "sending_at": NOW + timedelta(seconds=n)} | became
        OutboundMessage.objects.filter(pk=written(entry).pk).update(**fields)


def test_a_flow_that_nothing_stands_against_is_left_alone():
    flow = make_flow(enabled=True)

    assert watch_flows(now=NOW) == 0
    assert state(flow)[0] == Flow.Status.ENABLED


@pytest.mark.parametrize(
    ("change", "code", "detail"),
    [
        ({"status": "paused"}, "template_paused", "paused"),
        ({"status": "disabled"}, "template_disabled", "disabled"),
        ({"superseded_at": NOW}, "template_not_sendable", "superseded"),
        ({"category": "marketing"}, "template_recategorised", "category_changed"),
    ],
)
def test_a_template_that_may_not_be_sent_any_more_stops_its_flow(change, code, detail):
    flow, other = make_flow(enabled=True), make_flow(enabled=True)
    TemplateVersion.objects.filter(pk=flow.template_version_id or 0).update(**change)

    assert watch_flows(now=NOW) == 1

    assert state(flow) == (Flow.Status.DISABLED, code, detail)
    assert state(other)[0] == Flow.Status.ENABLED
    alert = Alert.objects.get(code="flow_stopped")
    assert flow.name in text_of(alert, now=NOW)


def test_a_status_that_is_only_old_stops_nothing():
    flow = make_flow(enabled=True)

    assert watch_flows(now=NOW + timedelta(hours=3)) == 0
    assert state(flow)[0] == Flow.Status.ENABLED


def test_a_trigger_that_nobody_offers_any_more_stops_its_flow():
    flow = make_flow(enabled=True, trigger="order.vanished")

    watch_flows(now=NOW)

    assert state(flow) == (Flow.Status.DISABLED, "trigger_gone", "order.vanished")


def test_a_tag_that_was_deleted_stops_the_flow_that_asks_for_it():
    contact = make_contact(tags=["vip"])
    rules = [["contact.tag", "has_not", "vip"]]
    flow = make_flow(enabled=True, conditions={"v": 1, "groups": [{"mode": "all", "rules": rules}]})
    assert watch_flows(now=NOW) == 0

    contact.tags = []
    contact.save()
    watch_flows(now=NOW)

    assert state(flow)[:2] == (Flow.Status.DISABLED, "conditions_broken")


def test_a_value_that_nobody_offers_any_more_stops_the_flow(world):
    variables = {"FIRST_NAME": {"parameter": "order.name", "fallback": "x"}}
    flow = make_flow(enabled=True, variables=variables)
    assert watch_flows(now=NOW) == 0

    world.offer(parameters={})
    watch_flows(now=NOW)

    assert state(flow)[:2] == (Flow.Status.DISABLED, "value_vanished")


def test_too_many_people_who_unsubscribe_stop_the_flow():
    flow = make_flow(enabled=True)
    sent(flow, 100)
    assert watch_whole_turn(flow) == 0

    for pk in OutboundMessage.objects.values_list("pk", flat=True)[:2]:
        OutboundMessage.objects.filter(pk=pk).update(opted_out_at=NOW)

    assert watch_whole_turn(flow) == 1
    _status, code, detail = state(flow)
    assert code == "stop_opt_outs"
    assert (json.loads(detail)["count"], json.loads(detail)["of"]) == (2, 100)


def watch_whole_turn(flow):
    """Watch for as many minutes as it takes until every flow was judged once."""
    later = NOW + timedelta(minutes=5)
    return sum(watch_flows(now=later + timedelta(minutes=n)) for n in range(EVERY_MINUTES))


def test_what_was_before_a_flow_was_enabled_again_is_not_held_against_it():
    flow = make_flow(enabled=True)
    sent(flow, 3)
    assert figures_of(flow, now=NOW).delivered == 3

    Flow.objects.update(enabled_at=NOW + timedelta(minutes=1))
    flow.refresh_from_db()

    assert figures_of(flow, now=NOW + timedelta(minutes=2)).delivered == 0


def test_the_same_refusal_again_and_again_stops_the_flow_and_no_other():
    flow, other = make_flow(enabled=True, trigger="test.other"), make_flow(enabled=True)
    failed = {"status": "failed", "reason": "refused", "error_code": "http::404"}
    sent(other, DEFAULT_POLICY.breaker_in_a_row - 1, **failed)
    last = OutboundMessage.objects.order_by("-pk").first()
    assert last is not None
    assert not stop_at_wall(key=last.key, policy=DEFAULT_POLICY, now=NOW)

    (entry,) = happen("x:last")
    OutboundMessage.objects.filter(pk=written(entry).pk).update(sending_at=NOW, **failed)
    key = OutboundMessage.objects.get(pk=written(entry).pk).key

    assert stop_at_wall(key=key, policy=DEFAULT_POLICY, now=NOW)
    assert state(other) == (Flow.Status.DISABLED, "repeated_refusals", "http::404")
    assert state(flow)[0] == Flow.Status.ENABLED


def test_a_template_that_meta_refuses_stops_the_flow_of_that_message_at_once():
    flow = make_flow(enabled=True)
    (entry,) = happen()
    message = OutboundMessage.objects.get(pk=written(entry).pk)
    met = Met(
        message.account_id,
        "template",
        None,
        message.template_version_id,
        message.contact_id,
        message.key,
    )
    outcome = Outcome("failed", error_code="whatsapp::132015", campaign_pause="template_paused")

    react(outcome, met, now=NOW, policy=DEFAULT_POLICY)

    assert state(flow) == (Flow.Status.DISABLED, "template_paused", "whatsapp::132015")
    assert TemplateVersion.objects.get(pk=message.template_version_id or 0).held_at == NOW
    assert FlowEntry.objects.get().status == FlowEntry.Status.QUEUED
