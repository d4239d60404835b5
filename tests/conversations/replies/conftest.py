"""An agent, a house with a number, and a customer who has just written."""

from uuid import UUID

import pytest

from config.roles import AGENT
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_account, make_number
from tests.factories.conversations import make_window
from tests.factories.people import make_member

KEY = UUID("11111111-1111-4111-8111-111111111111")


@pytest.fixture
def sara(db):
    make_number(account=make_account())
    return make_member(AGENT, username="sara", first_name="Sara")


@pytest.fixture
def giulia(sara):
    """Nobody has opened a window with her."""
    return make_contact(phone="+393475550199", attributes={"pet_name": "Argo"})


@pytest.fixture
def writing(giulia):
    """The same, with an open window."""
    make_window(contact=giulia)
    return giulia
