"""From the receipt of a STOP to the queue: what waited does not leave, on the real way in and on PostgreSQL."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns.models import Campaign, Lane, OutboundMessage
from conversations import doorbell, tasks
from tests.campaigns.sender.steps import claim_and_start, claim_now, start_now
from tests.conversations.payloads import PHONE, SECRET, delivery, post
from tests.factories.audiences import make_contact

pytestmark = pytest.mark.django_db

OTHER = "+393470001111"


@pytest.fixture
def queue(calm: Any, running: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A running campaign to two people; a delivery is processed as soon as its worker would."""
    settings.SPOKI_WEBHOOK_SECRETS = [SECRET]
    monkeypatch.setattr(doorbell, "ring", tasks.process_deliveries)
    earlier = timezone.now() - timedelta(days=30)
    running([make_contact(phone=phone, marketing_consent_at=earlier) for phone in (PHONE, OTHER)])
    return calm


def say(client: Any, callbacks: Any, text: str) -> None:
    with callbacks(execute=True):
        body = delivery("message.inbound", at=timezone.now(), text=text)
        assert post(client, body).status_code == 200


def marketing() -> dict[str, tuple[str, str]]:
    rows = OutboundMessage.objects.filter(lane=Lane.MARKETING)
    return {row.phone: (row.status, row.reason) for row in rows}


def test_what_waits_for_whoever_says_stop_is_let_go_of_with_the_same_delivery(
    client: Any, queue: Any, django_capture_on_commit_callbacks: Any
) -> None:
    say(client, django_capture_on_commit_callbacks, "STOP")

    # Before the sender has even looked.
    assert marketing() == {PHONE: ("skipped", "consent_withdrawn"), OTHER: ("queued", "")}
    assert [row.phone for row in claim_and_start(queue) if row.lane == Lane.MARKETING] == [OTHER]


def test_not_even_what_the_sender_has_in_hand_leaves(
    client: Any, queue: Any, django_capture_on_commit_callbacks: Any
) -> None:
    reserved = claim_now(queue).rows
    assert {row.phone for row in reserved} == {PHONE, OTHER}

    say(client, django_capture_on_commit_callbacks, "Basta, non scrivetemi più")

    assert [row.phone for row in start_now(reserved, queue)] == [OTHER]


def test_an_answer_that_is_no_stop_changes_nothing(
    client: Any, queue: Any, django_capture_on_commit_callbacks: Any
) -> None:
    say(client, django_capture_on_commit_callbacks, "Grazie, bellissimo!")

    assert marketing() == {PHONE: ("queued", ""), OTHER: ("queued", "")}
    assert Campaign.objects.get().status == "sending"
