"""Folders for services and processes that a test starts for itself."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.config.processes import remove_services


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """An empty folder that any account can reach."""
    base = Path(tempfile.mkdtemp(prefix="house-"))
    base.chmod(0o755)
    yield base / "var"
    remove_services(base / "var")
    shutil.rmtree(base)


@pytest.fixture
def var() -> Iterator[Path]:
    """An empty folder that any account can reach."""
    with reachable_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def lasting_var() -> Iterator[Path]:
    """Such a folder for all tests of a file that ask for it: the first finds it empty, alone it is migrated."""
    with reachable_folder() as folder:
        yield folder
