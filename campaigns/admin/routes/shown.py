"""What the page of a route says: its state in words, what was sent, what came back, its buttons."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from campaigns.models import AutomationRoute, RouteProbe
from campaigns.reasons import sentence
from campaigns.route_probe import PATIENCE
from campaigns.routes import cannot_carry
from templates_sync.rendering import bubble_html, render

State = AutomationRoute.State
TONES = {
    State.OFF: "plain",
    State.PROBING: "warn",
    State.PROVEN: "approved",
    State.ON: "good",
    State.BROKEN: "bad",
}
PROBE_TONES = {"seen": "good", "failed": "bad", "silent": "warn"}
# Spoki's words for a message, as ours.
STATUS_WORDS = {
    "pending": pgettext_lazy("message", "Accepted by Spoki"),
    "sent": pgettext_lazy("message", "Sent"),
    "delivered": pgettext_lazy("message", "Delivered"),
    "read": pgettext_lazy("message", "Read"),
    "failed": pgettext_lazy("message", "Failed"),
}
VERB_LABELS = {
    "created": gettext_lazy("Written down"),
    "changed": gettext_lazy("Changed"),
    "probed": gettext_lazy("Test message sent"),
    "proven": gettext_lazy("Proven by a webhook"),
    "not_proven": gettext_lazy("Test failed"),
    "switched_on": gettext_lazy("Switched on"),
    "switched_off": gettext_lazy("Switched off"),
    "broken": gettext_lazy("Out of service"),
}


def page_context(
    route: AutomationRoute, user: User | AnonymousUser, *, now: datetime
) -> dict[str, Any]:
    """Return everything that the page of `route` shows to `user` at `now`."""
    probe = route.probes.select_related("by").order_by("-started_at").first()
    return {
        "route": route,
        "now": now,
        "tone": TONES[State(route.state)],
        "meaning": meaning_of(route),
        "trouble": sentence(route.error_code),
        "offered": buttons_of(route, user),
        "probe": probe,
        "seen": _seen(route, probe) if probe else None,
        "bubble": bubble_html(route.version, probe.values if probe else route.version.examples),
        "patience": int(PATIENCE.total_seconds() // 60),
        "story": _story(route),
    }


def meaning_of(route: AutomationRoute) -> str:
    """Return what the state means for campaigns, and what to do next."""
    if lacking := cannot_carry(route.version):
        return sentence(lacking) + " " + _("Campaigns leave by the send endpoint.")
    if route.version.superseded_at is not None:
        return _(
            "The template has a newer version: it needs a route and a test of its own. This one is "
            "not used any more."
        )
    return {
        State.OFF: _("Campaigns leave by the send endpoint. Test the automation to use it."),
        State.PROBING: _("A test message is on its way: this page looks again by itself."),
        State.PROVEN: _("The test came back. Nothing leaves by it until you switch it on."),
        State.ON: _(
            "Campaigns with this template leave by the automation. No identifier comes back: a "
            "message of which no webhook tells becomes “unknown” after a while."
        ),
        State.BROKEN: _("Campaigns leave by the send endpoint until it is mended and tested."),
    }[State(route.state)]


def buttons_of(route: AutomationRoute, user: User | AnonymousUser) -> list[dict[str, Any]]:
    """Return what `user` may do to the route as it is now."""
    can_use = route.version.superseded_at is None and not cannot_carry(route.version)
    buttons = []
    if route.state == State.PROVEN and can_use:
        buttons.append(("switch_on", _("Switch on"), "power_settings_new", "main", "switch"))
    if route.state in {State.OFF, State.PROVEN, State.BROKEN} and can_use:
        kind = "" if route.state == State.PROVEN else "main"
        buttons.append(("probe", _("Send a test message"), "science", kind, "probe"))
    if route.state == State.ON:
        buttons.append(("switch_off", _("Switch off"), "power_off", "danger", "switch"))
    if route.state not in {State.ON, State.PROBING}:
        buttons.append(("edit", _("Change"), "edit", "", "change"))
    return [
        {"name": name, "label": label, "icon": icon, "kind": kind}
        for name, label, icon, kind, verb in buttons
        if user.has_perm(f"campaigns.{verb}_automationroute")
    ]


def _seen(route: AutomationRoute, probe: RouteProbe) -> dict[str, Any]:
    """Return what came back of the last test, beside what should have."""
    own, sent = route.version.template.spoki_id, probe.seen_template
    body = render(route.version, probe.values).body
    return {
        "tone": PROBE_TONES.get(probe.state, "plain"),
        "trouble": sentence(probe.error_code) if probe.error_code != route.error_code else "",
        "status": STATUS_WORDS.get(probe.provider_status, probe.provider_status),
        "phone": f"{probe.phone[:3]}…{probe.phone[-3:]}",
        "template": "" if sent is None else "same" if sent == own else "other",
        "differs": bool(probe.seen_text) and _plain(body) not in _plain(probe.seen_text),
    }


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _story(route: AutomationRoute) -> list[dict[str, Any]]:
    return [
        {
            "at": event.at,
            "what": VERB_LABELS.get(event.verb, event.verb),
            "by": event.by,
            "recipients": None,
            "reason": sentence(str(event.figures.get("why") or "")),
        }
        for event in route.events.select_related("by").order_by("-at", "-pk")[:50]
    ]
