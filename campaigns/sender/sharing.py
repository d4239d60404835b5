"""Pure: how the campaigns at work share the starts that the account's even pace owes.

Every campaign has equal turns, the one that waited longest first; a campaign that is spread over
hours takes no more than its spread owes, and what one cannot use goes to the others. A last hour
that comes near buys no turns: whoever launched second must not slow down a colleague's campaign by
writing an earlier end, and the forecast said before the launch who would be left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from campaigns.sender.allowance import CATCH_UP_SECONDS, Wait, starts_due


@dataclass(frozen=True, slots=True)
class Sharer:
    """A campaign at work: its next start, and its own spread in sends per second if it has one.

    `is_flow`: what flows write takes its turns among the campaigns.
    """

    id: int
    pace_at: datetime | None = None
    per_second: float | None = None
    catch_up: float = CATCH_UP_SECONDS
    is_flow: bool = False

    def owed(self, *, now: datetime, due: int) -> int:
        """Return how many of `due` starts it may take: all of them without a spread."""
        if self.per_second is None:
            return due
        owed = starts_due(
            now=now, pace_at=self.pace_at, per_second=self.per_second, catch_up=self.catch_up
        )
        return min(due, owed)


def spread_rate(*, people: int, hours: float) -> float | None:
    """Return the sends per second that spread `people` over `hours`; None = no spread (0 hours)."""
    return None if hours <= 0 else max(people, 1) / (hours * 3600)


def deal(order: Sequence[int], owed: Mapping[int, int], due: int) -> dict[int, int]:
    """Deal `due` starts one by one to the campaigns in `order`; return id → starts, none left out.

    Whole rounds are dealt at once: a forecast deals for a minute, not for a claim.
    """
    shares = dict.fromkeys(order, 0)
    while due > 0 and (hungry := [pk for pk in order if owed[pk] > shares[pk]]):
        least = min(owed[pk] - shares[pk] for pk in hungry)
        each = max(1, min(least, due // len(hungry)))
        for pk in hungry[:due]:
            shares[pk] += each
        due -= each * len(hungry[:due])
    return {pk: share for pk, share in shares.items() if share}


def pace_waits(sharers: Sequence[Sharer], per_second: float) -> list[Wait]:
    """Return why each campaign goes no faster: its own spread, or the others beside it."""
    if per_second <= 0:
        return []
    fair = per_second / max(1, len(sharers))
    waits = []
    for sharer in sharers:
        if sharer.per_second is not None and sharer.per_second <= fair:
            figures = {"campaign": sharer.id, "per_minute": _per_minute(sharer.per_second)}
            waits.append(Wait("campaign_spread", figures))
        elif len(sharers) > 1:
            code = "shared_with_flows" if any(one.is_flow for one in sharers) else "shared_pace"
            count = sum(not one.is_flow for one in sharers)
            shared = {"campaign": sharer.id, "count": count, "per_minute": _per_minute(fair)}
            waits.append(Wait(code, shared))
    return waits


def _per_minute(per_second: float) -> float:
    return round(per_second * 60, 1)
