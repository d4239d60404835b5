"""What makes figures a policy: every one in its range, and no two that contradict each other."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from campaigns.policy_figures import FIGURES, Figure
from campaigns.policy_words import with_unit
from campaigns.sender.policy import Policy, TierLimits

# Beyond these a list is a mistake.
MOST_CAPS, MOST_STEPS, MOST_TIERS = 6, 8, 20
MOST_PER_MINUTE, MOST_PER_HOUR, MOST_DAYS = 6_000, 1_000_000, 365


@dataclass(frozen=True, slots=True)
class Problem:
    """`field` is the figure's path, "caps", "ramp", "tiers", "why", or "" for the whole."""

    field: str
    text: str | Promise


def problems_of(policy: Policy) -> list[Problem]:
    """Return what stands against `policy`, in the order of the page; empty = it may be used."""
    return [
        *_out_of_range(policy),
        *_contradictions(policy),
        *_caps(policy),
        *_ramp(policy),
        *_tiers(policy.tiers),
    ]


def _out_of_range(policy: Policy) -> Iterator[Problem]:
    for figure in FIGURES:
        if not figure.least <= figure.of(policy) <= figure.most:
            yield Problem(figure.path, range_of(figure))


def range_of(figure: Figure) -> str:
    """Return the sentence that tells the range of a figure."""
    return _("Between %(least)s and %(most)s.") % {
        "least": with_unit(figure.least, figure.unit),
        "most": with_unit(figure.most, figure.unit),
    }


def _contradictions(policy: Policy) -> Iterator[Problem]:
    stop = policy.stop
    milder = _("The figure that warns must come before the one that stops.")
    for name in ("opt_outs", "failures", "undeliverable"):
        if getattr(stop, name) < getattr(stop, f"watch_{name}"):
            yield Problem(f"stop.{name}", milder)
    if stop.delivered_least > stop.watch_delivered:
        yield Problem("stop.delivered_least", milder)
    if stop.read_least > stop.watch_read:
        yield Problem("stop.read_least", milder)
    if policy.default_rest > policy.longest_rest:
        yield Problem("default_rest", _("Longer than the longest rest below."))
    if policy.breaker_in_a_row > policy.breaker_sample:
        yield Problem("breaker_in_a_row", _("More than the messages that are looked at."))


def _caps(policy: Policy) -> Iterator[Problem]:
    caps = policy.caps
    if not 1 <= len(caps) <= MOST_CAPS:
        yield Problem("caps", _("Between 1 and %(most)d lines.") % {"most": MOST_CAPS})
    if any(cap.most < 1 or not 0 < cap.period.total_seconds() <= MOST_DAYS * 86400 for cap in caps):
        text = _("At least one message, in at most %(days)d days.")
        yield Problem("caps", text % {"days": MOST_DAYS})
    for shorter, longer in pairwise(caps):
        if longer.period <= shorter.period or longer.most < shorter.most:
            text = _(
                "Each line must have a longer period than the one before, and no fewer messages."
            )
            yield Problem("caps", text)
            return


def _ramp(policy: Policy) -> Iterator[Problem]:
    ramp = policy.ramp
    if len(ramp) > MOST_STEPS:
        yield Problem("ramp", _("At most %(most)d steps.") % {"most": MOST_STEPS})
    if any(not 0 < step < 1 for step in ramp):
        yield Problem("ramp", _("Each step is more than 0 % and less than 100 %."))
    if any(later <= earlier for earlier, later in pairwise(ramp)):
        yield Problem("ramp", _("Each step must be larger than the one before."))


def _tiers(tiers: tuple[TierLimits, ...]) -> Iterator[Problem]:
    if not tiers or len(tiers) > MOST_TIERS:
        yield Problem("tiers", _("Between 1 and %(most)d lines.") % {"most": MOST_TIERS})
        return
    if tiers[-1].people is not None or any(row.people is None for row in tiers[:-1]):
        yield Problem("tiers", _("Exactly one line has no limit of people: the last."))
    people = [row.people for row in tiers if row.people is not None]
    if any(count < 1 for count in people) or any(b <= a for a, b in pairwise(people)):
        yield Problem("tiers", _("Each line must have more people than the one before."))
    if not all(_is_sensible(row) for row in tiers):
        text = _("Between 1 and %(minute)d per minute, and 1 and %(hour)d per hour.")
        yield Problem("tiers", text % {"minute": MOST_PER_MINUTE, "hour": MOST_PER_HOUR})
    if len({row.name for row in tiers}) < len(tiers) or not all(row.name for row in tiers):
        yield Problem("tiers", _("Each line has a name of its own."))


def _is_sensible(row: TierLimits) -> bool:
    hour = 1 if row.per_hour is None else row.per_hour
    return 1 <= row.per_minute <= MOST_PER_MINUTE and 1 <= hour <= MOST_PER_HOUR
