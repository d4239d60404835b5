"""The scoreboard by itself: what higher floors add has tests of its own."""

from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from campaigns.scoreboard import columns
from config.roles import MARKETER
from tests.campaigns.scoreboard.world import client_of
from tests.conftest import NOW
from tests.factories.people import make_member


@pytest.fixture(autouse=True)
def _own_columns_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "_columns", {})


@pytest.fixture
def frozen() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def marketer() -> Client:
    return client_of(make_member(MARKETER, username="giulia"))
