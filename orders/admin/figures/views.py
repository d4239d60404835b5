"""The addresses of the figures: the page, and its table as a file."""

import logging
from datetime import date, timedelta
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from audiences.export import csv_lines
from orders.admin.cod.page import frame_of
from orders.admin.figures import shown
from orders.admin.figures.form import FiguresForm, usual
from orders.admin.money import euros
from orders.figures.credited import credited_in
from orders.figures.funnel import Period, funnel_rows, together
from orders.figures.refusals import refusals_of
from orders.shops import current_shop

logger = logging.getLogger(__name__)
_SPANS = (7, 30, 90, 365)


class FiguresPage(UnfoldModelAdminViewMixin, TemplateView):
    """How COD orders end, what asking saves, what orders are credited to; the last month unless asked."""

    title = gettext_lazy("Cash on delivery: figures")
    # Sums without names: whoever plans campaigns reads them like whoever answers customers.
    permission_required: ClassVar[Any] = ("orders.view_order", "campaigns.view_campaign")
    template_name = "orders/admin/figures.html"
    request: HttpRequest

    def has_permission(self) -> bool:
        return any(self.request.user.has_perm(name) for name in self.permission_required)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        today = timezone.localdate()
        form = FiguresForm(self.request.GET or usual(today), today=today)
        rows = funnel_rows(form.period, form.grouping)
        return context | {
            **frame_of(self.title),
            "form": form,
            "spans": _spans(today),
            "grouping": form.grouping.value,
            "query": self.request.GET.urlencode(),
            "bars": shown.bars(together(rows)),
            "table": shown.table(rows, form.grouping),
            **_outcomes(form.period),
        }


class FiguresFile(FiguresPage):
    """The table as a file for a spreadsheet."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form = FiguresForm(request.GET, today=timezone.localdate())
        if not form.is_valid():
            return HttpResponse(
                _("The period cannot be read: go back and choose two days."), status=400
            )
        logger.info("figures of cash on delivery exported by user %s", request.user.pk)
        rows = funnel_rows(form.period, form.grouping)
        figures = _("cod-figures")
        name = f"{figures}-{form.period.first:%Y-%m-%d}-{form.period.last:%Y-%m-%d}.csv"
        return StreamingHttpResponse(
            csv_lines(shown.csv_rows(rows, form.grouping)),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def _outcomes(period: Period) -> dict[str, Any]:
    refusals = refusals_of(period, current_shop())
    return {
        "answers": shown.answer_rows(refusals),
        "effect": shown.effect_words(refusals),
        "credited": [{"row": row, "revenue": euros(row.cents)} for row in credited_in(period)],
    }


def _spans(today: date) -> list[dict[str, Any]]:
    return [
        {
            "label": _("Last %(days)d days") % {"days": days},
            "query": f"first={today - timedelta(days=days - 1):%Y-%m-%d}",
        }
        for days in _SPANS
    ]
