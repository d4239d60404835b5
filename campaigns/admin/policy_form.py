"""The form of the policy: one input per figure, in the units of people, and why they change."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import TEXTAREA_CLASSES

from campaigns.admin.number_fields import Column, NumberField, Row, RowsField
from campaigns.policy_figures import (
    FIGURES,
    SECTIONS,
    Figure,
    Section,
    Unit,
    from_unit,
    in_unit,
    with_value,
)
from campaigns.policy_rules import Problem, range_of
from campaigns.sender.policy import Cap, Policy, TierLimits

UNITS = {
    Unit.COUNT: "",
    Unit.PERCENT: "%",
    Unit.SECONDS: _("seconds"),
    Unit.MINUTES: _("minutes"),
    Unit.HOURS: _("hours"),
    Unit.DAYS: _("days"),
}
WHY = {"class": " ".join(TEXTAREA_CLASSES), "rows": 2, "maxlength": 500}


class WhyForm(forms.Form):
    """Why the policy changes, and which version that person looked at."""

    why = forms.CharField(
        label=_("Why?"),
        required=False,
        max_length=500,
        widget=forms.Textarea(WHY),
        help_text=_("It stays in the history, with your name."),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def look_at(self, number: int) -> None:
        """Carry on from version `number`: what was typed stays, to be saved knowingly."""
        self.data = dict(self.data.items()) | {"seen": str(number)}

    def add_problems(self, problems: tuple[Problem, ...]) -> None:
        """Put each problem beside its figure; what belongs to none stands above."""
        for problem in problems:
            name = field_name(problem.field)
            self.add_error(name if name in self.fields else None, str(problem.text))


class PolicyForm(WhyForm):
    """Every figure of `base`, to be changed."""

    caps = RowsField(
        (
            Column("most", _("Messages at most")),
            Column("days", _("in days"), "decimal"),
        ),
        label=_("Marketing to one person"),
    )
    ramp = RowsField(
        (Column("percent", _("Part of the campaign reached, %"), "decimal"),),
        label=_("Steps"),
        extra=2,
    )
    tiers = RowsField(
        (
            Column("name", _("Tier"), "text"),
            Column("people", _("People in 24 hours"), is_required=False),
            Column("per_minute", _("Templates a minute")),
            Column("per_hour", _("Messages an hour"), is_required=False),
        ),
        label=_("Limits"),
        help_text=_("Empty = no limit. An emptied line is removed."),
    )

    def __init__(self, *args: Any, base: Policy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.base = base
        for figure in FIGURES:
            self.fields[field_name(figure.path)] = _field(figure)
        self.initial = {**_initial(base), **self.initial}

    def sections(self) -> Iterator[dict[str, Any]]:
        """Yield each section of the page with its fields."""
        for section in SECTIONS:
            fields = [self._shown(figure) for figure in section.figures]
            rows = self[section.rows] if section.rows else None
            yield {"section": section, "fields": fields, "rows": rows, "id": _anchor(section)}

    def _shown(self, figure: Figure) -> dict[str, Any]:
        return {"field": self[field_name(figure.path)], "unit": UNITS[figure.unit]}

    def policy(self) -> Policy:
        """Return the policy as typed; what was not touched stays exactly as it was."""
        policy = self.base
        for figure in FIGURES:
            number = self.cleaned_data[field_name(figure.path)]
            if number != figure.of(self.base):
                policy = with_value(policy, figure.path, from_unit(number, figure.unit))
        for name, read in (("caps", _caps), ("ramp", _ramp), ("tiers", _tiers)):
            policy = with_value(policy, name, read(self.cleaned_data[name]))
        return policy


def field_name(path: str) -> str:
    """Return the name of a figure's input: a dot would look like a nested field."""
    return path.replace(".", "__")


def _field(figure: Figure) -> NumberField:
    hint = f"{figure.help} {range_of(figure)}".strip()
    return NumberField(
        label=figure.label,
        help_text=hint,
        is_whole=figure.unit is Unit.COUNT,
        error_messages={"required": _("Write a number: every figure counts.")},
    )


def _anchor(section: Section) -> str:
    return f"policy-{SECTIONS.index(section)}"


def _initial(policy: Policy) -> Mapping[str, Any]:
    lists: dict[str, Any] = {
        "caps": [{"most": cap.most, "days": in_unit(cap.period, Unit.DAYS)} for cap in policy.caps],
        "ramp": [{"percent": in_unit(step, Unit.PERCENT)} for step in policy.ramp],
        "tiers": [
            {name: getattr(row, name) for name in ("name", "people", "per_minute", "per_hour")}
            for row in policy.tiers
        ],
    }
    return lists | {field_name(figure.path): figure.of(policy) for figure in FIGURES}


def _caps(rows: list[Row]) -> tuple[Cap, ...]:
    return tuple(Cap(int(row["most"]), timedelta(days=float(row["days"]))) for row in rows)


def _ramp(rows: list[Row]) -> tuple[float, ...]:
    return tuple(float(row["percent"] / 100) for row in rows)


def _tiers(rows: list[Row]) -> tuple[TierLimits, ...]:
    """Return the lines from the smallest tier to the one without limit, however they were typed."""
    tiers = [
        TierLimits(
            row["name"], _whole(row["people"]), int(row["per_minute"]), _whole(row["per_hour"])
        )
        for row in rows
    ]
    return tuple(sorted(tiers, key=lambda row: (row.people is None, row.people or 0)))


def _whole(number: Decimal | None) -> int | None:
    return None if number is None else int(number)
