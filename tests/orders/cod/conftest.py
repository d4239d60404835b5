"""A shop that asks about its COD orders, and who orders there."""

import pytest

from tests.orders.cod.world import customer, open_shop, switch_both_on


@pytest.fixture
def asking_shop():
    open_shop()
    switch_both_on()


@pytest.fixture
def giulia(asking_shop):
    """A customer who agreed to be written to."""
    return customer()
