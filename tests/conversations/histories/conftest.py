"""A customer with a past, at a fixed moment, and a Spoki that may tell of it."""

from collections.abc import Iterator

import pytest
import time_machine

from spoki.fake import FakeSpoki
from tests.conftest import NOW
from tests.conversations.histories.steps import PHONE
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_account, make_number

SPOKI: list[FakeSpoki] = []


def the_fake() -> FakeSpoki:
    return SPOKI[-1]


@pytest.fixture
def frozen() -> Iterator[object]:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def giulia(db, frozen):
    make_number(account=make_account())
    return make_contact(phone=PHONE, first_name="Giulia", last_name="Rossi")


@pytest.fixture
def spoki(settings, frozen) -> Iterator[FakeSpoki]:
    settings.SPOKI_HISTORY_PATH = "/api/1/messages/"
    settings.SPOKI_GATEWAY = f"{__name__}.the_fake"
    fake = FakeSpoki(has_history=True)
    SPOKI.append(fake)
    yield fake
    SPOKI.remove(fake)
