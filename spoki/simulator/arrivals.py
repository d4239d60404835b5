"""The log of every request, and the figures that tests judge a sender by."""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spoki.simulator.windows import WorstWindows

SEND_LANES = frozenset({"template", "text", "automation"})
_KEPT = 200_000
_SECRET_NAMES = frozenset({"secret", "api_key", "private_key", "token"})


@dataclass(slots=True)
class Arrival:
    """One request; `epoch` and `monotonic` are when it was read and judged."""

    number: int
    epoch: float
    monotonic: float
    method: str
    path: str
    lane: str
    api_key: str
    body: Any
    phone: str = ""
    msg: str = ""
    template: int | None = None
    language: str = ""
    uuid: str = ""
    fault: str = ""
    status: int = 0

    def as_dict(self, *, with_body: bool = False) -> dict[str, Any]:
        row = {name: getattr(self, name) for name in self.__slots__ if name != "body"}
        if with_body:
            row["body"] = redacted(self.body)
        return row


def redacted(value: Any) -> Any:
    """Return the same JSON with every secret replaced by stars."""
    if isinstance(value, Mapping):
        return {
            name: "***" if str(name).lower() in _SECRET_NAMES else redacted(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [redacted(inner) for inner in value]
    return value


class ArrivalLog:
    def __init__(self, lengths: Mapping[str, float]) -> None:
        self.rows: deque[Arrival] = deque(maxlen=_KEPT)
        self.count = 0
        self.arrived_keys: Counter[str] = Counter()
        self.accepted_keys: Counter[str] = Counter()
        self.accepted_count = 0
        self._lengths = dict(lengths)
        self._arrived: dict[str, WorstWindows] = {}
        self._accepted: dict[str, WorstWindows] = {}
        self._last_to: dict[str, float] = {}
        self._closest: float | None = None

    def add(self, arrival: Arrival) -> None:
        """Log a request; the windows are fed apart, since one bulk start is many messages."""
        self.rows.append(arrival)
        self.count += 1

    def count_arrival(self, lane: str, at: float) -> None:
        self._windows(self._arrived, lane).add(at)
        self._windows(self._arrived, "overall").add(at)
        if lane in SEND_LANES:
            self._windows(self._arrived, "sends").add(at)

    def note_key(self, metadata: Any) -> None:
        """Count the key of one message among many of a bulk start: a repetition shows."""
        key = metadata.get("msg") if isinstance(metadata, dict) else None
        if key:
            self.arrived_keys[str(key)] += 1

    def count_accepted(self, *, lane: str, msg: str, phone: str, at: float) -> None:
        """Count a message that Spoki took: from here on, a second one is a duplicate."""
        self._windows(self._accepted, lane).add(at)
        self.accepted_count += 1
        if msg:
            self.accepted_keys[msg] += 1
        before = self._last_to.get(phone)
        if before is not None and (self._closest is None or at - before < self._closest):
            self._closest = at - before
        self._last_to[phone] = at

    def use_lengths(self, lengths: Mapping[str, float]) -> None:
        if dict(lengths) == self._lengths:
            return
        self._lengths = dict(lengths)
        for table in (self._arrived, self._accepted):
            for lane, windows in table.items():
                table[lane] = windows.with_lengths(lengths)

    def windows(self, now: float) -> dict[str, Any]:
        return {
            "now": now,
            "lengths": self._lengths,
            "arrived": {lane: _shown(seen, now) for lane, seen in self._arrived.items()},
            "accepted": {lane: _shown(seen, now) for lane, seen in self._accepted.items()},
            "closest_to_one_phone_seconds": self._closest,
        }

    def duplicates(self) -> dict[str, Any]:
        return {
            "keys_accepted": len(self.accepted_keys),
            "accepted_twice": {key: n for key, n in self.accepted_keys.items() if n > 1},
            "arrived_twice": {key: n for key, n in self.arrived_keys.items() if n > 1},
        }

    def _windows(self, table: dict[str, WorstWindows], lane: str) -> WorstWindows:
        if lane not in table:
            table[lane] = WorstWindows(self._lengths)
        return table[lane]


def _shown(windows: WorstWindows, now: float) -> dict[str, Any]:
    return {
        "total": windows.total,
        "worst": windows.worst(),
        "worst_at": windows.worst_at(),
        "current": windows.current(now),
    }
