"""Deliveries that the local Spoki signs and posts over real HTTP."""

from contextlib import closing
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import ConversationWindow
from campaigns.route_probe import start_probe
from conversations import doorbell, intake
from conversations.models import Message, SpokiDelivery
from spoki import SpokiClient
from spoki.simulator import SimulatorProcess
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_number, make_user
from tests.factories.routes import make_route
from tests.factories.templates import make_template, make_version

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = "+393470009999"


@pytest.fixture
def simulator(live_server, settings, monkeypatch):
    settings.SPOKI_WEBHOOK_SECRETS = ["whsec_before", "whsec_now"]
    monkeypatch.setattr(doorbell, "ring", lambda: None)
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


# The automation and its template that the simulator is born with.
AUTOMATION, AUTOMATION_SECRET, TEMPLATE = (
    "0b7c1f6e-5d3a-4c1e-9f68-2f1f6f0f1a01",
    "auto-secret-natale",
    1001,
)


def _tested(simulator):
    """A route of the simulator's automation, tested with a real message, its webhooks processed."""
    account = make_number().account
    version = make_version(
        template=make_template(spoki_id=TEMPLATE),
        body="Ciao %%FIRST_NAME%% e %%PET_NAME%%: %%CODE%%",
        first_seen_at=timezone.now() - timedelta(days=1),
    )
    route = make_route(
        state="off", version=version, trigger_uuid=AUTOMATION, secret=AUTOMATION_SECRET
    )
    with closing(SpokiClient(base_url=simulator.url, api_key="any")) as gateway:
        start_probe(
            route=route,
            account_id=account.pk,
            phone=PHONE,
            values={"FIRST_NAME": "Bea", "PET_NAME": "Argo", "CODE": "NATALE20"},
            by=make_user(),
            gateway=gateway,
            allowlist=[],
        )
    assert simulator.control.wait(idle=True)
    for row in SpokiDelivery.objects.order_by("pk"):
        intake.process_delivery(delivery_id=row.pk, now=timezone.now())
    route.refresh_from_db()
    return route


def test_a_route_is_proven_by_a_message_that_travels_to_the_phone_and_back(simulator):
    route = _tested(simulator)

    probe = route.probes.get()
    assert (route.state, probe.state, probe.seen_template) == ("proven", "seen", TEMPLATE)
    assert "Bea" in probe.seen_text
    assert len(simulator.control.messages(phone=PHONE)) == 1


def test_a_spoki_that_loses_metadata_proves_nothing_and_the_page_can_say_so(simulator):
    simulator.control.config(automation_metadata=False)

    route = _tested(simulator)

    assert (route.state, route.probes.get().error_code) == ("probing", "route_metadata_lost")
