"""A colleague in the inbox."""

import pytest

from config.roles import AGENT
from tests.factories.people import make_member


@pytest.fixture
def luca(sara):
    return make_member(AGENT, username="luca", first_name="Luca", last_name="Re")
