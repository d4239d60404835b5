"""The addresses of the scoreboard: the page of a template, its file, and the comparison."""

import logging
from datetime import date, timedelta
from typing import Any, ClassVar

from django import forms
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from campaigns.admin.scoreboard import facts
from campaigns.admin.scoreboard.shown import lines_of, overview_lines
from campaigns.models import Campaign, Flow
from campaigns.scoreboard.board import EVER, Board, Period, board_of, patience_at, uses_of
from campaigns.scoreboard.columns import columns
from campaigns.scoreboard.counting import count_due
from campaigns.scoreboard.export import figure_lines
from campaigns.scoreboard.figures import RATES
from campaigns.scoreboard.words import LABELS, too_few
from templates_sync.models import Template, TemplateVersion

logger = logging.getLogger(__name__)
READING = ("campaigns.view_campaign", "templates_sync.view_template")
# Offered beside the two days: the last so many days.
_SPANS = (30, 90, 365)
_USUAL = 90


class PeriodForm(forms.Form):
    """Two days, both included; what cannot be read leaves the period open and says so."""

    first = forms.DateField(
        label=gettext_lazy("Begun from"), required=False, input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "cp-input"}),
    )  # fmt: skip
    last = forms.DateField(
        label=gettext_lazy("Begun until"), required=False, input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "cp-input"}),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or {}
        first, last = typed.get("first"), typed.get("last")
        if first and last and last < first:
            raise forms.ValidationError(_("The last day comes before the first."))
        # The day after the last one must exist too.
        if last == date.max:
            raise forms.ValidationError(_("The last day is out of reach."))
        return typed

    @property
    def period(self) -> Period:
        if not self.is_valid():
            return EVER
        return Period(self.cleaned_data["first"], self.cleaned_data["last"])


class ScoreboardView(UnfoldModelAdminViewMixin, TemplateView):
    """A page of figures: for who may read campaigns and templates."""

    permission_required: ClassVar[Any] = READING
    title: Any = ""
    request: HttpRequest

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"opts": Campaign._meta, "too_few": too_few(), "columns": columns()}

    def get_template(self) -> Template:
        """:raises Http404: there is no such template."""
        found = Template.objects.filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404
        return found


class OverviewPage(ScoreboardView):
    """Every template that was used in a period, the last 90 days unless others are asked for."""

    template_name = "campaigns/admin/scoreboard/overview.html"
    title = gettext_lazy("How the templates perform")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        now, today = timezone.now(), timezone.localdate()
        asked = request.GET or {"first": f"{today - timedelta(days=_USUAL - 1):%Y-%m-%d}"}
        form = PeriodForm(asked)
        count_due(now=now, is_brief=True)
        sort = request.GET.get("sort", "")
        lines = overview_lines(uses_of(Q(), Q(), form.period), patience_at(now), sort=sort)
        context = self.get_context_data(
            form=form,
            lines=lines,
            spans=spans(today),
            headings=_headings(request, sort),
            has_early=any(line["left_out"] for line in lines),
            is_counted=all(line["is_counted"] for line in lines),
            is_filtered=True,
            sort=sort,
        )
        return self.render_to_response(context)


class FiguresPage(ScoreboardView):
    """History and figures of one template."""

    template_name = "campaigns/admin/scoreboard/page.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        template, now = self.get_template(), timezone.now()
        form = PeriodForm(request.GET)
        count_due(now=now, template=template, is_brief=True)
        board = board_of(template, form.period)
        self.title = _("%(template)s: history and figures") % {"template": template}
        lines = lines_of(board, patience_at(now))
        context = self.get_context_data(
            template=template,
            board=board,
            form=form,
            lines=lines,
            has_early=any(line["left_out"] for line in lines),
            is_used=bool(board.uses),
            is_filtered=not form.period.is_open,
            prepared=_prepared(template),
            flows=_flows_with(template),
            spans=spans(timezone.localdate()),
            keys=_keys(board),
            query=request.GET.urlencode(),
        )
        return self.render_to_response(context)


