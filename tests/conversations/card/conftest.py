"""A customer whose card is opened."""

import pytest

from tests.factories.audiences import make_contact


@pytest.fixture
def giulia(sara):
    return make_contact(phone="+393475550199", email="giulia@example.it")
