"""Pure: the shares in which a campaign leaves, and whether the next one may follow.

A first share goes out, is held and judged; then the steps of the ramp, then the rest. It costs an
hour and saves the number: what goes badly with 500 people has not gone badly with 30,000. Meta
itself watches the first messages of a template before it lets the others through (Meta, Template
pacing).

Somebody counts in a share from the moment the message began to leave, whatever became of it: the
share is a promise about how many people are touched. Who is skipped, expires, or surely was not
written to does not count; the next in line takes the place.
"""

import math
from dataclasses import dataclass
from datetime import timedelta

from campaigns.sender.policy import Policy
from campaigns.sender.stop_rules import Figures, Level, Verdict, judge


@dataclass(frozen=True, slots=True)
class Step:
    """So many people in all may have been written to, and how long it is watched afterwards."""

    most: int
    hold: timedelta


def steps(*, total: int, share: float, policy: Policy) -> tuple[Step, ...]:
    """Return the steps before everybody else of `total` people, smallest first.

    `share` (0–1) of them come first, at most `policy.canary_size`; none with a share of 0. A step
    of the ramp that would bring nobody new is left out.
    """
    if share <= 0 or total <= 0:
        return ()
    first = max(1, min(math.ceil(total * share - 1e-9), policy.canary_size))
    found = [Step(first, policy.canary_hold)]
    for reached in policy.ramp:
        most = math.ceil(total * reached - 1e-9)
        if found[-1].most < most < total:
            found.append(Step(most, policy.ramp_hold))
    return tuple(found)


def first_step(*, total: int, share: float, policy: Policy) -> Step | None:
    """Return the first share; None where everybody may leave at once."""
    return next(iter(steps(total=total, share=share, policy=policy)), None)


def step_after(most: int, *, total: int, share: float, policy: Policy) -> Step | None:
    """Return the step after the one that ended at `most` people; None = everybody else.

    A policy that was changed meanwhile counts from the next step on.
    """
    later = (s for s in steps(total=total, share=share, policy=policy) if s.most > most)
    return next(later, None)


def hold_of(most: int, *, total: int, share: float, policy: Policy) -> timedelta:
    """Return how long the step that ends at `most` people is watched."""
    first = first_step(total=total, share=share, policy=policy)
    return policy.ramp_hold if first is not None and most > first.most else policy.canary_hold


def room(*, most: int, started: int, reserved: int) -> int:
    """Return how many more may be reserved so that never more than `most` start."""
    return max(0, most - started - reserved)


def is_blind(figures: Figures) -> bool:
    """Return whether there is no news of any message, so that nothing can be judged.

    Receipts may not arrive at all (a webhook switched off): then no rule would ever speak.
    """
    return figures.started > 0 and figures.delivered == 0


def may_go_on(figures: Figures, policy: Policy) -> tuple[bool, Verdict]:
    """Return whether the next step may follow by itself, and what the rules said."""
    verdict = judge(figures, policy.stop)
    return verdict.level is not Level.STOP and not is_blind(figures), verdict
