"""However a person withdraws, the message that waits for her does not leave: not even one that is reserved."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from audiences.consent import withdraw_consent
from audiences.contact_sync.sweeping import sweep_contacts
from audiences.merging import merge_contacts
from audiences.models import Contact
from campaigns.models import Lane, OutboundMessage
from campaigns.sender.reactions import withdraw_marketing
from tests.audiences.contact_sync.world import World
from tests.campaigns.sender.steps import claim_and_start, claim_now, start_now
from tests.conversations.payloads import delivery, receive
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_user

pytestmark = pytest.mark.django_db

PHONE = "+393470009999"


def by_an_agent(contact: Contact) -> None:
    agent = Client()
    agent.force_login(make_user(is_staff=True, is_superuser=True))
    said = {"purpose": "whatsapp_marketing", "state": "withdrawn", "source": "telefonata"}
    agent.post(f"/admin/audiences/contact/{contact.pk}/consent/", said)


def by_the_crm(contact: Contact) -> None:
    api = APIClient()
    api.force_authenticate(make_user(is_superuser=True))
    said = {"purpose": "whatsapp_marketing", "state": "withdrawn", "source": "crm"}
    body = {"consents": [said | {"at": timezone.now().isoformat()}]}
    api.put(f"/api/v1/contacts/by-phone/{contact.phone}/", body, format="json")


def by_a_word(_contact: Contact) -> None:
    now = timezone.now()
    receive(delivery("message.inbound", at=now, text="STOP"), now=now)


def at_spoki(_contact: Contact) -> None:
    world = World()
    world.now = timezone.now()
    world.knows(phone=PHONE, status="Unsubscribed")
    sweep_contacts(gateway=world.spoki, budget=world.budget())


def by_a_double(contact: Contact) -> None:
    now = timezone.now()
    double = make_contact(marketing_consent="unknown")
    withdraw_consent(contact=double, source="STOP", at=now, now=now)
    merge_contacts(survivor=contact, merged=double, by=None, now=now)


def by_meta(contact: Contact) -> None:
    message = OutboundMessage.objects.get(contact=contact)
    withdraw_marketing(
        contact_id=contact.pk, code="whatsapp::131050", key=message.key, now=timezone.now()
    )


WAYS: list[Callable[[Contact], None]] = [
    by_an_agent,
    by_the_crm,
    by_a_word,
    at_spoki,
    by_a_double,
    by_meta,
]


@pytest.fixture
def waiting(calm: Any, running: Any) -> Contact:
    contact = make_contact(phone=PHONE, marketing_consent_at=timezone.now() - timedelta(days=30))
    running([contact])
    return contact


@pytest.mark.parametrize("withdraw", WAYS)
def test_whoever_withdrew_is_not_written_to(
    calm: Any, waiting: Contact, withdraw: Callable[[Contact], None]
) -> None:
    withdraw(waiting)

    # The one confirmation of a STOP is no marketing.
    assert [row for row in claim_and_start(calm) if row.lane == Lane.MARKETING] == []
    message = OutboundMessage.objects.get(lane=Lane.MARKETING)
    assert (message.status, message.reason) == ("skipped", "consent_withdrawn")


@pytest.mark.parametrize("withdraw", WAYS)
def test_a_withdrawal_holds_back_even_a_message_that_is_about_to_leave(
    calm: Any, waiting: Contact, withdraw: Callable[[Contact], None]
) -> None:
    reserved = claim_now(calm).rows
    assert [row.phone for row in reserved] == [PHONE]

    withdraw(waiting)

    assert start_now(reserved, calm) == []
    message = OutboundMessage.objects.get(lane=Lane.MARKETING)
    assert message.reason == "consent_withdrawn"
