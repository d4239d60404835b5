"""What every test shares: a fixed moment and a closed network."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.utils import translation
from pytest_socket import socket_allow_hosts

pytest_plugins = ["tests.plumbing", "tests.databases"]

# A Monday morning inside every writing window: 10:30 in Rome.
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(autouse=True)
def _loopback_only() -> None:
    socket_allow_hosts(["127.0.0.1", "localhost", "::1"], allow_unix_socket=True)


@pytest.fixture(autouse=True)
def _language_of_nobody() -> Iterator[None]:
    """A page asked for in English leaves English in its thread: the next test begins without."""
    yield
    translation.deactivate()
