"""What may set a flow off: a registry that higher floors fill when they start."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import BooleanField, Q, Value
from django.utils.functional import Promise

from audiences.conditions import Condition, Kind, Operator, ValueField, operator
from audiences.conditions.values import cents
from campaigns import reasons

Text = str | Promise


class UnknownTrigger(Exception):
    """Nobody offers this trigger; `str()` is its key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectCondition:
    """A condition on the thing that happened, beside those on the contact.

    `holds(subject, operator, value)` gets the canonical value (see `audiences.conditions.values`).
    """

    key: str
    label: Text
    operators: tuple[Operator, ...]
    fields: tuple[ValueField, ...]
    holds: Callable[[str, str, Any], bool]
    group: Text = ""

    def in_words(self) -> Condition:
        """Return it as one that is read, checked and said; it means nobody."""
        return self._condition(lambda _op, _value, _now: _always(holds=False))

    def about(self, subject: str) -> Condition:
        """Return it as one of `subject`: everybody where it holds, else nobody."""
        return self._condition(lambda op, value, _now: _always(self.holds(subject, op, value)))

    def _condition(self, build: Callable[[str, Any, datetime], Q]) -> Condition:
        return Condition(
            key=self.key,
            label=self.label,
            operators=self.operators,
            fields=self.fields,
            build=build,
            group=self.group,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """Something that may happen to a person, by a stable `key` ("order.cod_placed").

    A `subject` names one occurrence of it in the words of its owner ("order:17").

    `is_marketing`: needs consent to marketing, goes in the marketing lane and hours, and cannot be
    lowered. `parameters` (key → label) are offered to the template besides the contact's; `values`
    reads them (subject → parameter → text) when the message is written, never earlier.
    `why_not(subjects, now)` names those that must not (any longer) be written about, with a reason
    code: asked when a message is due, and by the sender before it leaves. `reasons` has the words
    of these codes. `is_exclusive`: at most one flow of it is enabled. `lasts`: later than
    happened + delay + lasts it is no news any more; None = it never grows old.
    """

    key: str
    label: Text
    group: Text
    is_marketing: bool = False
    parameters: Mapping[str, Text] = field(default_factory=dict)
    values: Callable[[str], Mapping[str, str]]
    why_not: Callable[[Collection[str], datetime], Mapping[str, str]]
    conditions: Sequence[SubjectCondition] = ()
    is_exclusive: bool = False
    default_delay_minutes: int = 0
    lasts: timedelta | None = None
    reasons: Mapping[str, Text] = field(default_factory=dict)


_TRIGGERS: dict[str, Trigger] = {}


def register(trigger: Trigger) -> None:
    """Offer a trigger to flows; called from `AppConfig.ready`. A key again replaces the first."""
    _TRIGGERS[trigger.key] = trigger
    reasons.offer(trigger.reasons)


def forget(key: str) -> None:
    """Take a trigger back; its flows stop the next time anybody looks at them."""
    _TRIGGERS.pop(key, None)


def find(key: str) -> Trigger | None:
    """Return the trigger, None where nobody offers it (any more)."""
    return _TRIGGERS.get(key)


def all_triggers() -> list[Trigger]:
    """Return every trigger in the order of registration."""
    return list(_TRIGGERS.values())


def amount_condition(
    *, key: str, label: Text, group: Text, cents_of: Callable[[str], int | None]
) -> SubjectCondition:
    """Return “amount is at least / at most … €”; `cents_of` tells euro cents, None = not known.

    An amount that is not known is neither: nobody is written to for it.
    """

    def holds(subject: str, op: str, value: str) -> bool:
        amount = cents_of(subject)
        if amount is None:
            return False
        return amount >= cents(value) if op == "at_least" else amount <= cents(value)

    return SubjectCondition(
        key=key,
        label=label,
        group=group,
        operators=(operator("at_least"), operator("at_most")),
        fields=(ValueField(kind=Kind.MONEY),),
        holds=holds,
    )


def _always(holds: bool) -> Q:
    return Q(Value(holds, output_field=BooleanField()))
