"""A policy as people read it: figures with their units, lists as sentences, what changed."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.policy_figures import SECTIONS, Section, Text, Unit, in_unit, value_at
from campaigns.sender.policy import Cap, Policy, TierLimits


@dataclass(frozen=True, slots=True)
class Told:
    """One figure in words."""

    label: Text
    value: str
    help: Text = ""


@dataclass(frozen=True, slots=True)
class ToldSection:
    """One section in words; `lines` are those of its list, if it has one."""

    title: Text
    explanation: Text
    figures: tuple[Told, ...]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure that two versions have different."""

    label: Text
    before: str
    after: str


def with_unit(number: float | Decimal, unit: Unit) -> str:
    """Return a number in `unit` as the reader writes it: "15 minutes", "1,5 %"."""
    shown = number_format(Decimal(str(number)), use_l10n=True, force_grouping=True)
    if unit is Unit.COUNT:
        return shown
    if unit is Unit.PERCENT:
        return f"{shown} %"
    return _duration(shown, unit, count=1 if number == 1 else 2)


def _duration(shown: str, unit: Unit, *, count: int) -> str:
    texts = {
        Unit.SECONDS: ngettext("%(number)s second", "%(number)s seconds", count),
        Unit.MINUTES: ngettext("%(number)s minute", "%(number)s minutes", count),
        Unit.HOURS: ngettext("%(number)s hour", "%(number)s hours", count),
        Unit.DAYS: ngettext("%(number)s day", "%(number)s days", count),
    }
    return texts[unit] % {"number": shown}


def sections_of(policy: Policy) -> list[ToldSection]:
    """Return the whole policy in words, as the page shows it."""
    return [_told(section, policy) for section in SECTIONS]


def _told(section: Section, policy: Policy) -> ToldSection:
    figures = tuple(
        Told(figure.label, with_unit(figure.of(policy), figure.unit), figure.help)
        for figure in section.figures
    )
    return ToldSection(section.title, section.explanation, figures, lines_of(policy, section.rows))


def lines_of(policy: Policy, rows: str) -> tuple[str, ...]:
    """Return the lines of the list named `rows`; none for no name."""
    if rows == "caps":
        return tuple(_cap(cap) for cap in policy.caps)
    if rows == "ramp":
        return (_ramp(policy.ramp),)
    if rows == "tiers":
        return tuple(_tier(row) for row in policy.tiers)
    return ()


def _cap(cap: Cap) -> str:
    period = with_unit(in_unit(cap.period, Unit.DAYS), Unit.DAYS)
    text = ngettext("%(most)d message in %(period)s", "%(most)d messages in %(period)s", cap.most)
    return text % {"most": cap.most, "period": period}


def _ramp(ramp: tuple[float, ...]) -> str:
    if not ramp:
        return _("After the first share everybody else, without steps.")
    steps = [with_unit(in_unit(step, Unit.PERCENT), Unit.PERCENT) for step in ramp]
    return _("Steps: %(steps)s, then everybody.") % {"steps": ", ".join(steps)}


def _tier(row: TierLimits) -> str:
    def shown(number: int) -> str:
        return with_unit(number, Unit.COUNT)

    people = _("no limit of people") if row.people is None else _("%(people)s people in 24 hours") % {"people": shown(row.people)}  # fmt: skip
    minute = _("%(number)s templates a minute") % {"number": shown(row.per_minute)}
    hour = _("no limit per hour") if row.per_hour is None else _("%(number)s messages an hour") % {"number": shown(row.per_hour)}  # fmt: skip
    return f"{row.name}: {people} · {minute} · {hour}"


def differences(before: Policy, after: Policy) -> list[Difference]:
    """Return what `after` has different, in the order of the page."""
    found = []
    for section in SECTIONS:
        for figure in section.figures:
            if value_at(before, figure.path) != value_at(after, figure.path):
                was, now = figure.of(before), figure.of(after)
                texts = with_unit(was, figure.unit), with_unit(now, figure.unit)
                found.append(Difference(figure.label, *texts))
        if section.rows and value_at(before, section.rows) != value_at(after, section.rows):
            found += _changed_lines(section, before, after)
    return found


def _changed_lines(section: Section, before: Policy, after: Policy) -> list[Difference]:
    """Return the lines of one list that only one of the two has, side by side."""
    was, now = lines_of(before, section.rows), lines_of(after, section.rows)
    gone = [line for line in was if line not in now]
    come = [line for line in now if line not in was]
    pairs = max(len(gone), len(come))
    gone += [_("nothing")] * (pairs - len(gone))
    come += [_("nothing")] * (pairs - len(come))
    return [Difference(section.title, *pair) for pair in zip(gone, come, strict=True)]
