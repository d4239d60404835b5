"""A server of files for the length of a test."""

from collections.abc import Iterator

import pytest

from tests.spoki.files.server import FileServer


@pytest.fixture
def files() -> Iterator[FileServer]:
    server = FileServer()
    yield server
    server.close()
