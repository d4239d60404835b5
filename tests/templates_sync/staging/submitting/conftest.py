"""A draft on its way to Meta, step by step on a clock of its own."""

import pytest

from spoki.fake import FakeSpoki
from tests.templates_sync.staging.submitting.steps import Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def fake():
    return FakeSpoki()
