"""What the orders of a period are credited to, by campaign, flow and template."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet, Sum

from campaigns.models import Campaign, Flow
from orders.figures.funnel import Period
from orders.models import Order, OrderCredit
from templates_sync.models import TemplateVersion

MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Credited:
    """One campaign or flow, or a template sent outside both: orders that stayed, cents, parcels refused."""

    name: str
    template: str
    is_flow: bool
    orders: int
    cents: int
    refused: int


def credited_in(period: Period) -> list[Credited]:
    """Return who the orders placed in the period are credited to, most revenue first, at most 50."""
    since, until = period.bounds
    rows = (
        OrderCredit.objects.filter(
            order__placed_at__gte=since, order__placed_at__lt=until, order__cancelled_at=None
        )
        .values("campaign", "flow", "version")
        .annotate(
            orders=Count("pk", filter=_KEPT),
            cents=Sum("order__total_cents", filter=_KEPT, default=0),
            refused=Count("pk", filter=~_KEPT & Q(order__is_cod=True)),
        )
        .order_by("-cents", "-orders")[:MOST]
    )
    found = list(rows)
    campaigns = _names(Campaign.objects.filter(pk__in=[row["campaign"] for row in found]))
    flows = _names(Flow.objects.filter(pk__in=[row["flow"] for row in found]))
    versions = {
        version.pk: str(version)
        for version in TemplateVersion.objects.filter(
            pk__in=[row["version"] for row in found]
        ).select_related("template")
    }
    return [
        Credited(
            name=campaigns.get(row["campaign"]) or flows.get(row["flow"], ""),
            template=versions.get(row["version"], ""),
            is_flow=row["flow"] is not None,
            orders=row["orders"],
            cents=row["cents"],
            refused=row["refused"],
        )
        for row in found
    ]


_KEPT = ~Q(order__delivery_state=Order.DeliveryState.REFUSED)


def _names(rows: QuerySet[Campaign] | QuerySet[Flow]) -> dict[int, str]:
    return dict(rows.values_list("pk", "name"))
