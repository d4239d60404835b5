"""A shop whose customers may be written to about their orders, and an enabled flow of the trigger in question."""

from datetime import timedelta
from typing import Any

import pytest

from audiences.models import ConsentState
from campaigns.models import Flow, FlowEntry, Lane
from orders.models import Order, Parcel
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.flows import make_flow
from tests.factories.orders import make_order

# The flows of these tests were enabled long before anything happens.
LONG_AGO = NOW - timedelta(days=400)


@pytest.fixture
def enable():
    """Enable a flow of this trigger; its wait is none unless said."""

    def enabled(trigger: str, **changes: Any) -> Flow:
        return make_flow(enabled=True, trigger=trigger, enabled_at=LONG_AGO, **changes)

    return enabled


@pytest.fixture
def enable_marketing(enable):
    return lambda trigger, **changes: enable(trigger, lane=Lane.MARKETING, **changes)


def make_customer(**changes: Any):
    return make_contact(**{"orders_consent": ConsentState.GIVEN} | changes)


def make_shipped_order(**changes: Any) -> Order:
    contact = changes.pop("contact") if "contact" in changes else make_customer()
    return make_order(contact=contact, is_cod=True, **changes)


def make_parcel(**changes: Any) -> Parcel:
    """A parcel with a number to follow, that left at NOW."""
    order = changes.pop("order", None) or make_shipped_order()
    fields: dict[str, Any] = {
        "status": Parcel.Status.SUCCESS,
        "name": f"{order.name}.1",
        "courier": "BRT",
        "tracking_number": "123456",
        "tracking_url": "https://vas.brt.it/vas/123456",
        "shipped_at": NOW,
    }
    return Parcel.objects.create(order=order, **fields | changes)


def entered(trigger: str) -> list[str]:
    """Return the subjects that flows of this trigger were told of."""
    entries = FlowEntry.objects.filter(flow__trigger=trigger)
    return list(entries.order_by("pk").values_list("subject", flat=True))


def left(trigger: str) -> dict[str, str]:
    """Return subject → why it was not written about, "" where it was."""
    return dict(FlowEntry.objects.filter(flow__trigger=trigger).values_list("subject", "reason"))
