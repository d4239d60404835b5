"""Unknown messages, and people who decide about them."""

from datetime import timedelta
from typing import Any

from campaigns.models import OutboundMessage, Settlement
from campaigns.outbox import record_status
from campaigns.settling import Settled, settle
from spoki import MessageStatus
from tests.conftest import NOW
from tests.factories.campaigns import make_user

Status = OutboundMessage.Status
SENT, RELEASED = Settlement.Decision.ASSUMED_SENT, Settlement.Decision.RELEASED
LATER = NOW + timedelta(hours=1)


def decide(decision: str, *messages: OutboundMessage, **changes) -> Settled:
    known: dict[str, Any] = {"by": make_user(), "why": "Guardato su Spoki", "now": LATER}
    ids = [message.pk for message in messages]
    return settle(message_ids=ids, decision=decision, **known | changes)


def told(key, status: MessageStatus, at=LATER) -> bool:
    return record_status(uuid=None, key=key.hex, status=status, at=at, now=at)


def now_of(message: OutboundMessage) -> OutboundMessage:
    message.refresh_from_db()
    return message
