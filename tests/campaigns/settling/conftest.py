"""Unknown messages, and people who decide about them."""

import pytest

from campaigns.models import Campaign, OutboundMessage
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_campaign, make_message


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign(status=Campaign.Status.SENDING, contacts=[make_contact()])


@pytest.fixture
def unknown(campaign) -> OutboundMessage:
    return make_message(campaign=campaign, status="unknown", reason="crashed")
