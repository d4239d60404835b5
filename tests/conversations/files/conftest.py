"""A server of files for the length of a test, and a place to keep them."""

from collections.abc import Iterator

import pytest

from tests.spoki.files.server import FileServer


@pytest.fixture
def files() -> Iterator[FileServer]:
    server = FileServer()
    yield server
    server.close()


@pytest.fixture
def kept(settings, tmp_path):
    """Where attachments are kept for the length of the test."""
    settings.MEDIA_ROOT = tmp_path / "files"
    return settings.MEDIA_ROOT
