"""The page of figures in a real browser: readable, narrow, nothing complains."""

from datetime import timedelta

import pytest
from django.utils import timezone

from config.roles import MARKETER
from orders.models import OrderCredit, Parcel
from tests.campaigns import test_browser
from tests.campaigns.test_browser import chromium, open_as  # noqa: F401 - fixtures
from tests.factories.people import make_member
from tests.orders.figures.world import cod, make_flow, tell

pytestmark = test_browser.pytestmark
PAGE = "/admin/orders/order/figures/"
SHAPES = [
    {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
]


@pytest.fixture
def month():
    """Twelve days of orders with and without control group, from two provinces."""
    now, flow = timezone.now(), make_flow()
    for day in range(12):
        at = now - timedelta(days=day)
        where = {"province_code": "NA" if day % 3 else "MI"}
        told = {"shipping_address": where, "cod_drawn_share": "0.1"}
        kept = cod("confirmed", at=at, shipped_at=at, outcome="delivered", **told)
        entry = tell(flow, kept, status="read", read_at=at)
        Parcel.objects.create(order=kept, courier="GLS", status="success", shipped_at=at)
        cod("unanswered", at=at, shipped_at=at, outcome="refused", **told)
        cod("to_ask", at=at, shipped_at=at, outcome="refused", is_cod_holdout=True, **told)
        assert entry.message is not None
        OrderCredit.objects.create(
            order=kept, message=entry.message, flow=flow, version=flow.template_version, sent_at=at
        )


def test_the_figures_fit_and_are_accessible(open_as, month):  # noqa: F811
    marta = make_member(MARKETER, first_name="Marta", last_name="Bianchi")
    for shape in SHAPES:
        for query in ("", "?by=province&first=2026-06-01", "?first=2020-01-01&last=2020-01-02"):
            page = open_as(marta, PAGE + query, **shape)

            assert (query, test_browser.overflow(page)) == (query, 0)
            assert (query, test_browser.violations(page)) == (query, [])
            assert page.complaints == []
