"""The flows that come with the house: told by higher floors, written down disabled when a person asks.

Preparing again changes nothing that is there: a flow that was renamed or edited stays as it is. What
it adds is what was missing: a flow, the draft of a text that Spoki does not have, and the template of a
flow that waited for its text to be approved.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction

from campaigns.flows import triggers
from campaigns.flows.editing import create_flow, edit_flow
from campaigns.models import Flow, Lane
from templates_sync.models import TemplateDraft, TemplateVersion
from templates_sync.sendable import reasons_not_sendable
from templates_sync.staging.writing import create_draft
from templates_sync.wording import Wording

# A number of our own among the advisory locks of the database.
_LOCK = 7_305_001


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippedFlow:
    """One flow ready to be enabled. `key` never changes; `name` is only what it is called at first.

    `about` says in a line what it is good for; `conditions` are a rule tree of segments.
    """

    key: str
    name: str
    about: triggers.Text
    trigger: str
    wording: Wording
    variables: Mapping[str, Mapping[str, str]]
    delay_minutes: int = 0
    conditions: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was added: flows, drafts of texts, and flows that got their template."""

    flows: tuple[Flow, ...]
    drafts: tuple[TemplateDraft, ...]
    completed: tuple[Flow, ...]

    @property
    def is_nothing(self) -> bool:
        return not (self.flows or self.drafts or self.completed)


_SHIPPED: dict[str, ShippedFlow] = {}


def register(shipped: ShippedFlow) -> None:
    """Offer a flow; called from `AppConfig.ready`. A key again replaces the first."""
    _SHIPPED[shipped.key] = shipped


def all_shipped() -> list[ShippedFlow]:
    """Return every flow in the order of registration."""
    return list(_SHIPPED.values())


def find(key: str) -> ShippedFlow | None:
    return _SHIPPED.get(key)


def is_complete(*, now: datetime) -> bool:
    """Return whether preparing would add nothing."""
    flows = {flow.shipped_key: flow for flow in Flow.objects.exclude(shipped_key="")}
    for shipped in _offered():
        flow = flows.get(shipped.key)
        if flow is None or _lacks_its_template(flow, shipped, now=now):
            return False
    return True


@transaction.atomic
def prepare(*, by: User, now: datetime) -> Prepared:
    """Write down what is missing of the shipped flows and their texts. Safe to repeat, and at once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    known = {flow.shipped_key: flow for flow in Flow.objects.exclude(shipped_key="")}
    flows, drafts, completed = [], [], []
    for shipped in _offered():
        flow = known.get(shipped.key)
        if draft := _draft(shipped, by=by, now=now):
            drafts.append(draft)
        if flow is None:
            flows.append(_create(shipped, by=by, now=now))
        elif _lacks_its_template(flow, shipped, now=now):
            version = _version(shipped, now=now)
            completed.append(
                edit_flow(flow=flow, changes={"template_version": version}, by=by, now=now)
            )
    return Prepared(tuple(flows), tuple(drafts), tuple(completed))


def _offered() -> list[ShippedFlow]:
    """Return the flows whose trigger is there."""
    return [one for one in _SHIPPED.values() if triggers.find(one.trigger) is not None]


def _create(shipped: ShippedFlow, *, by: User, now: datetime) -> Flow:
    trigger = triggers.find(shipped.trigger)
    is_marketing = trigger is not None and trigger.is_marketing
    fields: dict[str, Any] = {
        "name": shipped.name,
        "trigger": shipped.trigger,
        "template_version": _version(shipped, now=now),
        "variables": {name: dict(entry) for name, entry in shipped.variables.items()},
        "delay_minutes": shipped.delay_minutes,
        "conditions": dict(shipped.conditions),
        "lane": Lane.MARKETING if is_marketing else Lane.TRANSACTIONAL,
        "hours": Flow.Hours.MARKETING if is_marketing else Flow.Hours.TRANSACTIONAL,
    }
    flow = create_flow(fields=fields, by=by, now=now)
    Flow.objects.filter(pk=flow.pk).update(shipped_key=shipped.key)
    flow.shipped_key = shipped.key
    return flow


def _draft(shipped: ShippedFlow, *, by: User, now: datetime) -> TemplateDraft | None:
    """Write the draft of a text that is neither at Spoki nor being written."""
    wording = shipped.wording
    same = {"name": wording.name, "language": wording.language}
    if TemplateDraft.objects.filter(**same).exists() or _found(shipped) is not None:
        return None
    fields = {
        **same,
        "category": wording.category,
        "body": wording.body,
        "footer": wording.footer,
        "buttons": wording.button_rows,
        "examples": dict(wording.examples),
    }
    return create_draft(fields=fields, by=by, now=now)


def _lacks_its_template(flow: Flow, shipped: ShippedFlow, *, now: datetime) -> bool:
    is_open = flow.status == Flow.Status.DISABLED and flow.template_version_id is None
    return is_open and _version(shipped, now=now) is not None


def _version(shipped: ShippedFlow, *, now: datetime) -> TemplateVersion | None:
    """Return the version in force of its template, if that can be sent and asks for no other values."""
    version = _found(shipped)
    if version is None or set(version.variables) != set(shipped.variables):
        return None
    return None if reasons_not_sendable(version, now=now) else version


def _found(shipped: ShippedFlow) -> TemplateVersion | None:
    wording = shipped.wording
    current = TemplateVersion.objects.current().select_related("template")
    return (
        current.filter(template__name=wording.name, template__language=wording.language)
        .order_by("pk")
        .first()
    )
