"""Whom to call before the courier comes, with what became of the calls; as a file for who calls from elsewhere."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, ClassVar

from django.core.paginator import Paginator
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audiences.export import csv_lines
from campaigns.reasons import sentence
from orders.admin.cod.page import CodView
from orders.cod import lists
from orders.cod.lists import Why
from orders.cod.pickups import pickup_after
from orders.shops import current_shop

PER_PAGE = 50


class CallList(CodView):
    template_name = "orders/admin/cod/calls.html"
    title: Any = gettext_lazy("Cash on delivery: call list")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now, why = timezone.now(), why_of(self.request)
        page = Paginator(lists.to_call(why, now=now), PER_PAGE).get_page(
            self.request.GET.get("page")
        )
        pickups = lists.by_pickup(page, current_shop(), now=now)
        return super().get_context_data(
            **kwargs,
            why=why,
            pickups=[
                {"at": p.at, "is_missed": p.is_missed, "rows": [self._row(o) for o in p.orders]}
                for p in pickups
            ],
            page=page,
            counts={one.value: lists.to_call(one, now=now).count() for one in Why},
            may_export=self.request.user.has_perm("orders.export_cod_calls"),
        )

    def _row(self, order: Any) -> dict[str, Any]:
        return {
            "shown": self.shown(order),
            "calls": order.calls,
            "called_at": order.called_at,
            "reason": sentence(order.cod_reason),
        }


class CallListFile(CodView):
    """The same list as CSV. Phones leave the house: it has a permission of its own."""

    permission_required: ClassVar[Any] = "orders.export_cod_calls"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return StreamingHttpResponse(
            csv_lines(self._rows(why_of(request), now=timezone.now())),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="cod-calls.csv"'},
        )

    def _rows(self, why: Why, *, now: datetime) -> Iterator[list[object]]:
        yield [
            _("Before"), _("Order"), _("Customer"), _("Phone"), _("To pay"), _("Placed"), _("Address"),
            _("What was ordered"), _("Calls without answer"),
        ]  # fmt: skip
        cutoff = current_shop().courier_cutoff
        orders: Iterable[Any] = lists.to_call(why, now=now)
        for order in orders:
            shown = self.shown(order)
            before = timezone.localtime(pickup_after(order.placed_at, cutoff))
            placed = timezone.localtime(order.placed_at)
            yield [
                f"{before:%Y-%m-%d %H:%M}", order.name, shown.who, shown.phone, shown.amount,
                f"{placed:%Y-%m-%d %H:%M}", shown.address, shown.summary, order.calls,
            ]  # fmt: skip


def why_of(request: HttpRequest) -> Why:
    wanted = request.GET.get("why", "")
    return Why(wanted) if wanted in set(Why) else Why.SILENT
