"""Every figure of the policy in the words of people: its name, its unit, what it does, its range.

One table for the form, the page, the refusals and the list of what changed. Ranges keep a slip of
the keyboard from making the sender reckless or dumb; they are ours, except where a text names Meta.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.sender.policy import Policy

Text = str | Promise


class Unit(Enum):
    """In what a figure is shown and typed; shares are kept from 0 to 1, durations as such."""

    COUNT = "count"
    PERCENT = "percent"
    SECONDS = "seconds"
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"


_SECONDS = {Unit.SECONDS: 1, Unit.MINUTES: 60, Unit.HOURS: 3600, Unit.DAYS: 86400}


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: `path` is its name in the policy ("stop.opt_outs"), `least` and `most` in `unit`."""

    path: str
    label: Text
    unit: Unit
    least: float
    most: float
    help: Text = ""

    def of(self, policy: Policy) -> Decimal:
        """Return the figure as it is shown, in its unit."""
        return in_unit(value_at(policy, self.path), self.unit)


@dataclass(frozen=True, slots=True)
class Section:
    """Figures that belong together. `rows` names the list (caps, ramp, tiers) shown among them."""

    title: Text
    explanation: Text
    figures: tuple[Figure, ...] = field(default=())
    rows: str = ""


def in_unit(value: float | timedelta, unit: Unit) -> Decimal:
    """Return a kept value as people read it: 0.015 → 1.5 (percent), 15 minutes → 15 (minutes)."""
    if isinstance(value, timedelta):
        number = Decimal(str(value.total_seconds())) / _SECONDS[unit]
    else:
        number = Decimal(str(value)) * (100 if unit is Unit.PERCENT else 1)
    return _short(number)


def from_unit(number: Decimal, unit: Unit) -> float | int | timedelta:
    """Return a typed number as it is kept: the inverse of `in_unit`."""
    if unit is Unit.COUNT:
        return int(number)
    if unit is Unit.PERCENT:
        return float(number / 100)
    return timedelta(seconds=float(number * _SECONDS[unit]))


def value_at(policy: Policy, path: str) -> Any:
    value: Any = policy
    for name in path.split("."):
        value = getattr(value, name)
    return value


def with_value(policy: Policy, path: str, value: object) -> Policy:
    """Return `policy` with one figure changed."""
    outer, _dot, inner = path.partition(".")
    if inner:
        value = replace(getattr(policy, outer), **{inner: value})
    changes: dict[str, Any] = {outer: value}
    return replace(policy, **changes)


def _short(number: Decimal) -> Decimal:
    """Return the number without zeros at its end, never in powers of ten, to a thousandth."""
    rounded = number.quantize(Decimal("0.001")).normalize()
    return rounded.quantize(Decimal(1)) if rounded == rounded.to_integral() else rounded