class FiguresFile(ScoreboardView):
    """The same as a file for a spreadsheet, a line per campaign."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        template = self.get_template()
        form = PeriodForm(request.GET)
        if not form.is_valid():
            raise Http404
        logger.info("template %s: figures exported by user %s", template.pk, request.user.pk)
        count_due(now=timezone.now(), template=template, is_brief=True)
        board = board_of(template, form.period)
        figures = _("figures")
        name = f"{slugify(template.name) or template.pk}-{template.language}-{figures}.csv"
        return StreamingHttpResponse(
            figure_lines(board),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


class ComparePage(ScoreboardView):
    """Two versions or two campaigns: figures, texts, and what else differs around them.

    `left` and `right` are "v12" for a version and "c4" for a campaign; `right` may still be missing.
    """

    template_name = "campaigns/admin/scoreboard/compare.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        sides = facts.sides_of(request.GET.get("left", ""), request.GET.get("right", ""))
        left, right = [*sides, None][:2]
        self.title = _("Why does this one perform differently?")
        context = self.get_context_data(left=left, right=right, choices=_choices(sides))
        if len(sides) == 2:
            context |= _compared(*sides)
        return self.render_to_response(context)


def _headings(request: HttpRequest, sort: str) -> list[dict[str, Any]]:
    """Return the name of each share, and the address that puts the best or the worst first."""
    headings = []
    for rate in RATES:
        query = request.GET.copy()
        query["sort"] = rate.key
        is_sorted = sort == rate.key
        headings.append(
            {"label": LABELS[rate.key], "query": query.urlencode(), "is_sorted": is_sorted}
        )
    return headings


def _compared(left: facts.Side, right: facts.Side) -> dict[str, Any]:
    rows = facts.fact_rows(left, right)
    return {
        "figures": facts.figure_rows(left, right, patience_at(timezone.now())),
        "failures": facts.failure_rows(left, right),
        "added": facts.added_rows(left, right),
        "parts": facts.text_rows(left, right),
        "facts": rows,
        "is_same_text": left.version.content_hash == right.version.content_hash,
        "differences": sum(row["is_changed"] for row in rows),
    }


def _choices(sides: list[facts.Side]) -> list[dict[str, Any]]:
    """Return what there is to compare, of the templates of both sides: versions, then campaigns."""
    templates = {side.version.template_id for side in sides}
    is_one = len(templates) == 1
    versions = TemplateVersion.objects.filter(template__in=templates).select_related("template")
    launched = Campaign.objects.filter(
        template_version__template__in=templates, launched_at__isnull=False
    ).select_related("template_version")
    return [
        {
            "label": _("Versions"),
            "options": [
                (f"v{v.pk}", f"v{v.number}" if is_one else str(v))
                for v in versions.order_by("template_id", "-number")
            ],
        },
        {"label": _("Campaigns"), "options": [_option(c) for c in launched.order_by("-pk")]},
    ]


def _option(campaign: Campaign) -> tuple[str, str]:
    version = campaign.template_version
    return f"c{campaign.pk}", f"{campaign.name} · v{version.number}" if version else campaign.name


def _keys(board: Board) -> list[dict[str, Any]]:
    """Return what of the board can be compared, as the choices of the comparison."""
    campaigns = [campaign for line in board.lines for campaign in line.campaigns]
    return [
        {
            "label": _("Versions"),
            "options": [(f"v{line.version.pk}", f"v{line.version.number}") for line in board.lines],
        },
        {"label": _("Campaigns"), "options": [_option(campaign) for campaign in campaigns]},
    ]


def _prepared(template: Template) -> list[Campaign]:
    """Return the campaigns that will use it and were not launched yet."""
    gone = (Campaign.Status.CANCELLED,)
    found = Campaign.objects.filter(
        template_version__template=template, launched_at__isnull=True
    ).exclude(status__in=gone)
    return list(found.select_related("template_version").order_by("-updated_at")[:20])


def _flows_with(template: Template) -> list[Flow]:
    """Return the flows that send it, or will once they are enabled."""
    found = Flow.objects.filter(template_version__template=template)
    return list(found.select_related("template_version").order_by("name", "pk"))


def spans(today: date) -> list[dict[str, Any]]:
    return [
        {
            "label": _("Last %(days)d days") % {"days": days},
            "query": f"first={today - timedelta(days=days - 1):%Y-%m-%d}",
        }
        for days in _SPANS
    ]


def figures_url(template: Template) -> str:
    """Return the address of the page of history and figures."""
    return reverse("admin:campaigns_campaign_figures", args=[template.pk])
