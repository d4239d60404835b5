"""What stands against a flow: one list, read by the form, by the API and by the services."""

from datetime import datetime

from django.utils.translation import gettext as _

from campaigns.blockers import sending_blockers, template_blockers
from campaigns.flows import conditions, triggers
from campaigns.flows.values import variable_problems
from campaigns.models import Flow, Lane
from campaigns.refusals import Blocker
from templates_sync.models import TemplateVersion

# A flow may be written down before these are cured; it may not be enabled.
MAY_COME_LATER = frozenset({"no_template", "template_not_sendable", "template_is_marketing"})
# They stop marketing; an order message goes all the same.
_OF_MARKETING = frozenset({"quality_red", "quality_unreadable"})


def enable_blockers(flow: Flow, *, now: datetime) -> list[Blocker]:
    """Return, in words an operator can act on, why `flow` cannot be enabled at `now`."""
    return [
        *content_blockers(flow, now=now),
        *_sending_blockers(flow, now=now),
        *_exclusive_blockers(flow),
    ]


def draft_blockers(flow: Flow, *, now: datetime) -> list[Blocker]:
    """Return what forbids writing the flow down: wrong choices, not choices still to be made."""
    found = content_blockers(flow, now=now)
    return [blocker for blocker in found if blocker.code not in MAY_COME_LATER]


def content_blockers(flow: Flow, *, now: datetime) -> list[Blocker]:
    """Return what is wrong with what was written and chosen: all of it is cured in the form."""
    trigger = triggers.find(flow.trigger)
    if not flow.trigger:
        return [Blocker("no_trigger", "trigger", _("Choose what sets it off."))]
    if trigger is None:
        named = {"key": flow.trigger}
        text = _("Nothing is known that could set it off: “%(key)s”.") % named
        return [Blocker("unknown_trigger", "trigger", text)]
    return [
        *template_blockers(flow.template_version, now=now),
        *_lane_blockers(flow, trigger),
        *_variable_blockers(flow, trigger),
        *_condition_blockers(flow, trigger),
    ]


def _lane_blockers(flow: Flow, trigger: triggers.Trigger) -> list[Blocker]:
    is_marketing = flow.lane == Lane.MARKETING
    version = flow.template_version
    if trigger.is_marketing and not is_marketing:
        text = _("What sets it off is marketing: it cannot go as an order message.")
        return [Blocker("lane_too_low", "lane", text)]
    if is_marketing and flow.hours != Flow.Hours.MARKETING:
        text = _("Marketing keeps the hours of marketing.")
        return [Blocker("hours_too_wide", "hours", text)]
    if not is_marketing and version and version.category == TemplateVersion.Category.MARKETING:
        text = _(
            "The template is marketing, which may only reach people who agreed to it: set the "
            "priority to marketing, or choose another template."
        )
        return [Blocker("template_is_marketing", "lane", text)]
    return []


def _variable_blockers(flow: Flow, trigger: triggers.Trigger) -> list[Blocker]:
    problems = variable_problems(flow.variables, flow.template_version, trigger)
    return [Blocker("variables", "variables", problem) for problem in problems]


def _condition_blockers(flow: Flow, trigger: triggers.Trigger) -> list[Blocker]:
    problems = conditions.problems_of(flow.conditions, trigger)
    return [Blocker("broken_conditions", "conditions", problem) for problem in problems]


def _sending_blockers(flow: Flow, *, now: datetime) -> list[Blocker]:
    found = sending_blockers(flow, now=now)
    if flow.lane == Lane.MARKETING:
        return found
    return [blocker for blocker in found if blocker.code not in _OF_MARKETING]


def _exclusive_blockers(flow: Flow) -> list[Blocker]:
    """Return that another flow of the trigger is on, where only one may be."""
    trigger = triggers.find(flow.trigger)
    if trigger is None or not trigger.is_exclusive:
        return []
    others = Flow.objects.filter(trigger=flow.trigger, status=Flow.Status.ENABLED)
    other = others.exclude(pk=flow.pk).first()
    if other is None:
        return []
    text = _("Only one flow at a time may write about this, and “%(name)s” is on: switch it off.")
    return [Blocker("second_flow", "trigger", text % {"name": other.name})]
