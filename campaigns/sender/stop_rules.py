"""Pure: is a campaign going badly enough to be watched, or stopped?

The rules compare counts of one campaign with the thresholds of the policy. Meta shows blocks and
reports to nobody: opt-outs, failures and receipts are the visible proxies of what it will think of
the number (Meta, Message quality).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from campaigns.sender.policy import StopRules


@dataclass(frozen=True, slots=True)
class Figures:
    """What became of the messages of one campaign; people, not attempts.

    `started` began to leave, whatever became of it; of them `sent` have an answer (accepted, sent,
    delivered, read or failed). `failures` are those other than `undeliverable` (131026) and than
    people who had stopped marketing, who are counted in `opt_outs`. `ripe` started so long ago that
    a receipt is due, `ripe_delivered` have it; `ripe_for_reading` were delivered at least a day ago,
    `ripe_read` are those of them that were read. `bored_before`: another campaign of the template
    was read as little lately.
    """

    started: int = 0
    sent: int = 0
    failures: int = 0
    undeliverable: int = 0
    delivered: int = 0
    opt_outs: int = 0
    ripe: int = 0
    ripe_delivered: int = 0
    ripe_for_reading: int = 0
    ripe_read: int = 0
    bored_before: bool = field(default=False, kw_only=True)


class Level(StrEnum):
    """How bad it is, best first."""

    UNJUDGED = ""
    GOOD = "good"
    WATCH = "watch"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Line:
    """One rule as the page shows it: `count` of `of` people against the thresholds (0 to 1).

    `is_floor`: the share must stay above the thresholds instead of below. `stop` None = it is only
    ever watched. `level` UNJUDGED = fewer people than the minimum sample.
    """

    code: str
    count: int
    of: int
    watch: float
    stop: float | None
    is_floor: bool
    level: Level

    @property
    def share(self) -> float:
        """Return the share, at most 1: a receipt may be there before its send is recorded."""
        return min(1.0, self.count / self.of) if self.of else 0.0

    def as_finding(self) -> dict[str, object]:
        """Return it as it is kept and told: percentages with one decimal."""
        limit = self.stop if self.level is Level.STOP and self.stop is not None else self.watch
        return {
            "code": self.code if self.level is Level.STOP else f"watch_{self.code}",
            "count": self.count,
            "of": self.of,
            "percent": round(100 * self.share, 1),
            "limit": round(100 * limit, 1),
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say together: the worst level, and every rule with its figures."""

    level: Level
    lines: tuple[Line, ...]

    @property
    def findings(self) -> list[dict[str, object]]:
        """Return what is above a threshold, the worst first."""
        bad = [line for line in self.lines if line.level in {Level.WATCH, Level.STOP}]
        bad.sort(key=lambda line: line.level is not Level.STOP)
        return [line.as_finding() for line in bad]


_ORDER = list(Level)


def judge(figures: Figures, rules: StopRules) -> Verdict:
    """Return the verdict on `figures`; a rule with too few people behind it says nothing."""
    lines = tuple(_lines(figures, rules))
    return Verdict(max((line.level for line in lines), key=_ORDER.index), lines)


def _lines(f: Figures, r: StopRules) -> Iterator[Line]:
    n = r.min_sample
    opt_outs, failures = (f.opt_outs, f.delivered), (f.failures, f.sent)
    yield _line("stop_opt_outs", opt_outs, r.watch_opt_outs, r.opt_outs, sample=n)
    yield _line("stop_failures", failures, r.watch_failures, r.failures, sample=n)
    unreachable = (f.undeliverable, f.sent)
    yield _line("stop_undeliverable", unreachable, r.watch_undeliverable, r.undeliverable, sample=n)
    arrived = (f.ripe_delivered, f.ripe)
    yield _line(
        "stop_delivered", arrived, r.watch_delivered, r.delivered_least, sample=n, is_floor=True
    )
    # One campaign that few read bores, and people are told; the second one does harm.
    read, least = (f.ripe_read, f.ripe_for_reading), r.read_least if f.bored_before else None
    yield _line("stop_read", read, r.watch_read, least, sample=n, is_floor=True)


def _line(
    code: str,
    people: tuple[int, int],
    watch: float,
    stop: float | None,
    *,
    sample: int,
    is_floor: bool = False,
) -> Line:
    count, of = people
    level = Level.UNJUDGED
    if of >= max(1, sample):
        share = count / of
        level = Level.GOOD
        if _is_beyond(share, watch, is_floor=is_floor):
            level = Level.WATCH
        if stop is not None and _is_beyond(share, stop, is_floor=is_floor):
            level = Level.STOP
    return Line(code, count, of, watch, stop, is_floor=is_floor, level=level)


def _is_beyond(share: float, limit: float, *, is_floor: bool) -> bool:
    return share < limit if is_floor else share > limit
