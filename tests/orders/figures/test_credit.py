"""Orders are credited to the last message of the seven days before them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from audiences.models import Contact
from campaigns.models import OutboundMessage
from campaigns.scoreboard import columns
from orders.figures.credit import credit_orders
from orders.models import Order, OrderCredit
from tests.campaigns.scoreboard.world import make_done
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_message
from tests.factories.orders import make_order
from tests.factories.templates import make_version
from tests.orders.figures.world import cod, make_flow, tell

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NAMES = ("orders", "revenue", "cod_refusals")


@pytest.fixture
def buyer() -> Contact:
    return make_contact()


def sent(contact: Contact, *, ago: timedelta, **changes: Any) -> OutboundMessage:
    campaign = make_done(make_version(), began=NOW - ago)
    fields = {"status": "delivered", "sending_at": NOW - ago, "campaign": campaign}
    return make_message(contact=contact, **fields | changes)


def bought(contact: Contact, **changes: Any) -> Order:
    return make_order(contact=contact, product=None, **changes)


def credited(order: Order) -> OutboundMessage | None:
    credit_orders(now=NOW)
    found = OrderCredit.objects.filter(order=order).select_related("message").first()
    return found.message if found else None


def test_the_last_message_before_the_order_has_the_credit(buyer: Contact) -> None:
    sent(buyer, ago=3 * DAY)
    last = sent(buyer, ago=DAY)

    assert credited(bought(buyer)) == last


@pytest.mark.parametrize(("ago", "counts"), [(7 * DAY - timedelta(seconds=1), True), (7 * DAY, False)])  # fmt: skip
def test_seven_days_are_the_limit(buyer: Contact, ago: timedelta, counts: bool) -> None:
    message = sent(buyer, ago=ago)

    assert credited(bought(buyer)) == (message if counts else None)


def test_a_message_after_the_order_sold_nothing(buyer: Contact) -> None:
    sent(buyer, ago=DAY)

    assert credited(bought(buyer, placed_at=NOW - 2 * DAY)) is None


@pytest.mark.parametrize("status", ["failed", "skipped", "queued"])
def test_a_message_that_did_not_arrive_sold_nothing(buyer: Contact, status: str) -> None:
    sent(buyer, ago=DAY, status=status)

    assert credited(bought(buyer)) is None


def test_a_message_to_somebody_else_sold_nothing(buyer: Contact) -> None:
    sent(make_contact(), ago=DAY)

    assert credited(bought(buyer)) is None


def test_a_message_that_turns_out_to_have_failed_loses_its_credit(buyer: Contact) -> None:
    first, last, order = sent(buyer, ago=2 * DAY), sent(buyer, ago=DAY), bought(buyer)
    assert credited(order) == last

    OutboundMessage.objects.filter(pk=last.pk).update(status="failed")

    assert credited(order) == first


def test_crediting_twice_changes_nothing(buyer: Contact) -> None:
    sent(buyer, ago=DAY)
    bought(buyer)

    assert (credit_orders(now=NOW), credit_orders(now=NOW)) == (1, 1)
    assert OrderCredit.objects.count() == 1


def test_a_message_of_a_flow_is_credited_to_the_flow(buyer: Contact) -> None:
    flow = make_flow("parcel.delivered")
    tell(flow, cod(at=NOW - DAY, contact=buyer))

    order = bought(buyer)
    credit_orders(now=NOW)

    assert OrderCredit.objects.get(order=order).flow == flow


def test_the_scoreboard_shows_orders_revenue_and_refusals_of_a_campaign(buyer: Contact) -> None:
    message = sent(buyer, ago=DAY)
    bought(buyer, total_cents=4250)
    bought(buyer, total_cents=1000, cancelled_at=NOW)
    cod(contact=buyer, total_cents=9900, delivery_state="refused", outcome="refused")
    credit_orders(now=NOW)

    told = {name: columns.find(name).amounts([message.campaign_id or 0]) for name in NAMES}

    assert told == {
        "orders": {message.campaign_id: Decimal(1)},
        "revenue": {message.campaign_id: Decimal("42.50")},
        "cod_refusals": {message.campaign_id: Decimal(1)},
    }


def test_the_scoreboard_shows_the_same_of_a_flow_by_version_and_by_when_it_left(
    buyer: Contact,
) -> None:
    flow = make_flow("parcel.delivered")
    tell(flow, cod(at=NOW - DAY, contact=buyer, total_cents=100))
    bought(buyer, total_cents=4250)
    credit_orders(now=NOW)

    def told(*bounds: Any) -> dict[str, Any]:
        found = {}
        for name in NAMES:
            of_flows = columns.find(name).of_flows
            assert of_flows is not None
            found[name] = of_flows([flow.pk], bounds)
        return found

    use = (flow.pk, flow.template_version_id)
    everything = told(None, None)
    assert everything["orders"][use] >= 1
    assert everything["revenue"][use] >= Decimal("42.50")
    assert everything["cod_refusals"] == {}
    assert told(NOW, None) == {"orders": {}, "revenue": {}, "cod_refusals": {}}
    assert told(None, NOW - DAY) == {"orders": {}, "revenue": {}, "cod_refusals": {}}
