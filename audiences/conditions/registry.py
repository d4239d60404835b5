"""A condition: its words, the values it takes, and the query it stands for."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audiences.conditions.values import InvalidValue, Kind, Text, ValueField


class InvalidRule(Exception):
    """A rule that cannot be used; `str()` says why, for a person."""


@dataclass(frozen=True, slots=True)
class Operator:
    key: str
    label: Text


_OPERATORS = {
    "is": Operator("is", gettext_lazy("is")),
    "is_not": Operator("is_not", gettext_lazy("is not")),
    "one_of": Operator("one_of", gettext_lazy("is one of")),
    "has": Operator("has", gettext_lazy("has")),
    "has_not": Operator("has_not", gettext_lazy("has not")),
    "at_least": Operator("at_least", gettext_lazy("is at least")),
    "at_most": Operator("at_most", gettext_lazy("is at most")),
}


def operator(key: str, label: Text | None = None) -> Operator:
    """A known operator, reworded by `label` where its usual word reads badly."""
    return _OPERATORS[key] if label is None else Operator(key, label)


OF_CONTACT = gettext_lazy("Contact")


@dataclass(frozen=True, slots=True)
class Condition:
    """`build(operator, value, now)` gets the canonical value and returns a Q over contacts that is never NULL.

    With several fields the value is an object of their names, with one it stands alone. `template`, if given,
    words `fields` and is filled with the operator (`op`) and the displayed values by field name,
    `template_by_operator` does so for one operator, `check` raises
    InvalidValue where the values do not go together, and `vanished` tells whether what the value names no longer exists.
    """

    key: str
    label: Text
    operators: tuple[Operator, ...]
    fields: tuple[ValueField, ...]
    build: Callable[[str, Any, datetime], Q]
    group: Text = OF_CONTACT
    template: Text = ""
    check: Callable[[Any], None] | None = None
    vanished: Callable[[Any], str | None] | None = None
    fields_by_operator: dict[str, tuple[ValueField, ...]] | None = None
    template_by_operator: dict[str, Text] | None = None

    def fields_of(self, op: str) -> tuple[ValueField, ...]:
        return (self.fields_by_operator or {}).get(op, self.fields)

    def operator(self, op: Any) -> Operator:
        """:raises InvalidRule: the condition has no such operator."""
        for known in self.operators:
            if known.key == op:
                return known
        allowed = ", ".join(known.key for known in self.operators)
        raise InvalidRule(
            _("“%(label)s” cannot be compared by “%(op)s” (use %(allowed)s).")
            % {"label": self.label, "op": op, "allowed": allowed}
        )

    def clean(self, op: str, raw: Any) -> Any:
        """The canonical value. :raises InvalidRule: with a sentence that names the condition."""
        try:
            value = self._clean_fields(self.fields_of(op), raw)
            if self.check is not None:
                self.check(value)
        except InvalidValue as error:
            raise InvalidRule(f"{self.label}: {error}") from None
        return value

    def _clean_fields(self, fields: tuple[ValueField, ...], raw: Any) -> Any:
        return fields[0].clean(raw) if len(fields) == 1 else self._clean_object(fields, raw)

    def _clean_object(self, fields: tuple[ValueField, ...], raw: Any) -> dict[str, Any]:
        names = [field.name for field in fields]
        if not isinstance(raw, dict) or set(raw) != set(names):
            raise InvalidValue(_("Write %(names)s.") % {"names": ", ".join(names)})
        return {field.name: field.clean(raw[field.name]) for field in fields}

    def sentence(self, op: str, value: Any) -> str:
        """The rule in words, such as “Language is Italian”."""
        verb = str(self.operator(op).label)
        fields = self.fields_of(op)
        values = value if len(fields) > 1 else {fields[0].name: value}
        shown = {field.name: field.display(values[field.name]) for field in fields}
        template = (self.template_by_operator or {}).get(op, self.template)
        if template and fields == self.fields:
            return str(template) % {"op": verb, **shown}
        if fields[0].kind is Kind.NOTHING:
            return f"{self.label}: {verb}"
        told = shown[fields[0].name]
        unit = f" {fields[0].unit}" if fields[0].unit and fields[0].words is None else ""
        return f"{self.label} {verb} {told}{unit}"


_CONDITIONS: dict[str, Condition] = {}


def register(condition: Condition) -> None:
    """Offer a condition to segments; called from `AppConfig.ready`. Registering a key again replaces it."""
    _CONDITIONS[condition.key] = condition


def find(key: Any) -> Condition:
    """:raises InvalidRule: nobody offers this condition (any more)."""
    if not isinstance(key, str) or key not in _CONDITIONS:
        raise InvalidRule(_("The condition “%(key)s” does not exist (any more).") % {"key": key})
    return _CONDITIONS[key]


def grouped() -> dict[str, list[Condition]]:
    """Every condition under the name of its group, in order of registration."""
    groups: dict[str, list[Condition]] = {}
    for condition in _CONDITIONS.values():
        groups.setdefault(str(condition.group), []).append(condition)
    return groups
