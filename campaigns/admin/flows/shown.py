"""What the pages of flows show: facts, figures, versions and the story, in words."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from audiences import parameters
from audiences.conditions.contact import LANGUAGES
from audiences.language_names import language_name
from campaigns.admin.flows.form import KIND_LABELS, kind_of
from campaigns.admin.flows.views import flow_url, state_of
from campaigns.flows import shipped, triggers
from campaigns.flows.blockers import enable_blockers
from campaigns.flows.figures import EVER, NOTHING, FlowFigures, Span, figures_by_flow
from campaigns.flows.plan import plan_from
from campaigns.flows.translations import translations_of
from campaigns.flows.words import (
    conditions_in_words,
    flow_in_words,
    parameters_of,
    reason_in_words,
    share_in_words,
    template_in_words,
    trigger_in_words,
    wait_in_words,
)
from campaigns.models import Flow, FlowEntry, FlowVersion, OutboundMessage
from campaigns.reasons import sentence
from campaigns.scoreboard.board import Period, flow_amounts, share_of
from campaigns.scoreboard.columns import columns
from campaigns.scoreboard.figures import RATES
from campaigns.scoreboard.proportions import Share
from campaigns.scoreboard.words import LABELS, Cell, cell, failure_words, name_of, percent

VERB_LABELS: Final = {
    "created": pgettext_lazy("flow", "Written"),
    "edited": pgettext_lazy("flow", "Changed"),
    "requested": pgettext_lazy("flow", "Asked to be switched on"),
    "enabled": pgettext_lazy("flow", "Switched on"),
    "disabled": pgettext_lazy("flow", "Switched off"),
    "stopped": pgettext_lazy("flow", "Stopped by itself"),
    "tested": pgettext_lazy("flow", "Tried out"),
}
_NOT_SENT: Final = (
    OutboundMessage.Status.SKIPPED,
    OutboundMessage.Status.EXPIRED,
    OutboundMessage.Status.UNKNOWN,
)


def cards_of(flows: Sequence[Flow], span: Span, *, now: datetime) -> list[dict[str, Any]]:
    """Return a card per flow: its sentence, its figures, and what stands against it while it is off."""
    figures = figures_by_flow([flow.pk for flow in flows], span)
    return [
        {
            "flow": flow,
            "url": flow_url(flow),
            "state": state_of(flow),
            "sentence": flow_in_words(flow),
            "about": about(flow),
            "figures": figures.get(flow.pk, NOTHING),
            "cells": cells_of(figures.get(flow.pk, NOTHING)),
            "stopped_because": sentence(flow.stop_code, detail=flow.stop_detail),
            "blockers": [] if flow.status == Flow.Status.ENABLED else _blockers(flow, now=now),
        }
        for flow in flows
    ]


def about(flow: Flow) -> str:
    """Return what a shipped flow is good for; empty for one of the house's own making."""
    found = shipped.find(flow.shipped_key)
    return str(found.about) if found is not None else ""


def facts_of(flow: Flow, others: Mapping[str, int] | None = None) -> list[dict[str, str]]:
    """Return everything that decides who gets what and when, as label and value.

    `others` are the template's other languages, None = those that there are now.
    """
    languages = translations_of(flow.template_version) if others is None else others
    told = [
        (_("When"), trigger_in_words(flow.trigger)),
        (_("Wait"), wait_in_words(flow.delay_minutes) if flow.delay_minutes else _("at once")),
        (_("Only if"), conditions_in_words(flow)),
        (_("Template"), _template(flow)),
        (_("Other languages"), _languages(languages)),
        *((f"%%{name}%%", value) for name, value in values_of(flow)),
        (_("Kind of message"), str(dict(KIND_LABELS)[kind_of(flow.lane, flow.hours)])),
        (_("From number"), str(flow.number) if flow.number else _("The default number")),
        (_("Control group"), share_in_words(flow.holdout_share) if flow.holdout_share else _("nobody")),
    ]  # fmt: skip
    return [{"label": label, "value": value} for label, value in told]


