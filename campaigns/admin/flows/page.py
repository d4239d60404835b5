"""The page of one flow: what it does, what stands against it, its figures, its people, its versions."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.admin.flows import shown
from campaigns.admin.flows.views import FlowView
from campaigns.admin.scoreboard.views import PeriodForm, spans
from campaigns.flows.figures import NOTHING, Span, figures_by_flow, figures_by_version
from campaigns.flows.preview import preview_flow
from campaigns.models import Flow, FlowVersion
from campaigns.scoreboard.board import share_of
from campaigns.scoreboard.figures import RATES
from campaigns.scoreboard.proportions import verdict
from campaigns.scoreboard.words import LABELS, cell, too_few, verdict_words

# Where somebody looks for a version: the newest ones, on one page.
MOST_VERSIONS = 30


class FlowPage(FlowView):
    template_name = "campaigns/admin/flows/page.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        flow, now = self.get_flow(), timezone.now()
        form = PeriodForm(request.GET)
        span = Span(*form.period.bounds())
        figures = figures_by_flow([flow.pk], span).get(flow.pk, NOTHING)
        context = {
            "flow": flow,
            "about": shown.about(flow),
            "preview": preview_flow(flow, now=now),
            "facts": shown.facts_of(flow),
            "figures": figures,
            "tiles": shown.tiles_of(flow, figures),
            "states": shown.states_of(figures),
            "cells": shown.cells_of(figures),
            "added": shown.added_of(flow, form.period),
            "leaves": shown.leaves_of(flow, figures),
            "failures": shown.failures_of(figures),
            "versions": self._versions(flow, span),
            "story": shown.story_of(flow),
            "form": form,
            "spans": spans(timezone.localdate(now)),
            "is_filtered": not form.period.is_open,
            "too_few": too_few(),
        }
        return self.render_to_response(self.get_context_data(**context))

    def _versions(self, flow: Flow, span: Span) -> list[dict[str, Any]]:
        found = versions_of(flow)[:MOST_VERSIONS]
        return shown.version_lines(flow, figures_by_version(flow.pk, span), found)


class CompareView(FlowView):
    """Two versions of one flow side by side: what each said, and what came of it."""

    template_name = "campaigns/admin/flows/compare.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        flow = self.get_flow()
        by_number = {str(version.number): version for version in versions_of(flow)}
        left = by_number.get(request.GET.get("left", ""))
        right = by_number.get(request.GET.get("right", ""))
        if left is None or right is None:
            raise Http404
        self.title = _("%(flow)s: two versions") % {"flow": flow.name}
        context = {
            "flow": flow,
            "left": left,
            "right": right,
            "versions": list(by_number.values()),
            "rows": self._figures(flow, left, right),
            "facts": shown.fact_rows(left, right),
            "is_same_text": left.template_version_id == right.template_version_id,
            "too_few": too_few(),
        }
        return self.render_to_response(self.get_context_data(**context))

    def _figures(self, flow: Flow, left: FlowVersion, right: FlowVersion) -> list[dict[str, Any]]:
        """Return each share on both sides, and whether they differ beyond chance."""
        figures = figures_by_version(flow.pk)
        first, second = (figures.get(v.pk, NOTHING).messages for v in (left, right))
        rows = []
        for rate in RATES:
            one, other = share_of(first, rate), share_of(second, rate)
            rows.append(
                {
                    "label": LABELS[rate.key],
                    "pair": [cell(rate, one), cell(rate, other)],
                    "verdict": verdict_words(verdict(one, other, is_early=False)),
                }
            )
        return rows


def versions_of(flow: Flow) -> list[FlowVersion]:
    """Return the versions, the newest first."""
    found = flow.versions.select_related("template_version__template", "by", "flow")
    return list(found.order_by("-number"))
