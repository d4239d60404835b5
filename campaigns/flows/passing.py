"""Entries whose time has come: each is judged, and becomes a message, a member of the control group,
or somebody who leaves. The message and its entry are written in one transaction.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from audiences.models import Contact
from audiences.parameters import UnknownParameter
from audiences.segments import BrokenSegment
from audiences.selection import is_drawn
from campaigns.flows import conditions, triggers
from campaigns.flows.plan import Plan, plan_from
from campaigns.flows.reach import why_not_reached
from campaigns.flows.stopping import stop_flow
from campaigns.flows.translations import base_of
from campaigns.flows.triggers import Trigger
from campaigns.flows.values import values_for, wrong_with
from campaigns.models import (
    Flow,
    FlowEntry,
    FlowVersion,
    Lane,
    OutboundMessage,
    WhatsAppNumber,
)
from campaigns.policies import policy_in_force
from campaigns.sender.holds import hold_of
from campaigns.sender.hours import zone_named
from campaigns.sender.limits import marketing_hours
from campaigns.single import default_number, queue_message
from templates_sync.models import TemplateVersion

logger = logging.getLogger(__name__)

Status = FlowEntry.Status
# What could not be judged now (a trigger that broke, no number yet) is judged again after so long.
AGAIN_AFTER: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What becomes of one entry: `values` = a message, `reason` = it leaves, else as the flags say."""

    reason: str = ""
    values: Mapping[str, str] | None = None
    version: TemplateVersion | None = None
    is_held_out: bool = False


class _Stop(Exception):
    """The flow itself cannot go on: a code and a detail of `campaigns.reasons`."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code, self.detail = code, detail


class _Over(Exception):
    """Nobody is written to under this wording any more, while the flow goes on under another."""

    reason = "wording_over"


class _Later(Exception):
    """It cannot be judged now, and nobody is to blame for good."""


def pass_on(entries: Sequence[FlowEntry], *, now: datetime) -> None:
    """Judge these waiting entries, which the caller's transaction has locked or just written.

    Their `version` is read with them. A flow that cannot go on is switched off, and its entries
    wait; what breaks for one entry is tried again later, and harms no other.
    """
    groups: dict[int, list[FlowEntry]] = defaultdict(list)
    for entry in entries:
        groups[entry.version_id].append(entry)
    for group in groups.values():
        _pass_group(group, now=now)


def _pass_group(group: Sequence[FlowEntry], *, now: datetime) -> None:
    flow_id = group[0].flow_id
    try:
        step = _step_for(group[0].version, now=now)
        stopped = step.why_not([entry.subject for entry in group])
    except _Over as over:
        _let_go(group, over.reason, now=now)
        return
    except _Stop as stop:
        stop_flow(flow_id=flow_id, code=stop.code, detail=stop.detail, now=now)
        return
    except _Later:
        _put_off(group, now=now)
        return
    people = Contact.objects.in_bulk({entry.contact_id for entry in group})
    for entry in group:
        reason = stopped.get(entry.subject, "")
        try:
            verdict = step.judge(entry, people.get(entry.contact_id), reason)
        except _Stop as stop:
            stop_flow(flow_id=flow_id, code=stop.code, detail=stop.detail, now=now)
            return
        except _Later:
            _put_off([entry], now=now)
        else:
            step.write(entry, people.get(entry.contact_id), verdict)


@dataclass(frozen=True, slots=True)
class _Step:
    """One wording of a flow at work."""

    plan: Plan
    flow_id: int
    trigger: Trigger
    version: TemplateVersion
    # By language; those that may not be sent just now are not among them.
    translations: Mapping[str, TemplateVersion]
    number: WhatsAppNumber
    now: datetime

    def why_not(self, subjects: Sequence[str]) -> Mapping[str, str]:
        """Ask the trigger's owner. :raises _Later: it broke."""
        try:
            with transaction.atomic():
                return self.trigger.why_not(subjects, self.now)
        except Exception as error:
            logger.exception("the trigger %s could not be asked", self.trigger.key)
            raise _Later from error

    def judge(self, entry: FlowEntry, contact: Contact | None, stopped: str) -> _Verdict:
        """Say what becomes of `entry`. :raises _Stop, _Later: see there."""
        if entry.expires_at is not None and entry.expires_at <= self.now:
            return _Verdict("too_late")
        reason = stopped or why_not_reached(contact, is_marketing=self.plan.is_marketing)
        if reason or contact is None:
            return _Verdict(reason or "contact_gone")
        if not self._fits(entry, contact):
            return _Verdict("conditions_not_met")
        version = self.translations.get(base_of(contact.language), self.version)
        values = self._values(entry, contact)
        if wrong := wrong_with(values, version):
            return _Verdict(wrong)
        if self._is_held_out(contact):
            return _Verdict("control_group", is_held_out=True)
        return _Verdict(values=values, version=version)

    def write(self, entry: FlowEntry, contact: Contact | None, verdict: _Verdict) -> None:
        """Write the verdict down, the message with its entry."""
        if verdict.values is not None and contact is not None:
            version = verdict.version or self.version
            entry.message = self._message(entry, contact, version, verdict.values)
            entry.status = Status.QUEUED
        else:
            entry.status = Status.HELD_OUT if verdict.is_held_out else Status.LEFT
        entry.reason, entry.ended_at = verdict.reason, self.now
        entry.save(update_fields=["message", "status", "reason", "ended_at"])

    def _fits(self, entry: FlowEntry, contact: Contact) -> bool:
        try:
            with transaction.atomic():
                return conditions.holds(
                    self.plan.conditions,
                    trigger=self.trigger,
                    subject=entry.subject,
                    contact_id=contact.pk,
                    now=self.now,
                )
        except BrokenSegment as broken:
            raise _Stop("conditions_broken") from broken
        except Exception as error:
            logger.exception("the conditions of flow %s could not be asked", self.flow_id)
            raise _Later from error

    def _values(self, entry: FlowEntry, contact: Contact) -> Mapping[str, str]:
        try:
            with transaction.atomic():
                return values_for(
                    self.plan.variables,
                    trigger=self.trigger,
                    subject=entry.subject,
                    contact=contact,
                )
        except UnknownParameter as unknown:
            raise _Stop("value_vanished") from unknown
        except Exception as error:
            logger.exception("the values of %s could not be read", entry.subject)
            raise _Later from error

    def _is_held_out(self, contact: Contact) -> bool:
        key = f"flow-{self.flow_id}"
        return is_drawn(key=key, contact_id=contact.pk, share=self.plan.holdout_share)

    def _message(
        self,
        entry: FlowEntry,
        contact: Contact,
        version: TemplateVersion,
        values: Mapping[str, str],
    ) -> OutboundMessage:
        return queue_message(
            contact=contact,
            number=self.number,
            lane=self.plan.lane,
            template_version=version,
            params=dict(values),
            due_at=self._starts_at(contact),
            expires_at=entry.expires_at,
            now=self.now,
        )

    def _starts_at(self, contact: Contact) -> datetime:
        """Return when it may leave: the hours of a lane are the sender's, stricter ones are ours."""
        if self.plan.lane != Lane.TRANSACTIONAL or self.plan.hours != Flow.Hours.MARKETING:
            return self.now
        hours = marketing_hours(self.number.account, policy_in_force())
        return hours.next_open(self.now, zone_named(contact.timezone)) or self.now


