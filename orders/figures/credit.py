"""Crediting orders to messages: the last one that reached the buyer within seven days before the order.

It is a convention, not a cause: whoever would have ordered anyway is counted too. A control group tells what a
campaign really brought.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from campaigns.models import OutboundMessage
from campaigns.scoreboard import columns
from campaigns.scoreboard.columns import Bounds, Column, FlowUse
from orders.models import Order, OrderCredit

WITHIN = timedelta(days=7)
# So long an order may still change its message: news that one failed, or was seen, come late.
UNSETTLED = timedelta(days=9)
# What did not leave, or is known not to have arrived, sells nothing.
_WITHOUT_EFFECT = (
    OutboundMessage.Status.QUEUED,
    OutboundMessage.Status.SKIPPED,
    OutboundMessage.Status.EXPIRED,
    OutboundMessage.Status.FAILED,
)

_CREDIT = """
INSERT INTO orders_ordercredit (order_id, message_id, campaign_id, flow_id, version_id, sent_at)
SELECT o.id, last.id, last.campaign_id, entry.flow_id, last.template_version_id, last.sending_at
FROM orders_order AS o
CROSS JOIN LATERAL (
    SELECT m.id, m.campaign_id, m.template_version_id, m.sending_at
    FROM campaigns_outboundmessage AS m
    WHERE m.contact_id = o.contact_id AND m.kind = 'template' AND m.status <> ALL (%(without)s)
      AND m.sending_at <= o.placed_at AND m.sending_at > o.placed_at - %(within)s
    ORDER BY m.sending_at DESC, m.id DESC
    LIMIT 1
) AS last
LEFT JOIN campaigns_flowentry AS entry ON entry.message_id = last.id
WHERE o.placed_at >= %(since)s AND o.placed_at <= %(until)s AND NOT o.is_test
"""


def credit_orders(*, now: datetime, since: datetime | None = None) -> int:
    """Credit the orders placed from `since` on anew, those of the last days by default; return how many are.

    Safe to repeat: the same orders and messages give the same credits.
    """
    values: dict[str, Any] = {
        "since": since or now - UNSETTLED,
        "until": now,
        "within": WITHIN,
        "without": list(_WITHOUT_EFFECT),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        # Two at once would both insert what neither sees: the second one waits.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('orders.credit', 0))")
        OrderCredit.objects.filter(order__placed_at__gte=values["since"]).delete()
        cursor.execute(_CREDIT, values)
        return int(cursor.rowcount)


def _kept() -> Q:
    """An order whose money stayed: neither cancelled nor refused at the door."""
    return Q(order__cancelled_at__isnull=True) & ~Q(
        order__delivery_state=Order.DeliveryState.REFUSED
    )


def _orders(campaign_ids: Collection[int]) -> Mapping[int, Decimal]:
    rows = OrderCredit.objects.filter(_kept(), campaign__in=campaign_ids).values("campaign")
    return {row["campaign"]: Decimal(row["n"]) for row in rows.annotate(n=Count("pk"))}


def _revenue(campaign_ids: Collection[int]) -> Mapping[int, Decimal]:
    rows = OrderCredit.objects.filter(_kept(), campaign__in=campaign_ids).values("campaign")
    found = rows.annotate(cents=Sum("order__total_cents"))
    return {row["campaign"]: Decimal(row["cents"]) / 100 for row in found}


def _refusals(campaign_ids: Collection[int]) -> Mapping[int, Decimal]:
    refused = OrderCredit.objects.filter(
        campaign__in=campaign_ids,
        order__is_cod=True,
        order__delivery_state=Order.DeliveryState.REFUSED,
    )
    rows = refused.values("campaign").annotate(n=Count("pk"))
    return {row["campaign"]: Decimal(row["n"]) for row in rows}


def _credits(flow_ids: Collection[int], bounds: Bounds) -> QuerySet[OrderCredit]:
    """Return the credits of messages that these flows sent between the two moments."""
    since, until = bounds
    found = OrderCredit.objects.filter(flow__in=flow_ids, version__isnull=False)
    if since:
        found = found.filter(sent_at__gte=since)
    return found.filter(sent_at__lt=until) if until else found


def _by_use(found: QuerySet[OrderCredit], figure: Any) -> dict[FlowUse, Decimal]:
    rows = found.order_by().values("flow", "version").annotate(figure=figure)
    return {(row["flow"], row["version"]): Decimal(row["figure"]) for row in rows}


def _orders_of_flows(flow_ids: Collection[int], bounds: Bounds) -> Mapping[FlowUse, Decimal]:
    return _by_use(_credits(flow_ids, bounds).filter(_kept()), Count("pk"))


def _revenue_of_flows(flow_ids: Collection[int], bounds: Bounds) -> Mapping[FlowUse, Decimal]:
    cents = _by_use(_credits(flow_ids, bounds).filter(_kept()), Sum("order__total_cents"))
    return {use: amount / 100 for use, amount in cents.items()}


def _refusals_of_flows(flow_ids: Collection[int], bounds: Bounds) -> Mapping[FlowUse, Decimal]:
    refused = _credits(flow_ids, bounds).filter(
        order__is_cod=True, order__delivery_state=Order.DeliveryState.REFUSED
    )
    return _by_use(refused, Count("pk"))


def register_credit_columns() -> None:
    """Add orders, revenue and refusals to the scoreboard of templates; called when the application starts."""
    columns.register(
        "orders",
        Column(
            _("Orders within 7 days"),
            _orders,
            of_flows=_orders_of_flows,
            meaning=_(
                "Each order counts for the last message that reached the buyer in the seven days before it, unless it was cancelled or refused at the door. Who would have ordered anyway counts too: only a control group tells."
            ),
        ),
    )
    columns.register(
        "revenue",
        Column(
            _("Revenue within 7 days"),
            _revenue,
            is_money=True,
            of_flows=_revenue_of_flows,
            meaning=_("What those orders come to today, taxes and shipping included."),
        ),
    )
    columns.register(
        "cod_refusals",
        Column(
            _("COD parcels refused"),
            _refusals,
            of_flows=_refusals_of_flows,
            meaning=_("Cash-on-delivery orders of those seven days that were refused at the door."),
        ),
    )