def values_of(flow: Flow) -> list[tuple[str, str]]:
    """Return where each variable takes its value from, in the order of the template."""
    labels = dict(parameters.choices()) | dict(parameters_of(triggers.find(flow.trigger)))
    version = flow.template_version
    names = version.variables if version else list(flow.variables)
    return [(name, _value(flow.variables.get(name) or {}, labels)) for name in names]


def tiles_of(flow: Flow, figures: FlowFigures) -> list[dict[str, Any]]:
    """Return the boxes of who entered: each passage is in exactly one of the last four."""
    Status = FlowEntry.Status  # noqa: N806 - a short name for the four rows below
    tiles = [
        ("entered", pgettext("flow", "Entered"), figures.entered, "login", ""),
        ("waiting", pgettext("flow", "Waiting"), figures.waiting, "hourglass_top", Status.WAITING),
        ("left", pgettext("flow", "Left before"), figures.gone, "logout", Status.LEFT),
        ("held_out", pgettext("flow", "Control group"), figures.held_out, "science", Status.HELD_OUT),
        ("queued", pgettext("flow", "Handed to the sender"), figures.messages.recipients, "send", Status.QUEUED),
    ]  # fmt: skip
    return [
        {
            "key": key,
            "label": label,
            "count": count,
            "icon": icon,
            "link": people_url(flow, state=state) if state and count else "",
        }
        for key, label, count, icon, state in tiles
    ]


def states_of(figures: FlowFigures) -> list[dict[str, Any]]:
    """Return the messages that were not sent (yet), as label and count, without the empty ones."""
    names = ("waiting", "sent", "failed", "skipped", "expired", "unknown")
    counts = [(LABELS[name], getattr(figures.messages, name)) for name in names]
    return [{"label": label, "count": count} for label, count in counts if count]


def cells_of(figures: FlowFigures) -> list[Cell]:
    """Return the shares: delivered, read, replied, unsubscribed, failed."""
    return [cell(rate, share_of(figures.messages, rate)) for rate in RATES]


def added_of(flow: Flow, period: Period) -> list[dict[str, str]]:
    """Return what higher floors know of the flow, such as the orders after its messages."""
    found = [(column, flow_amounts(column, [flow.pk], period)) for column in columns()]
    return [
        {"label": str(column.label), "value": column.shown(sum(amounts.values(), Decimal(0)))}
        for column, amounts in found
        if amounts
    ]


def leaves_of(flow: Flow, figures: FlowFigures) -> list[dict[str, Any]]:
    """Return why people left before they were written to, the most frequent reason first."""
    return [
        {
            "words": reason_in_words(leave.reason),
            "people": leave.people,
            "percent": percent(Share(leave.people, figures.entered).value),
            "link": people_url(flow, state=FlowEntry.Status.LEFT, reason=leave.reason),
        }
        for leave in figures.left
    ]


def failures_of(figures: FlowFigures) -> list[dict[str, Any]]:
    """Return why messages failed, by code, and why others were not sent."""
    failed = figures.missed_in(OutboundMessage.Status.FAILED)
    rest = figures.missed_in(*_NOT_SENT)
    shown = [
        {
            "words": failure_words(group),
            "people": group.people,
            "percent": percent(Share(group.people, figures.messages.sent).value),
        }
        for group in failed
    ]
    for group in rest:
        label = OutboundMessage.Status(group.status).label
        words = f"{label}: {failure_words(group)}"
        shown.append({"words": words, "people": group.people, "percent": ""})
    return shown


def version_lines(
    flow: Flow, figures: Mapping[int, FlowFigures], versions: Sequence[FlowVersion]
) -> list[dict[str, Any]]:
    """Return a line per version, the newest first: who, when, what changed, with which figures."""
    lines = []
    for place, version in enumerate(versions):
        before = versions[place + 1] if place + 1 < len(versions) else None
        mine = figures.get(version.pk, NOTHING)
        lines.append(
            {
                "version": version,
                "by": name_of(version.by),
                "template": template_in_words(flow_at(version)),
                "figures": mine,
                "cells": cells_of(mine),
                "changes": changes_between(before, version) if before else [],
                "compare_url": compare_url(flow, before, version) if before else "",
                "is_in_force": place == 0 and flow.status == Flow.Status.ENABLED,
            }
        )
    return lines


