"""Pure: one campaign on the virtual clock of a forecast, as counts of people by time zone."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from campaigns.outlook import Minute, Outlook, Rest, by_hour
from campaigns.sender.allowance import CATCH_UP_SECONDS
from campaigns.sender.crowds import Crowd
from campaigns.sender.virtual import NEVER, Wave, Zone


class Lane:
    """One wave on its way: who is left by zone, and the minutes in which the others left."""

    def __init__(self, wave: Wave, zones: Mapping[str, Zone]) -> None:
        self.wave = wave
        self.left = {name: people for name, people in wave.people.items() if people > 0}
        self.zones = [zones[name] for name in self.left]
        self.waiting = sum(self.left.values())
        self.sent = wave.sent
        self.held_until = wave.held_until
        self.gates = [gate for gate in wave.gates if gate.most > wave.sent]
        self.owed = 0.0
        self.open_people = 0
        self.minutes: list[tuple[datetime, int]] = []
        self.expired = 0
        self.finish_at = wave.start_at if self.waiting == 0 else None

    def wakes_at(self, at: datetime) -> datetime:
        """Return when it may leave for its own reasons: its start, and the hold of its canary."""
        return max(self.wave.start_at, self.held_until or at)

    def look(self, at: datetime) -> int:
        """Count who may be written to at `at`."""
        self.open_people = 0
        if self.waiting and self.wakes_at(at) <= at:
            self.open_people = sum(self.left[zone.name] for zone in self.zones if zone.look(at))
        return self.open_people

    def crowds(self) -> list[Crowd]:
        """Return who may be written to now, by time zone."""
        return [zone.crowd(self.left[zone.name]) for zone in self.zones if zone.is_open]

    def room(self, seconds: float) -> int:
        """Return how many it may take in the next `seconds`: its spread, the next step of it."""
        room = self.open_people
        if self.wave.per_second is not None:
            most = self.wave.per_second * (seconds + CATCH_UP_SECONDS) + 1
            self.owed = min(most, self.owed + self.wave.per_second * seconds)
            room = min(room, int(self.owed + 1e-9))
        if self.gates:
            room = min(room, self.gates[0].most - self.sent)
        return room

    def take(self, at: datetime, count: int, until: datetime) -> None:
        """Write to `count` of them in the minute of `at`, the last one at `until`."""
        self.minutes.append((at, count))
        self.owed = max(0.0, self.owed - count)
        self.sent += count
        self.waiting -= count
        self._take_by_zone(count)
        if self.gates and self.sent >= self.gates[0].most:
            self.held_until = until + self.gates.pop(0).hold
        if self.waiting == 0:
            self.finish_at = until

    def expire(self, at: datetime) -> None:
        """Give up whoever waits once the campaign's last hour is over."""
        if self.waiting and self.wave.ends_at is not None and at >= self.wave.ends_at:
            self.expired, self.waiting, self.left = self.waiting, 0, {}
            self.zones, self.finish_at = [], self.wave.ends_at

    def outlook(self, rests: Sequence[Rest], why: str) -> Outlook:
        """Return what became of it; `rests` and `why` are the account's."""
        end = self.finish_at or NEVER
        return Outlook(
            start_at=self.wave.start_at,
            finish_at=self.finish_at,
            hours=by_hour(self.minutes),
            unsent=self.waiting,
            expired=self.expired,
            why=why if self.waiting else "",
            minutes=tuple(Minute(at, count) for at, count in self.minutes),
            rests=tuple(r for r in rests if r.until > self.wave.start_at and r.at < end),
        )

    def _take_by_zone(self, count: int) -> None:
        """Share `count` among the open zones as their people wait: the queue is mixed."""
        names = [zone.name for zone in self.zones if zone.is_open]
        total = sum(self.left[name] for name in names)
        for name in names:
            part = min(count, -(-count * self.left[name] // total)) if total else 0
            total -= self.left[name]
            self.left[name] -= part
            count -= part
        self.zones = [zone for zone in self.zones if self.left[zone.name]]
