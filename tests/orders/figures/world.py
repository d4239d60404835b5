"""Orders that were asked about: with the flow, the passage and the message behind them."""

from datetime import datetime
from typing import Any

from campaigns.models import Flow, FlowEntry, FlowVersion, Lane
from orders.models import Order
from tests.conftest import NOW
from tests.factories.campaigns import make_message, make_user
from tests.factories.orders import make_order
from tests.factories.templates import make_version


def make_flow(trigger: str = "order.cod_placed") -> Flow:
    author = make_user()
    return Flow.objects.create(
        name=trigger,
        trigger=trigger,
        template_version=make_version(category="utility"),
        author=author,
        last_editor=author,
        created_at=NOW,
        updated_at=NOW,
    )


def tell(flow: Flow, order: Order, *, subject: str = "", **message: Any) -> FlowEntry:
    """Write the message of `flow` about `order`, delivered unless `message` says otherwise."""
    version, _ = FlowVersion.objects.get_or_create(
        flow=flow,
        number=1,
        defaults={
            "template_version_id": flow.template_version_id or 0,
            "at": NOW,
            "by": flow.author,
        },
    )
    fields = {"status": "delivered", "delivered_at": order.placed_at, "sending_at": order.placed_at}
    sent = make_message(
        contact=order.contact,
        lane=Lane.TRANSACTIONAL,
        template_version=flow.template_version,
        **fields | message,
    )
    assert order.contact is not None
    return FlowEntry.objects.create(
        flow=flow,
        version=version,
        subject=subject or f"order:{order.pk}",
        contact=order.contact,
        status=FlowEntry.Status.QUEUED,
        happened_at=order.placed_at,
        due_at=order.placed_at,
        message=sent,
    )


def cod(status: str = "asked", *, at: datetime = NOW, **changes: Any) -> Order:
    """A COD order without lines; asked when it was placed, unless it was never asked."""
    never = {"to_ask", "not_eligible"}
    asked = {} if status in never else {"asked_at": at}
    return make_order(is_cod=True, product=None, cod_status=status, placed_at=at, **asked | changes)
