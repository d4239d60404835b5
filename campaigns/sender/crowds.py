"""Pure: who of a queue may be written to now, by time zone, and what keeps the others.

The sender and the forecast ask the same functions, one with the real clock, one with a virtual one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.sender.allowance import Demand, Wait, opening_share
from campaigns.sender.hours import WritingHours, zone_named

# A campaign to the whole world does not fill the page: the largest zones by name, the rest as one.
NAMED_ZONES = 4


@dataclass(frozen=True, slots=True)
class Crowd:
    """People of one time zone who wait while they may be written to.

    Both moments are None where the hours never close.
    """

    zone: str
    people: int
    opened_at: datetime | None = None
    closes_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Asleep:
    """People of one time zone who wait for its hours; `opens_at` None = not within a month."""

    zone: str
    people: int
    opens_at: datetime | None


@dataclass(frozen=True, slots=True)
class Look:
    """A queue at one moment: who is awake, who is not."""

    awake: tuple[Crowd, ...]
    asleep: tuple[Asleep, ...]

    @property
    def opens_at(self) -> datetime | None:
        """Return when the next of the sleepers wake."""
        return min((one.opens_at for one in self.asleep if one.opens_at), default=None)


def look(waiting: Mapping[str, int], *, now: datetime, hours: WritingHours) -> Look:
    """Return who of `waiting` (zone → people) may be written to at `now`."""
    awake, asleep = [], []
    for name, people in waiting.items():
        zone = zone_named(name)
        if hours.is_open(now, zone):
            opened, closes = hours.opened_at(now, zone), hours.closes_at(now, zone)
            awake.append(Crowd(name, people, opened, closes))
        else:
            asleep.append(Asleep(name, people, hours.next_open(now, zone)))
    return Look(tuple(awake), tuple(asleep))


def demand_of(crowds: Iterable[Crowd], *, now: datetime, spread: timedelta) -> Demand:
    """Return the demand of all `crowds` together; `spread` is how long an opening ramps up.

    Who woke just now counts little at first, so that no zone opens with a burst, while a zone that
    has been awake for hours keeps its pace.
    """
    everybody = [crowd for crowd in crowds if crowd.people > 0]
    backlog = sum(crowd.people for crowd in everybody)
    closings = [crowd.closes_at for crowd in everybody if crowd.closes_at is not None]
    weighed = sum(
        crowd.people * opening_share(now=now, opened_at=crowd.opened_at, spread=spread)
        for crowd in everybody
    )
    opening = weighed / backlog if backlog else 1.0
    openings = [crowd.opened_at for crowd in everybody if crowd.opened_at is not None]
    return Demand(
        backlog,
        max(closings, default=None),
        opening,
        opened_at=min(openings, default=None),
    )


def is_opening(
    zones: Iterable[str], *, now: datetime, hours: WritingHours, spread: timedelta
) -> bool:
    """Return whether one of `zones` has been open for less than `spread`."""
    openings = (hours.opened_at(now, zone_named(zone)) for zone in zones)
    return any(opened is not None and now - opened < spread for opened in openings)


def sleep_waits(asleep: Sequence[Asleep], *, campaign: int) -> list[Wait]:
    """Return why these people wait: the largest zones one by one, the others together."""
    by_size = sorted(asleep, key=lambda one: (-one.people, one.zone))
    waits = [_sleep(one, campaign) for one in by_size[:NAMED_ZONES]]
    others = by_size[NAMED_ZONES:]
    if len(others) == 1:
        waits.append(_sleep(others[0], campaign))
    elif others:
        waits.append(_sleep_elsewhere(others, campaign))
    return waits


def _sleep(one: Asleep, campaign: int) -> Wait:
    figures: dict[str, object] = {"campaign": campaign, "zone": one.zone, "count": one.people}
    if one.opens_at is None:
        return Wait("never_open", figures)
    return Wait("quiet_hours", {**figures, "until": one.opens_at.isoformat()})


def _sleep_elsewhere(others: Sequence[Asleep], campaign: int) -> Wait:
    figures: dict[str, object] = {
        "campaign": campaign,
        "zones": len(others),
        "count": sum(one.people for one in others),
    }
    opens = min((one.opens_at for one in others if one.opens_at), default=None)
    if opens is None:
        return Wait("never_open_elsewhere", figures)
    return Wait("quiet_hours_elsewhere", {**figures, "until": opens.isoformat()})
