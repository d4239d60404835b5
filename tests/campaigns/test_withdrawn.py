"""A withdrawal, however it came: at which message's door it lies, and what need not wait any more."""

from datetime import timedelta

import pytest

from audiences.consent import withdraw_consent
from campaigns.models import Campaign, Lane, OutboundMessage
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_campaign, make_message

pytestmark = pytest.mark.django_db

EARLIER = NOW - timedelta(days=30)


@pytest.fixture
def contact():
    return make_contact(marketing_consent_at=EARLIER)


def sent(contact, *, hours, lane=Lane.MARKETING, status="delivered"):
    return make_message(
        contact=contact, lane=lane, status=status, sending_at=NOW - timedelta(hours=hours)
    )


def withdraw(contact, *, source="telefonata", purpose="whatsapp_marketing", at=NOW):
    withdraw_consent(contact=contact, source=source, purpose=purpose, at=at, now=NOW)


def blamed():
    rows = OutboundMessage.objects.filter(opted_out_at__isnull=False)
    return list(rows.values_list("pk", "opted_out_at"))


@pytest.mark.parametrize("source", ["spoki", "telefonata", "crm", "pagina"])
def test_a_withdrawal_lies_at_the_door_of_the_last_marketing_of_the_day(contact, source):
    sent(contact, hours=9)
    last = sent(contact, hours=3)
    sent(contact, hours=1, lane=Lane.TRANSACTIONAL)

    withdraw(contact, source=source)

    assert blamed() == [(last.pk, NOW)]


@pytest.mark.parametrize("change", [{"hours": 25}, {"hours": -1}, {"hours": 2, "status": "failed"}])
def test_what_is_older_later_or_never_arrived_is_not_blamed(contact, change):
    sent(contact, **change)

    withdraw(contact)

    assert blamed() == []


def test_what_meta_refuses_because_of_it_blames_no_other_message(contact):
    sent(contact, hours=3)

    withdraw(contact, source="whatsapp whatsapp::131050")

    assert blamed() == []


def test_no_more_order_messages_is_no_word_on_marketing(contact):
    sent(contact, hours=3)

    withdraw(contact, purpose="order_updates")

    assert blamed() == []


def test_the_earliest_moment_counts(contact):
    last = sent(contact, hours=3)
    withdraw(contact)

    withdraw(contact, source="crm", at=NOW - timedelta(hours=1))

    assert blamed() == [(last.pk, NOW - timedelta(hours=1))]


def test_what_a_campaign_has_queued_for_her_is_let_go_of(contact):
    other = make_contact(marketing_consent_at=EARLIER)
    campaign = make_campaign(status=Campaign.Status.SENDING, contacts=[contact, other])
    for person in (contact, other):
        make_message(campaign=campaign, contact=person)
    order = make_message(contact=contact, lane=Lane.TRANSACTIONAL)

    withdraw(contact)

    rows = OutboundMessage.objects.filter(campaign=campaign)
    assert dict(rows.values_list("contact", "status")) == {
        contact.pk: "skipped",
        other.pk: "queued",
    }
    assert rows.get(contact=contact).reason == "consent_withdrawn"
    order.refresh_from_db()
    assert order.status == "queued"


def test_a_withdrawal_of_the_past_after_which_she_agreed_lets_go_of_nothing(contact):
    campaign = make_campaign(status=Campaign.Status.SENDING, contacts=[contact])
    waiting = make_message(campaign=campaign, contact=contact)

    withdraw(contact, at=EARLIER - timedelta(days=1))

    waiting.refresh_from_db()
    assert waiting.status == "queued"
