"""Pure: the figures of a use, and the shares they make. What each means: see the package."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from campaigns.models import OutboundMessage

Status = OutboundMessage.Status
NEVER_LEFT: Final = frozenset({Status.QUEUED, Status.SKIPPED, Status.EXPIRED})
# What a person can answer: it left, and did not fail.
MAY_HAVE_ARRIVED: Final = frozenset(
    {Status.ACCEPTED, Status.SENT, Status.DELIVERED, Status.READ, Status.UNKNOWN}
)
_ANSWERED: Final = frozenset(
    {Status.ACCEPTED, Status.SENT, Status.DELIVERED, Status.READ, Status.FAILED}
)
_TOLD_DELIVERED: Final = frozenset({Status.DELIVERED, Status.READ})
STOPPED: Final = "stopped_marketing"


@dataclass(frozen=True, slots=True)
class Figures:
    """Numbers of people; `delivered`, `read`, `replied` and `failed` are among the `sent`."""

    waiting: int = 0
    skipped: int = 0
    expired: int = 0
    unknown: int = 0
    sent: int = 0
    delivered: int = 0
    read: int = 0
    replied: int = 0
    opted_out: int = 0
    failed: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        mine, theirs = asdict(self), asdict(other)
        return Figures(**{name: count + theirs[name] for name, count in mine.items()})

    @property
    def recipients(self) -> int:
        return self.waiting + self.skipped + self.expired + self.unknown + self.sent


NAMES: Final = tuple(asdict(Figures()))


@dataclass(frozen=True, slots=True)
class Rate:
    """A figure as a share of another one; `is_bad`: the lower the better."""

    key: str
    of: str
    is_bad: bool = False


# The denominators of the stop rules, so that a page of a campaign and this one say the same.
RATES: Final = (
    Rate("delivered", "sent"),
    Rate("read", "delivered"),
    Rate("replied", "delivered"),
    Rate("opted_out", "delivered", is_bad=True),
    Rate("failed", "sent", is_bad=True),
)


def fold(groups: Iterable[Mapping[str, Any]]) -> Figures:
    """Return the figures of groups of messages alike: `status`, `reason`, `people`, and how many of
    them `replied` or `opted_out`."""
    return sum((_of_group(group) for group in groups), Figures())


def total(figures: Iterable[Figures]) -> Figures:
    return sum(figures, Figures())


def _of_group(group: Mapping[str, Any]) -> Figures:
    status, people = group["status"], group["people"]
    replied = group["replied"] if status in MAY_HAVE_ARRIVED else 0
    sent = people if status in _ANSWERED else replied
    failed = people if status == Status.FAILED else 0
    return Figures(
        waiting=people if status in {Status.QUEUED, Status.SENDING} else 0,
        skipped=people if status == Status.SKIPPED else 0,
        expired=people if status == Status.EXPIRED else 0,
        unknown=people - replied if status == Status.UNKNOWN else 0,
        sent=sent,
        delivered=people if status in _TOLD_DELIVERED else replied,
        read=people if status == Status.READ else replied,
        replied=replied,
        opted_out=_opted_out(group),
        failed=failed,
    )


def _opted_out(group: Mapping[str, Any]) -> int:
    if group["status"] == Status.FAILED and group["reason"] == STOPPED:
        return int(group["people"])
    return int(group["opted_out"]) if group["status"] in MAY_HAVE_ARRIVED else 0
