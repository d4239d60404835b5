"""Who opens the pages of campaigns, and what is typed there."""

import pytest
import time_machine

from config.roles import MARKETER
from tests.conftest import NOW
from tests.factories.people import make_member


@pytest.fixture(autouse=True)
def _frozen():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def marketer():
    return make_member(MARKETER, username="giulia")
