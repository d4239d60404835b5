"""The last question before a message of a flow leaves."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audiences.models import ConsentState, Contact
from campaigns.flows.lifecycle import disable_flow
from campaigns.flows.stopping import stop_flow
from campaigns.models import Flow, FlowEntry, OutboundMessage, SpokiAccount
from templates_sync.models import TemplateVersion
from tests.campaigns.flows.conftest import happen
from tests.campaigns.sender.conftest import account, calm  # noqa: F401 - fixtures
from tests.campaigns.sender.steps import claim_now, order_message, start_now
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_user
from tests.factories.flows import make_flow
from tests.factories.templates import make_version

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]


@pytest.fixture
def queued(calm):  # noqa: F811 - the fixture
    """Queue the message of an order flow for a new person, and return it."""
    version = make_version(category="utility", last_seen_at=timezone.now())

    def make(subject="order:1", **flow):
        now = timezone.now()
        since = now - timedelta(days=1)
        if not Flow.objects.exists():
            make_flow(enabled=True, enabled_at=since, template_version=version, **flow)
        (entry,) = happen(subject, happened_at=now, now=now)
        assert entry.status == FlowEntry.Status.QUEUED
        return entry

    return make


def go(account):  # noqa: F811 - the fixture's value
    rows = claim_now(account).rows
    return [row.id for row in start_now(rows, account)]


def became(entry):
    message = OutboundMessage.objects.get(pk=entry.message_id or 0)
    return message.status, message.reason


def test_a_message_that_nothing_stands_against_leaves(calm, queued):  # noqa: F811
    entry = queued()

    assert go(calm) == [entry.message_id]
    assert became(entry) == ("sending", "")


def test_what_is_over_by_then_is_skipped_with_the_reason_of_its_owner(calm, queued, world):  # noqa: F811
    entry, other = queued("order:1"), queued("order:2")
    world.stopped["order:1"] = "order_over"

    assert go(calm) == [other.message_id]
    assert became(entry) == ("skipped", "order_over")


def test_nothing_leaves_of_a_flow_that_a_person_switched_off_meanwhile(calm, queued):  # noqa: F811
    entry = queued()
    rows = claim_now(calm).rows
    # Somebody's hand was on the row just then: only the flow says no.
    Flow.objects.update(status=Flow.Status.DISABLED)

    assert start_now(rows, calm) == []
    assert became(entry) == ("skipped", "flow_disabled")


def test_what_was_handed_over_before_a_machine_stopped_the_flow_still_leaves(calm, queued):  # noqa: F811
    entry = queued()
    stop_flow(flow_id=entry.flow_id, code="conditions_broken", now=NOW)

    assert go(calm) == [entry.message_id]


def test_whoever_refused_messages_about_orders_meanwhile_gets_none(calm, queued):  # noqa: F811
    entry = queued()
    Contact.objects.update(orders_consent=ConsentState.WITHDRAWN)

    assert go(calm) == []
    assert became(entry) == ("skipped", "orders_withdrawn")


def test_a_template_that_is_marketing_by_now_does_not_go_as_an_order_message(calm, queued):  # noqa: F811
    entry = queued()
    TemplateVersion.objects.update(category="marketing", category_accepted_at=NOW)

    assert go(calm) == []
    assert became(entry) == ("skipped", "template_is_marketing")


def test_a_trigger_that_breaks_keeps_its_own_messages_and_nobody_elses(calm, queued, world):  # noqa: F811
    entry = queued()
    other = order_message(
        contact=make_contact(), template_version=OutboundMessage.objects.get().template_version
    )
    world.is_broken = True

    assert go(calm) == [other.pk]
    assert became(entry) == ("queued", "guard_failed")


def test_an_order_message_in_marketing_hours_waits_for_them(calm, queued):  # noqa: F811
    entry = queued(hours=Flow.Hours.MARKETING)
    another_day = "weekday" if timezone.localtime().weekday() >= 5 else "sunday"
    nearly_never = dict.fromkeys(calm.marketing_hours) | {another_day: ["12:00", "12:01"]}
    SpokiAccount.objects.update(marketing_hours=nearly_never)

    assert go(calm) == []
    message = OutboundMessage.objects.get(pk=entry.message_id or 0)
    assert (message.status, message.lease_until) == ("queued", None)
    assert message.due_at > timezone.now() + timedelta(hours=1)


def test_a_flow_switched_off_skips_what_waits_in_the_queue(calm, queued):  # noqa: F811
    entry = queued()

    disable_flow(flow=entry.flow, by=make_user(), now=NOW)

    assert go(calm) == []
    assert became(entry) == ("skipped", "flow_disabled")
