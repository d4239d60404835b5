"""Messages that an automation took: no identifier came back, so silence has an end."""

from datetime import timedelta

import pytest

from campaigns.models import OutboundMessage
from campaigns.sender.housekeeping import give_up_silent, keep_house
from campaigns.sender.policy import DEFAULT_POLICY
from tests.conftest import NOW
from tests.factories.campaigns import make_message

pytestmark = pytest.mark.django_db
AFTER = DEFAULT_POLICY.unknown_after
LATER = NOW + AFTER + timedelta(seconds=1)


def taken(**changes) -> OutboundMessage:
    """A message that left at NOW and was taken in charge without an identifier."""
    return make_message(**{"status": "accepted", "accepted_at": NOW} | changes)


def test_a_message_of_an_automation_that_nobody_tells_of_becomes_unknown():
    silent = taken()

    assert give_up_silent(after=AFTER, now=LATER) == 1

    silent.refresh_from_db()
    assert (silent.status, silent.reason) == ("unknown", "no_news")


def test_silence_is_not_judged_before_its_time():
    patient = taken()

    assert give_up_silent(after=AFTER, now=NOW + AFTER) == 0

    patient.refresh_from_db()
    assert patient.status == "accepted"


@pytest.mark.parametrize("known", [{"provider_uuid": "a" * 32}, {"provider_id": "4711"}])
def test_a_message_with_an_identifier_waits_for_its_receipt_as_long_as_it_takes(known):
    identified = taken(**known)

    assert give_up_silent(after=AFTER, now=LATER + timedelta(days=7)) == 0

    identified.refresh_from_db()
    assert identified.status == "accepted"


@pytest.mark.parametrize("status", ["sent", "delivered", "read", "failed"])
def test_a_message_that_a_webhook_told_of_is_left_alone(status):
    told = taken(status=status)

    assert give_up_silent(after=AFTER, now=LATER) == 0

    told.refresh_from_db()
    assert told.status == status


def test_the_sender_itself_keeps_this_time():
    silent = taken()
    account = silent.account

    keep_house(account_id=account.pk, undecided_after=timedelta(seconds=60), now=LATER)

    silent.refresh_from_db()
    assert silent.status == "unknown"
