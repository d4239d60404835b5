"""A Spoki in memory and a clock of its own for the custom fields."""

import pytest

from spoki.fake import FakeSpoki
from templates_sync.models import FieldDesk
from tests.conftest import NOW
from tests.templates_sync.staging.submitting.steps import Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def fake():
    return FakeSpoki()


@pytest.fixture
def looked():
    """Spoki's list was read at NOW: it has none of the fields."""
    return FieldDesk.objects.create(pk=1, read_at=NOW)
