"""Folders for services and processes that a test starts for itself."""

import shutil
import tempfile
from pathlib import Path

import pytest

from tests.config.processes import remove_services


@pytest.fixture
def var():
    """An empty folder that any account can reach."""
    base = Path(tempfile.mkdtemp(prefix="house-"))
    base.chmod(0o755)
    yield base / "var"
    remove_services(base / "var")
    shutil.rmtree(base)
