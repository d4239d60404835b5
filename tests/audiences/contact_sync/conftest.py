import pytest

from tests.audiences.contact_sync.world import World


@pytest.fixture
def world() -> World:
    return World()