def flow_at(version: FlowVersion) -> Flow:
    """Return the flow as it was when `version` was enabled, not saved."""
    plan = plan_from(version)
    fields = {name: getattr(plan, name) for name in plan.__slots__ if name != "translations"}
    fields |= {
        "template_version_id": fields.pop("template_version"),
        "number_id": fields.pop("number"),
    }
    known = Flow(name=version.flow.name, **fields)
    known.template_version = version.template_version
    return known


def changes_between(before: FlowVersion, after: FlowVersion) -> list[dict[str, str]]:
    """Return what `after` says differently, as label, before and after."""
    return [
        {"label": row["label"], "before": row["left"], "after": row["right"]}
        for row in fact_rows(before, after)
        if row["is_changed"]
    ]


def fact_rows(left: FlowVersion, right: FlowVersion) -> list[dict[str, Any]]:
    """Return every fact of both versions side by side, what differs first."""
    first, second = _by_label(left), _by_label(right)
    labels = list(dict.fromkeys([*second, *first]))
    rows = [
        {
            "label": label,
            "left": first.get(label, "—"),
            "right": second.get(label, "—"),
            "is_changed": first.get(label) != second.get(label),
        }
        for label in labels
    ]
    return sorted(rows, key=lambda row: not row["is_changed"])


def story_of(flow: Flow) -> list[dict[str, Any]]:
    """Return what happened, newest first, in words."""
    events = flow.events.select_related("by").order_by("-at", "-pk")
    return [
        {
            "at": event.at,
            "what": VERB_LABELS.get(event.verb, event.verb),
            "by": event.by,
            "recipients": None,
            "reason": _why(event.figures),
        }
        for event in events
    ]


def people_url(flow: Flow, **filters: str) -> str:
    """Return the address of the list of who passed through it."""
    return f"{flow_url(flow, 'people')}?{urlencode(filters)}"


def compare_url(flow: Flow, left: FlowVersion, right: FlowVersion) -> str:
    sides = urlencode({"left": left.number, "right": right.number})
    return f"{flow_url(flow, 'compare')}?{sides}"


def span_of(since: datetime | None, until: datetime | None) -> Span:
    return Span(since, until) if since or until else EVER


def _blockers(flow: Flow, *, now: datetime) -> Iterable[str]:
    return [blocker.text for blocker in enable_blockers(flow, now=now)]


def _by_label(version: FlowVersion) -> dict[str, str]:
    found = facts_of(flow_at(version), plan_from(version).translations)
    return {fact["label"]: fact["value"] for fact in found}


def _languages(others: Mapping[str, int]) -> str:
    """Return in which languages people are written to besides the template's own."""
    names = dict(LANGUAGES)
    return ", ".join(str(names.get(code, code)) for code in sorted(others)) or _("none")


def _template(flow: Flow) -> str:
    version = flow.template_version
    if version is None:
        return "—"
    name = template_in_words(flow)
    return f"{name} · {language_name(version.template.language)} · {version.get_category_display()}"


def _value(entry: Mapping[str, str], labels: Mapping[str, str]) -> str:
    if "value" in entry:
        return f"“{entry['value']}”"
    source = labels.get(entry.get("parameter", ""), entry.get("parameter", "")) or "—"
    fallback = entry.get("fallback", "")
    if not fallback:
        return source
    return _("%(source)s · if it is missing “%(fallback)s”") % {
        "source": source,
        "fallback": fallback,
    }


def _why(figures: Mapping[str, Any]) -> str:
    """Return a person's own words, or those of the code with which a machine acted."""
    if reason := figures.get("reason"):
        return str(reason)
    return sentence(str(figures.get("code") or ""), detail=figures.get("detail") or "")
