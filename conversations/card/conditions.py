"""Whether one person meets a campaign's conditions, asked one by one, and what else would leave her out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import BooleanField, Case, Q, Value, When
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audiences import segments
from audiences.models import Contact, SegmentVersion
from audiences.parameters import UnknownParameter
from audiences.segments import BrokenSegment
from audiences.selection import Selection, judged
from campaigns.definition import choice_of, definition_of
from campaigns.models import Campaign

_OUTCOME = "SELECT reason, is_holdout FROM ({judged}) AS judged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One rule of the segment in words, and whether the person meets it with what is known today."""

    text: str
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionGroup:
    """`mode` is how the rules of a group are taken together: all, any, or none of them."""

    mode: str
    holds: bool
    conditions: tuple[Condition, ...]


# Said of one person, where `audiences.exclusions` counts many.
_LEFT_OUT: Final[Mapping[str, str | Promise]] = {
    "no_phone": gettext_lazy("There is no phone."),
    "landline": gettext_lazy("The number is a landline."),
    "invalid_phone": gettext_lazy("The number is not on WhatsApp."),
    "blocked": gettext_lazy("Blocked at Spoki."),
    "withdrawn": gettext_lazy("Unsubscribed."),
    "no_consent": gettext_lazy("No consent to marketing."),
    "excluded_segment": gettext_lazy("In a segment that the campaign leaves out."),
    "missing_value": gettext_lazy("A value of the message is missing, and it has no substitute."),
    "value_too_long": gettext_lazy("A value is too long for the message."),
    "frequency_cap": gettext_lazy("Written to often enough lately."),
}  # fmt: skip


def worked_out(
    contact: Contact, campaign: Campaign, *, at: datetime, is_past: bool
) -> tuple[list[str], tuple[ConditionGroup, ...]]:
    """Return why she would be left out with what is known today, and the conditions one by one.

    Of a moment that `is_past` the frequency cap is not asked: it would count what was sent since.
    """
    definition = definition_of(campaign)
    if definition.version is None:
        return [_("The campaign has no segment yet.")], ()
    try:
        groups = _groups(contact, definition.version, at=at)
        # A tag that nobody has any more: what the rule meant then cannot be asked today.
        if gone := segments.problems_of(definition.version.rules):
            return gone, groups
        if not all(group.holds for group in groups):
            return [_("The conditions of the segment are not met (below).")], groups
        reason, is_held_out = _judged(contact, campaign, at=at)
        return list(_in_words(reason, is_held_out=is_held_out, is_past=is_past)), groups
    except (BrokenSegment, UnknownParameter) as broken:
        return [str(broken)], ()


def _groups(
    contact: Contact, version: SegmentVersion, *, at: datetime
) -> tuple[ConditionGroup, ...]:
    """:raises BrokenSegment: a rule means nothing any more."""
    parsed = segments.parse(version.rules)
    asked = {
        f"rule_{place}_{number}": rule.q(at)
        for place, group in enumerate(parsed)
        for number, rule in enumerate(group.rules)
    }
    held = _asked(contact, asked)
    return tuple(
        _group(
            group.mode,
            tuple(
                Condition(
                    text=rule.condition.sentence(rule.op, rule.value),
                    holds=held[f"rule_{place}_{number}"],
                )
                for number, rule in enumerate(group.rules)
            ),
        )
        for place, group in enumerate(parsed)
    )


def _group(mode: str, conditions: tuple[Condition, ...]) -> ConditionGroup:
    held = [condition.holds for condition in conditions]
    holds = {"all": all(held), "any": any(held), "none": not any(held)}[mode]
    return ConditionGroup(mode=mode, holds=holds, conditions=conditions)


def _asked(contact: Contact, asked: Mapping[str, Q]) -> dict[str, bool]:
    """Ask everything about one contact at once."""
    if not asked:
        return {}
    answers = {
        name: Case(When(q, then=Value(True)), default=Value(False), output_field=BooleanField())
        for name, q in asked.items()
    }
    row = Contact.objects.filter(pk=contact.pk).annotate(**answers).values(*answers).get()
    return {name: bool(row[name]) for name in answers}


def _in_words(reason: str, *, is_held_out: bool, is_past: bool) -> Iterator[str]:
    if reason == "frequency_cap" and is_past:
        return
    if reason:
        yield str(_LEFT_OUT.get(reason, reason))
    elif is_held_out:
        yield _("Would be in the control group.")


def _judged(contact: Contact, campaign: Campaign, *, at: datetime) -> tuple[str, bool]:
    """Why somebody who meets the conditions is left out ("" = is not), and whether the lot holds her out.

    By the statement that freezes audiences.

    :raises BrokenSegment, UnknownParameter: the definition cannot be used any more.
    """
    definition = definition_of(campaign)
    assert definition.version is not None  # noqa: S101 - the caller has looked
    selection = Selection(
        rules=definition.version.rules,
        excluded=[version.rules for version in definition.excluded],
        among=[contact.pk],
        **choice_of(campaign),
    )
    sql, params = judged(selection, now=at)
    with connection.cursor() as cursor:
        cursor.execute(_OUTCOME.format(judged=sql), params)
        row = cursor.fetchone()
    return ("", False) if row is None else (str(row[0]), bool(row[1]))
