"""An agent at her desk, at a fixed moment."""

import pytest
import time_machine

from config.roles import AGENT
from tests.conftest import NOW
from tests.conversations.card.steps import client_of
from tests.factories.campaigns import make_account, make_number
from tests.factories.people import make_member


@pytest.fixture
def frozen():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def sara(frozen):
    """An agent, in a house with a number."""
    make_number(account=make_account())
    return make_member(AGENT, username="sara", first_name="Sara", last_name="Bo")


@pytest.fixture
def browser(sara):
    return client_of(sara)
