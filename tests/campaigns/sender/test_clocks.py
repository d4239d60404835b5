"""One clock decides, the database's; when even that one steps, nothing harmful happens."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from campaigns.models import Grant, SpokiAccount
from campaigns.sender import ledger
from tests.campaigns.sender.steps import claim_and_start, claim_now, starts_granted

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("hours", [-30, -1, 1, 30])
def test_a_worker_whose_own_clock_is_hours_wrong_takes_no_more_and_no_less(calm, running, hours):
    SpokiAccount.objects.update(template_sends_per_minute=20, margin=0.0, lease_seconds=1.0)
    running(40)

    with time_machine.travel(timezone.now() + timedelta(hours=hours)):
        for _ in range(4):
            SpokiAccount.objects.update(pace_at=None)
            claim_and_start(calm, capacity=30)

    assert 4 <= starts_granted() <= 20
    assert abs(ledger.database_now() - Grant.objects.latest("at").at) < timedelta(minutes=1)


def test_grants_of_the_future_count_after_the_clock_stepped_back(calm, running):
    """The clock was ten minutes ahead when twenty were granted, and was put right."""
    SpokiAccount.objects.update(template_sends_per_minute=20, margin=0.0)
    running(10)
    ahead = ledger.database_now() + timedelta(minutes=10)
    ledger.grant(calm, kind="template", count=20, at=ahead)

    found = claim_now(calm)

    assert found.rows == ()
    assert "minute_limit" in [wait.code for wait in found.waits]


def test_a_person_written_to_in_the_future_is_still_left_in_peace(calm, running):
    campaign = running(1)
    message = campaign.messages.get()
    soon = ledger.database_now() + timedelta(minutes=10)
    type(message).objects.create(
        account=calm,
        contact=message.contact,
        phone=message.phone,
        lane=1,
        template_version=message.template_version,
        status="accepted",
        created_at=soon,
        due_at=soon,
        sending_at=soon,
    )

    assert claim_now(calm).rows == ()
