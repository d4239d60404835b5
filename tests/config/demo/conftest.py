"""The demo's data at its smallest scale."""

import pytest

from config import roles
from config.demo.load import DemoSummary, load_demo


@pytest.fixture
def demo(db, now) -> DemoSummary:
    """A database just filled by the demo."""
    roles.sync_roles()
    return load_demo(scale="small", now=now)
