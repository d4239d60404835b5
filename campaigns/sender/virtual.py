"""Pure: the pieces of the virtual clock that the forecast runs on.

A wave is a campaign as counts of people by time zone, never person by person; a zone remembers
until when its answer holds, so that the hours are asked a few times a day and not every minute.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from campaigns.sender.allowance import AccountState
from campaigns.sender.crowds import Crowd
from campaigns.sender.hours import WritingHours, zone_named
from campaigns.sender.policy import DEFAULT_POLICY, Policy

NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Gate:
    """A step of a campaign: after `most` of its people were written to, nothing leaves for `hold`."""

    most: int
    hold: timedelta


@dataclass(frozen=True, slots=True)
class Wave:
    """A campaign on the virtual clock; `people` wait, by time zone.

    `sent` were written to before the clock starts. `per_second` is its own spread; None = as fast
    as the account allows. `ends_at`: whoever waits by then expires. `held_until`: a step of its
    canary holds now. `by_automation`: it leaves by Spoki's automations, at their own limit.
    """

    key: str
    people: Mapping[str, int]
    start_at: datetime
    ends_at: datetime | None = None
    per_second: float | None = None
    sent: int = 0
    gates: Sequence[Gate] = ()
    held_until: datetime | None = None
    by_automation: bool = False

    @property
    def waiting(self) -> int:
        return sum(self.people.values())


@dataclass(frozen=True, slots=True)
class World:
    """The account as the clock starts, at `now`.

    `day_seconds` is the length of the tier's window. `counted` are the people of the last such
    window by the minute in which they were written to last, the oldest first; those whom only
    Spoki knows of (`account.people.used` beyond them) are taken to count for a whole window more.
    `speed_changed_at` dates the account's speed. `orders_per_minute` are the order messages to
    expect while they may be written. `automations_per_minute` is the limit of that route.
    """

    account: AccountState
    hours: WritingHours
    now: datetime
    day_seconds: float = 86_400.0
    counted: Sequence[tuple[datetime, int]] = ()
    speed_changed_at: datetime | None = None
    order_hours: WritingHours | None = None
    orders_per_minute: float = 0.0
    automations_per_minute: int = 1200
    policy: Policy = DEFAULT_POLICY


class PeopleCounted:
    """Unique people of a rolling window, by the minute: as small as the window has minutes."""

    def __init__(self, world: World) -> None:
        self._window = timedelta(seconds=world.day_seconds + world.account.lease_seconds)
        known = [(at, people) for at, people in world.counted if at > world.now - self._window]
        beyond = max(0, world.account.people.used - sum(people for _at, people in known))
        self._minutes = deque([*known, (world.now, beyond)] if beyond else known)
        self._used = sum(people for _at, people in self._minutes)

    def add(self, at: datetime, people: int) -> None:
        """Count `people` from `at` on; calls come in the order of time."""
        self._used += people
        if self._minutes and self._minutes[-1][0] == at:
            self._minutes[-1] = (at, self._minutes[-1][1] + people)
        elif people:
            self._minutes.append((at, people))

    def at(self, moment: datetime) -> int:
        """Return how many count at `moment`, and forget who does not any more."""
        while self._minutes and self._minutes[0][0] <= moment - self._window:
            self._used -= self._minutes.popleft()[1]
        return self._used

    def frees_at(self) -> datetime:
        """Return when the first of them does not count any more."""
        return self._minutes[0][0] + self._window if self._minutes else NEVER


@dataclass(slots=True)
class Zone:
    """Whether people of one time zone may be written to; `changes_at` is when that ends."""

    name: str
    hours: WritingHours
    is_open: bool = False
    opened_at: datetime | None = None
    closes_at: datetime | None = None
    changes_at: datetime = field(default=datetime.min.replace(tzinfo=UTC))

    def look(self, at: datetime) -> bool:
        """Return whether it is open at `at`; calls come in the order of time."""
        if at >= self.changes_at:
            zone = zone_named(self.name)
            self.is_open = self.hours.is_open(at, zone)
            self.opened_at = self.hours.opened_at(at, zone) if self.is_open else None
            self.closes_at = self.hours.closes_at(at, zone) if self.is_open else None
            change = self.closes_at if self.is_open else self.hours.next_open(at, zone)
            self.changes_at = NEVER if change is None else change.astimezone(UTC)
        return self.is_open

    def crowd(self, people: int) -> Crowd:
        """Return its people who wait, as the claim counts them."""
        return Crowd(self.name, people, self.opened_at, self.closes_at)
