"""Deliveries that the local Spoki signs and posts over real HTTP."""

import pytest

from campaigns.models import ConversationWindow
from conversations import intake, tasks
from conversations.models import Message, SpokiDelivery
from spoki.simulator import SimulatorProcess
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_number

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = "+393470009999"


@pytest.fixture
def simulator(live_server, settings, monkeypatch):
    settings.SPOKI_WEBHOOK_SECRETS = ["whsec_before", "whsec_now"]
    monkeypatch.setattr(tasks, "enqueue", lambda delivery_id: None)
    with SimulatorProcess(
        webhook_url=f"{live_server.url}/webhooks/spoki/", webhook_secret="whsec_now"
    ) as running:
        yield running


def test_a_message_of_a_customer_travels_from_the_phone_to_the_database(simulator):
    contact = make_contact(phone=PHONE, marketing_consent_at=NOW.replace(year=2020))
    make_number()

    simulator.control.inbound(PHONE, text="STOP")
    assert simulator.control.wait(idle=True)
    # The simulator also tells that it learned of a new contact.
    for row in SpokiDelivery.objects.all():
        intake.process_delivery(delivery_id=row.pk, now=row.received_at)

    contact.refresh_from_db()
    assert SpokiDelivery.objects.get(event="message.inbound").outcome == "inbound"
    assert Message.objects.get().text == "STOP"
    assert contact.marketing_consent == "withdrawn"
    assert ConversationWindow.objects.get().contact_id == contact.pk


def test_a_delivery_with_another_secret_is_refused(simulator, settings):
    settings.SPOKI_WEBHOOK_SECRETS = ["whsec_other"]

    simulator.control.inbound(PHONE, text="Ciao")
    assert simulator.control.wait(idle=True)

    assert simulator.control.deliveries()[0]["status"] == 401
    assert SpokiDelivery.objects.count() == 0
