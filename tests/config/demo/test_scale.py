"""The scales that the demo knows; apart from the tests of what it loads, as here nothing is there."""

import pytest

from config.demo.load import load_demo
from config.demo.scale import UnknownScale
from orders.models import Product


def test_an_unknown_scale_is_refused_and_nothing_is_written(db, now):
    with pytest.raises(UnknownScale, match="small, default, full"):
        load_demo(scale="huge", now=now)

    assert Product.objects.count() == 0
