"""What is over for a person: she leaves, and what has not left yet is skipped."""

import pytest

from campaigns.flows.engine import leave
from campaigns.models import FlowEntry, OutboundMessage
from tests.campaigns.flows.conftest import happen, written
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.flows import make_flow

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]


def test_who_waits_for_the_subject_leaves_with_the_reason():
    make_flow(enabled=True, delay_minutes=60)
    (entry,) = happen("checkout:1")
    (other,) = happen("checkout:2")

    assert leave(subject="checkout:1", reason="order_placed", now=NOW) == 1

    entry.refresh_from_db()
    other.refresh_from_db()
    assert (entry.status, entry.reason, entry.ended_at) == ("left", "order_placed", NOW)
    assert other.status == FlowEntry.Status.WAITING


def test_a_message_that_has_not_begun_to_leave_is_skipped():
    make_flow(enabled=True)
    (entry,) = happen("order:1")
    OutboundMessage.objects.update(lease_until=NOW)

    assert leave(subject="order:1", reason="order_over", now=NOW) == 1

    message = OutboundMessage.objects.get(pk=written(entry).pk)
    assert (message.status, message.reason, message.lease_until) == ("skipped", "order_over", None)
    entry.refresh_from_db()
    assert entry.status == FlowEntry.Status.QUEUED


def test_what_has_begun_to_leave_is_not_called_back():
    make_flow(enabled=True)
    happen("order:1")
    OutboundMessage.objects.update(status="sending", sending_at=NOW)

    assert leave(subject="order:1", reason="order_over", now=NOW) == 0
    assert OutboundMessage.objects.get().status == "sending"


def test_a_person_leaves_only_the_flows_of_the_triggers_named(world):
    world.offer("test.other")
    make_flow(enabled=True, delay_minutes=60)
    make_flow(enabled=True, delay_minutes=60, trigger="test.other")
    contact = make_contact()
    (kept,) = happen("a:1", contact=contact)
    (left,) = happen("b:1", contact=contact, trigger="test.other")

    assert leave(contact=contact, triggers=["test.other"], reason="order_placed", now=NOW) == 1

    left.refresh_from_db()
    kept.refresh_from_db()
    assert (left.status, kept.status) == ("left", "waiting")


def test_nobody_in_particular_cannot_be_told_to_leave():
    make_flow(enabled=True, delay_minutes=60)
    (entry,) = happen()

    with pytest.raises(ValueError, match="subject or a contact"):
        leave(reason="order_over", now=NOW)

    entry.refresh_from_db()
    assert entry.status == FlowEntry.Status.WAITING