def _step_for(wording: FlowVersion, *, now: datetime) -> _Step:
    """Return the wording at work. :raises _Over, _Stop, _Later: see there."""
    plan = plan_from(wording)
    trigger = triggers.find(plan.trigger)
    if trigger is None:
        raise _Stop("trigger_gone", plan.trigger)
    version = _sendable(plan, wording, now=now)
    if not plan.is_marketing and version.category == TemplateVersion.Category.MARKETING:
        raise _Stop("template_is_marketing")
    number = number_of(plan)
    if number is None:
        raise _Later
    translations = _translations(plan, version, now=now)
    return _Step(plan, wording.flow_id, trigger, version, translations, number, now)


def _translations(
    plan: Plan, version: TemplateVersion, *, now: datetime
) -> Mapping[str, TemplateVersion]:
    """Return the plan's other languages that may be sent now; who speaks one that may not gets the
    flow's own.
    """
    if not plan.translations:
        return {}
    found = TemplateVersion.objects.select_related("template").in_bulk(plan.translations.values())
    return {
        language: other
        for language, pk in plan.translations.items()
        if (other := found.get(pk)) is not None
        and other.category == version.category
        and hold_of(other, now=now) is None
    }


def _sendable(plan: Plan, wording: FlowVersion, *, now: datetime) -> TemplateVersion:
    """Return the template of `wording`; one that a person must look at stops the flow, or only this
    wording where the flow has a newer one.
    """
    version = TemplateVersion.objects.select_related("template").get(pk=wording.template_version_id)
    hold = hold_of(version, now=now)
    if hold is None:
        return version
    newer = FlowVersion.objects.filter(flow=wording.flow_id, number__gt=wording.number)
    if newer.exists():
        raise _Over
    raise _Stop(hold.pause_code, hold.code)


def number_of(plan: Plan) -> WhatsAppNumber | None:
    """Return the number the flow leaves from: its own, else the default one."""
    if plan.number is None:
        return default_number()
    return WhatsAppNumber.objects.select_related("account").filter(pk=plan.number).first()


def _let_go(entries: Iterable[FlowEntry], reason: str, *, now: datetime) -> None:
    for entry in entries:
        entry.status, entry.reason, entry.ended_at = Status.LEFT, reason, now
        entry.save(update_fields=["status", "reason", "ended_at"])


def _put_off(entries: Iterable[FlowEntry], *, now: datetime) -> None:
    for entry in entries:
        entry.due_at = now + AGAIN_AFTER
        entry.save(update_fields=["due_at"])
