"""News of messages that left by an automation: our `metadata` is all there is to know them by."""

from datetime import timedelta

import pytest

from campaigns.models import AutomationRoute, RouteProbe
from conversations.models import Message
from tests.conftest import NOW
from tests.conversations.payloads import BUSINESS, PHONE, UUID, after, outbound, receive
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_message, make_number
from tests.factories.routes import TRIGGER, make_route
from tests.factories.templates import make_version

pytestmark = pytest.mark.django_db
State = AutomationRoute.State


@pytest.fixture(autouse=True)
def number():
    return make_number(phone=f"+{BUSINESS}")


@pytest.fixture
def contact():
    return make_contact(phone=PHONE)


@pytest.fixture
def unidentified(contact):
    """A message that an automation took: accepted, without any identifier."""
    return make_message(contact=contact, status="accepted", accepted_at=NOW)


@pytest.fixture
def probe():
    earlier = NOW - timedelta(hours=1)
    version = make_version(first_seen_at=earlier)
    route = make_route(state=State.PROBING, version=version, probed_at=NOW)
    return RouteProbe.objects.create(
        route=route, trigger_uuid=TRIGGER, phone=PHONE, started_at=NOW, state="waiting"
    )


def test_a_message_of_an_automation_is_known_by_its_metadata_and_learns_its_uuid(unidentified):
    row = receive(outbound("Sent", metadata={"msg": unidentified.key.hex}))

    unidentified.refresh_from_db()
    assert row.outcome == "status"
    assert (unidentified.status, unidentified.provider_uuid) == ("sent", UUID)


def test_a_late_failure_without_metadata_finds_the_message_by_the_uuid_it_learnt(unidentified):
    receive(outbound("Sent", metadata={"msg": unidentified.key.hex}))

    receive(outbound("Error", error_code="131026", at=after(seconds=60)))

    unidentified.refresh_from_db()
    assert (unidentified.status, unidentified.reason) == ("failed", "undeliverable")


def test_a_failure_is_the_first_thing_heard_of_a_message_of_an_automation(unidentified):
    receive(outbound("Error", error_code="131026", metadata={"msg": unidentified.key.hex}))

    unidentified.refresh_from_db()
    assert (unidentified.status, unidentified.provider_uuid) == ("failed", UUID)


def test_a_message_that_aged_to_unknown_is_settled_by_its_metadata(contact):
    aged = make_message(contact=contact, status="unknown", reason="no_news")

    receive(outbound("Delivered", metadata={"msg": aged.key.hex}))

    aged.refresh_from_db()
    assert (aged.status, aged.reason, aged.provider_uuid) == ("delivered", "", UUID)


def test_metadata_of_a_probe_proves_its_route(probe):
    row = receive(outbound("Sent", metadata={"msg": probe.key.hex}, text="Ciao Ada"))

    probe.refresh_from_db()
    assert (row.state, row.outcome) == ("done", "probe")
    assert (probe.state, probe.seen_text, probe.provider_uuid) == ("seen", "Ciao Ada", UUID)
    assert probe.route.state == State.PROVEN


def test_a_probe_is_part_of_the_conversation_with_the_test_phone(probe, contact):
    receive(outbound("Sent", metadata={"msg": probe.key.hex}, text="Ciao Ada"))
    receive(outbound("Delivered", at=after(seconds=9), text="Ciao Ada"))

    kept = Message.objects.get()
    assert (kept.contact, kept.text, kept.status) == (contact, "Ciao Ada", "delivered")


def test_a_message_without_metadata_is_noted_on_the_probe_it_may_belong_to(probe):
    receive(outbound("Sent", text="Ciao Ada", created_datetime=NOW.isoformat()))

    probe.refresh_from_db()
    assert (probe.state, probe.error_code) == ("waiting", "route_metadata_lost")


def test_metadata_of_nobody_is_a_message_written_by_others(probe):
    row = receive(outbound("Sent", metadata={"msg": "0" * 32}))

    probe.refresh_from_db()
    assert (row.outcome, probe.state) == ("by_others", "waiting")