SECTIONS: tuple[Section, ...] = (
    Section(
        _("How often one person is written to"),
        _(
            "Counted for each person over all campaigns. Whoever has had enough is left out until "
            "the period has passed. Order messages and replies do not count."
        ),
        (
            Figure(
                "person_gap", _("Between two messages to one person"), Unit.SECONDS, 6, 600,
                _("Meta allows one every 6 seconds."),
            ),
        ),
        rows="caps",
    ),
    Section(
        _("Hours and pace of marketing"),
        _("The hours themselves are on the page of the account."),
        (
            Figure(
                "marketing_last_start", _("No start before closing"), Unit.MINUTES, 0, 120,
                _("So that a message delayed on its way does not arrive after hours."),
            ),
            Figure(
                "opening_spread", _("Slow start after opening"), Unit.MINUTES, 0, 240,
                _("The pace rises over this time, instead of a burst at opening."),
            ),
            Figure(
                "yellow_factor", _("Pace while the quality is medium"), Unit.PERCENT, 1, 100,
                _("Share of the usual pace. While the quality is low marketing stops."),
            ),
        ),
    ),
    Section(
        _("When Spoki or Meta say that we are too fast"),
        _("We rest, go on slower, and come back to full speed step by step."),
        (
            Figure("speed_cut", _("Speed after each time"), Unit.PERCENT, 10, 90, _("Share of the speed before.")),
            Figure("slowest_speed", _("Never slower than"), Unit.PERCENT, 1, 50, _("Share of full speed.")),
            Figure("recovery_step", _("Step back up"), Unit.PERCENT, 1, 50, _("Share of full speed.")),
            Figure("recovery_every", _("One step every"), Unit.SECONDS, 10, 3600),
            Figure("default_rest", _("Rest when they do not say how long"), Unit.SECONDS, 1, 3600),
            Figure("longest_rest", _("Longest rest, whatever they say"), Unit.MINUTES, 1, 1440),
            Figure("unreachable_rest", _("Rest when Spoki cannot be reached"), Unit.SECONDS, 1, 600),
        ),
    ),
    Section(
        _("The same refusal again and again"),
        _("The campaign pauses and a person looks, before everybody meets the same wall."),
        (
            Figure("breaker_in_a_row", _("Equal refusals in a row"), Unit.COUNT, 2, 100),
            Figure("breaker_share", _("Or this share of the last messages"), Unit.PERCENT, 1, 100),
            Figure("breaker_sample", _("How many last messages are looked at"), Unit.COUNT, 10, 1000),
        ),
    ),
    Section(
        _("First a few, then the others"),
        _(
            "A campaign with a first share writes to those, waits, is judged, and goes on in steps. "
            "Each step is the part of the campaign reached by then."
        ),
        (
            Figure("canary_size", _("People in the first share, at most"), Unit.COUNT, 1, 10_000),
            Figure(
                "canary_hold", _("Wait after the first share"), Unit.MINUTES, 1, 1440,
                _("At least as long as it takes to see what was delivered."),
            ),
            Figure("ramp_hold", _("Wait after each step"), Unit.MINUTES, 1, 1440),
        ),
        rows="ramp",
    ),
    Section(
        _("When a campaign is warned of, and when it stops"),
        _("Blocks and reports are never told to us: these figures show them in time."),
        (
            Figure("stop.min_sample", _("Judge only after"), Unit.COUNT, 1, 10_000, _("Messages sent.")),
            Figure("stop.watch_opt_outs", _("Unsubscribed: warn above"), Unit.PERCENT, 0.1, 50, _("Of those delivered.")),
            Figure("stop.opt_outs", _("Unsubscribed: stop above"), Unit.PERCENT, 0.1, 50, _("Of those delivered.")),
            Figure("stop.watch_failures", _("Failed: warn above"), Unit.PERCENT, 0.1, 90, _("Of those sent.")),
            Figure("stop.failures", _("Failed: stop above"), Unit.PERCENT, 0.1, 90, _("Of those sent.")),
            Figure(
                "stop.watch_undeliverable", _("Not on WhatsApp: warn above"), Unit.PERCENT, 0.1, 90,
                _("Of those sent: a sign of old phone numbers."),
            ),
            Figure("stop.undeliverable", _("Not on WhatsApp: stop above"), Unit.PERCENT, 0.1, 90, _("Of those sent.")),
            Figure("stop.delivered_after", _("Count deliveries after"), Unit.MINUTES, 1, 1440),
            Figure("stop.watch_delivered", _("Delivered: warn below"), Unit.PERCENT, 1, 99, _("Of those sent.")),
            Figure("stop.delivered_least", _("Delivered: stop below"), Unit.PERCENT, 1, 99, _("Of those sent.")),
            Figure("stop.read_after", _("Count reads after"), Unit.HOURS, 1, 168),
            Figure("stop.watch_read", _("Read: warn below"), Unit.PERCENT, 1, 99, _("Of those delivered.")),
            Figure(
                "stop.read_least", _("Read: stop below"), Unit.PERCENT, 1, 99,
                _("Of those delivered, where another campaign of the template was read as little in 30 days."),
            ),
        ),
    ),
    Section(
        _("Trying again"),
        _("Only what surely did not leave is tried again."),
        (
            Figure("most_attempts", _("Attempts per message"), Unit.COUNT, 1, 10),
            Figure(
                "most_person_attempts", _("Attempts when a person gets too many at once"), Unit.COUNT, 1, 10,
                _("After 4, 16, 64 … seconds, as Meta asks."),
            ),
            Figure(
                "marketing_cap_rest", _("Wait when Meta holds back marketing to a person"), Unit.HOURS, 24, 720,
                _("Meta asks for 24 hours at least."),
            ),
            Figure("marketing_cap_jitter", _("And by chance up to"), Unit.HOURS, 0, 48),
            Figure("marketing_cap_retries", _("Tried again after that"), Unit.COUNT, 0, 3, _("Times.")),
        ),
    ),
    Section(
        _("What must be fresh"),
        _("Nothing leaves on old news."),
        (
            Figure(
                "template_fresh", _("State of a template read within"), Unit.MINUTES, 3, 120,
                _("While a campaign runs it is read every 2 minutes."),
            ),
            Figure(
                "unknown_after", _("Without news a start by automation is unknown after"), Unit.MINUTES, 1, 1440,
            ),
        ),
    ),
    Section(
        _("Limits by tier"),
        _(
            "For an account that has no figures of its own. People per 24 hours are Meta's; between two "
            "rows the lower one counts, and a tier that was never read counts as 250 people."
        ),
        rows="tiers",
    ),
)  # fmt: skip

FIGURES: tuple[Figure, ...] = tuple(figure for section in SECTIONS for figure in section.figures)
