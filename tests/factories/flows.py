"""Flows in either state, their wordings and entries, with valid defaults."""

from __future__ import annotations

from itertools import count
from typing import Any

from campaigns.flows.plan import plan_of
from campaigns.models import Flow, FlowEntry, FlowVersion, Lane
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import FIRST_NAME, ensure_number, make_user
from tests.factories.templates import make_version

_number = count(1)


def make_flow(**changes: Any) -> Flow:
    """A flow, disabled; `enabled=True` = enabled at NOW (or `enabled_at`), with its first version."""
    ensure_number()
    enabled = changes.pop("enabled", False)
    author = changes.pop("author", None) or make_user()
    fields: dict[str, Any] = {
        "name": f"Flusso {next(_number)}",
        "trigger": "test.happened",
        "variables": FIRST_NAME,
        "created_at": NOW,
        "updated_at": NOW,
        "last_editor": author,
    }
    if "template_version" not in changes:
        is_marketing = changes.get("lane") == Lane.MARKETING
        fields["template_version"] = make_version(
            category="marketing" if is_marketing else "utility"
        )
    if enabled:
        fields |= {"status": Flow.Status.ENABLED, "enabled_at": NOW, "enabled_by": make_user()}
    flow = Flow.objects.create(author=author, **fields | changes)
    flow.refresh_from_db()
    if enabled:
        make_flow_version(flow)
    return flow


def make_flow_version(flow: Flow, **changes: Any) -> FlowVersion:
    """The next wording of `flow`, as it is written now."""
    fields: dict[str, Any] = {
        "number": flow.versions.count() + 1,
        "definition": plan_of(flow).as_json(),
        "template_version": flow.template_version,
        "at": flow.enabled_at or NOW,
        "by": flow.enabled_by or flow.author,
    }
    return FlowVersion.objects.create(flow=flow, **fields | changes)


def make_entry(flow: Flow, **changes: Any) -> FlowEntry:
    """Somebody who waits in an enabled flow since NOW, due at once."""
    fields: dict[str, Any] = {
        "version": flow.versions.order_by("-number").first(),
        "subject": f"test:{next(_number)}",
        "happened_at": NOW,
        "due_at": NOW,
    }
    contact = changes.pop("contact", None) or make_contact()
    return FlowEntry.objects.create(flow=flow, contact=contact, **fields | changes)
