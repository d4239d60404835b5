"""Messages about a parcel follow their order to another person."""

import pytest

from campaigns.flows.due import carry_out_due
from campaigns.models import FlowEntry
from tests.orders.cod.world import after, change, customer, open_shop, place, switch_on
from tests.orders.taking.bodies import address, fulfillment
from tests.orders.taking.bodies import customer as account

pytestmark = pytest.mark.django_db
OTHER = "+393339876543"


@pytest.mark.parametrize("delay", [0, 30])
def test_news_of_a_parcel_goes_to_nobody_whose_order_it_is_not_any_more(delay):
    open_shop()
    switch_on("parcel.shipped", delay_minutes=delay)
    giulia, marco = customer(), customer(phone=OTHER)
    place(fulfillments=[fulfillment()], fulfillment_status="fulfilled")
    entry = FlowEntry.objects.get()
    assert entry.contact == giulia

    change(minutes=1, fulfillments=[fulfillment()], fulfillment_status="fulfilled",
           shipping_address=address(phone=OTHER),
           customer=account(id=42, phone=OTHER, default_address=None))  # fmt: skip
    carry_out_due(now=after(hours=1), seconds=5)

    entry.refresh_from_db()
    assert entry.message is not None
    if delay:
        assert (entry.contact, entry.status, entry.message.contact) == (marco, "queued", marco)
    else:
        assert (entry.contact, entry.message.status) == (giulia, "skipped")
