"""The rows of the segment page: read from a form, written from a rule tree, checked one by one."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.cache import cache
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from audiences.conditions import Condition, InvalidRule, Kind, ValueField, find, grouped
from audiences.conditions.values import Text
from audiences.segments import BrokenSegment, Own, canonical, read_rule

SUGGESTIONS_SECONDS = 60
_CONTROL = re.compile(r"^g(\d{1,3})-(?:mode|r(\d{1,3})-([a-z_]{1,20}))$")


@dataclass(frozen=True, slots=True)
class Control:
    """One input of a row as the page draws it."""

    name: str
    field: ValueField
    value: str
    suggestions: list[str]

    @property
    def choices(self) -> list[tuple[str, Text]]:
        return list(self.field.choices()) if self.field.choices else []


@dataclass(slots=True)
class Row:
    group: int
    number: int
    key: str
    op: str
    values: dict[str, str] = field(default_factory=dict)
    error: str = ""
    # Conditions offered here besides those of contacts.
    own: Own = field(default_factory=dict)

    @property
    def prefix(self) -> str:
        return f"g{self.group}-r{self.number}"

    @property
    def condition(self) -> Condition | None:
        if self.key in self.own:
            return self.own[self.key]
        try:
            return find(self.key)
        except InvalidRule:
            return None

    def settle(self) -> None:
        """After the condition was changed the old operator may not exist: take the first."""
        condition = self.condition
        if condition and self.op not in {known.key for known in condition.operators}:
            self.op = condition.operators[0].key

    def controls(self) -> list[Control]:
        condition = self.condition
        fields = condition.fields_of(self.op) if condition else ()
        return [
            Control(
                f"{self.prefix}-{shown.name}",
                shown,
                self.values.get(shown.name, ""),
                _suggestions(self.key, shown),
            )
            for shown in fields
            if shown.kind is not Kind.NOTHING
        ]

    def as_json(self) -> list[Any]:
        condition = self.condition
        fields = condition.fields_of(self.op) if condition else ()
        if len(fields) == 1:
            alone = True if fields[0].kind is Kind.NOTHING else self.values.get(fields[0].name, "")
            return [self.key, self.op, alone]
        return [self.key, self.op, {part.name: self.values.get(part.name, "") for part in fields}]

    def check(self) -> None:
        """Write beside the row what is wrong with it."""
        try:
            gone = read_rule(self.as_json(), own=self.own).vanished()
        except InvalidRule as error:
            self.error = str(error)
        else:
            self.error = gone.capitalize() + "." if gone else ""


@dataclass(slots=True)
class GroupOfRows:
    number: int
    mode: str
    rows: list[Row] = field(default_factory=list)
    own: Own = field(default_factory=dict)

    def add_row(self) -> None:
        number = max((row.number for row in self.rows), default=0) + 1
        first = next(iter(offered(self.own).values()))[0]
        op = first.operators[0].key
        self.rows.append(Row(self.number, number, first.key, op, own=self.own))


@dataclass(slots=True)
class Builder:
    """The whole page: groups of rows. Numbers are never reused while a page lives, so focus stays put.

    `own` are conditions that only this page offers, besides those of contacts.
    """

    groups: list[GroupOfRows] = field(default_factory=list)
    own: Own = field(default_factory=dict)

    @classmethod
    def from_tree(cls, tree: Mapping[str, Any], *, own: Own | None = None) -> "Builder":
        """The rows of stored rules, those of vanished conditions included."""
        known, groups = own or {}, []
        for number, raw in enumerate(tree.get("groups", []), 1):
            rows = [_row(number, place, rule, known) for place, rule in enumerate(raw["rules"], 1)]
            groups.append(GroupOfRows(number, raw["mode"], rows, known))
        return cls(groups, known)

    @classmethod
    def from_form(cls, data: Mapping[str, str], *, own: Own | None = None) -> "Builder":
        known = own or {}
        groups: dict[int, GroupOfRows] = {}
        rows: dict[tuple[int, int], Row] = {}
        for name, value in data.items():
            control = _CONTROL.match(name)
            if control is None:
                continue
            number = int(control[1])
            group = groups.setdefault(number, GroupOfRows(number, "all", own=known))
            if control[2] is None:
                group.mode = value
                continue
            place = (group.number, int(control[2]))
            row = rows.setdefault(place, Row(*place, key="", op="", own=known))
            _write(row, control[3], value)
        for (number, _place), row in sorted(rows.items()):
            row.settle()
            groups[number].rows.append(row)
        return cls([groups[number] for number in sorted(groups)], known)

    def do(self, action: str) -> None:
        """Add or remove a group or a row; what does not exist (any more) is left alone."""
        verb, *numbers = action.split(":")
        places = [int(number) for number in numbers if number.isdecimal()]
        if verb == "add-group":
            self._add_group()
        elif verb == "remove-group" and places:
            self.groups = [group for group in self.groups if group.number != places[0]]
        elif verb == "add-rule" and places:
            for group in self._with_number(places[0]):
                group.add_row()
        elif verb == "remove-rule" and len(places) == 2:
            self._remove_row(*places)

    def tree(self) -> dict[str, Any]:
        """The rules as written, checked or not; groups left without rows are dropped."""
        return {
            "v": 1,
            "groups": [
                {"mode": group.mode, "rules": [row.as_json() for row in group.rows]}
                for group in self.groups
                if group.rows
            ],
        }

    def check(self) -> dict[str, Any]:
        """The canonical rules; errors are also written beside the rows.

        :raises BrokenSegment: with every problem found.
        """
        for group in self.groups:
            for row in group.rows:
                row.check()
        tree = canonical(self.tree(), own=self.own)
        if not tree["groups"]:
            raise BrokenSegment([_("Add at least one condition: without any, nobody is chosen.")])
        return tree

    def spare_untouched(self) -> None:
        """Show no error beside a row nobody has filled in yet: the panel says what is missing."""
        for group in self.groups:
            for row in group.rows:
                if not any(value.strip() for value in row.values.values()):
                    row.error = ""

    def _add_group(self) -> None:
        number = max((group.number for group in self.groups), default=0) + 1
        group = GroupOfRows(number, "all", own=self.own)
        group.add_row()
        self.groups.append(group)

    def _with_number(self, number: int) -> Iterator[GroupOfRows]:
        return (group for group in self.groups if group.number == number)

    def _remove_row(self, group_number: int, row_number: int) -> None:
        for group in self._with_number(group_number):
            group.rows = [row for row in group.rows if row.number != row_number]
        self.groups = [group for group in self.groups if group.rows]


def offered(own: Own) -> dict[str, list[Condition]]:
    """Every condition under the name of its group, those of `own` first."""
    groups: dict[str, list[Condition]] = {}
    for condition in own.values():
        groups.setdefault(str(condition.group), []).append(condition)
    for name, known in grouped().items():
        groups.setdefault(name, []).extend(known)
    return groups


def _write(row: Row, part: str, value: str) -> None:
    if part == "key":
        row.key = value
    elif part == "op":
        row.op = value
    else:
        row.values[part] = value


def _row(group: int, number: int, rule: list[Any], own: Own) -> Row:
    key, op, value = rule
    row = Row(group, number, key, op, own=own)
    condition = row.condition
    fields = condition.fields_of(op) if condition else ()
    values = value if isinstance(value, dict) else {part.name: value for part in fields[:1]}
    kinds = {part.name: part.kind for part in fields}
    row.values = {name: _as_text(part, kinds.get(name)) for name, part in values.items()}
    row.check()
    return row


def _as_text(value: Any, kind: Kind | None) -> str:
    """The value as a person writes it: money with the decimal mark of the reader."""
    if kind is Kind.MONEY:
        return number_format(value, use_l10n=True, force_grouping=False)
    return ", ".join(value) if isinstance(value, list) else str(value)


def _suggestions(key: str, field: ValueField) -> list[str]:
    """What is in use today; read at most once a minute, because it reads whole tables."""
    if field.suggestions is None:
        return []
    place = f"audiences:suggestions:{key}:{field.name}"
    known: list[str] | None = cache.get(place)
    if known is None:
        known = list(field.suggestions())
        cache.set(place, known, SUGGESTIONS_SECONDS)
    return known
