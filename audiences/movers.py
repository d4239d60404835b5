"""What hangs on a contact in higher floors, and how it follows: told by them, called when a person is merged or
changes number, inside the same transaction. No signals: a reader finds the calls in `merging` and `phone_change`.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise

# How many rows, by a name of the mover's own.
Figures = Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """Everything of `merged_id` belongs to `contact_id` from now on; equal for a mere change of number.

    `phone` is the number that the person has from now on, None for none, in time zone `zone`; `from_id` is the
    contact that had it before, None where it is new to us. `given_up` is the number of the other one, or the old
    one, None where there was none. Both contacts are locked, and already as they will be.
    """

    contact_id: int
    merged_id: int
    phone: str | None
    zone: str
    from_id: int | None
    given_up: str | None
    now: datetime

    @property
    def is_merge(self) -> bool:
        return self.merged_id != self.contact_id

    @property
    def other_id(self) -> int:
        """Whose number was not kept; after a mere change, the contact itself."""
        return self.merged_id if self.from_id == self.contact_id else self.contact_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """`follow` moves rows and returns how many; `count` tells what hangs on one contact, for a person.

    `words` name the figures of both, as they stand before a number: “orders: 3”.
    """

    follow: Callable[[Follow], Figures]
    count: Callable[[int], Figures]
    words: Mapping[str, str | Promise]


_REGISTERED: dict[str, Mover] = {}


def register(key: str, mover: Mover) -> None:
    """Add what follows a contact; called from `AppConfig.ready`. Registering a key again replaces it."""
    _REGISTERED[key] = mover


def follow(step: Follow) -> dict[str, int]:
    """Have everything follow, in the order of registration; return what moved."""
    moved: Counter[str] = Counter()
    for mover in _REGISTERED.values():
        moved.update(mover.follow(step))
    return dict(moved)


def hanging_on(contact_id: int) -> dict[str, int]:
    """What would follow this contact, by figure; nothing that is zero."""
    found: Counter[str] = Counter()
    for mover in _REGISTERED.values():
        found.update(mover.count(contact_id))
    return {name: count for name, count in found.items() if count}


def in_words(figures: Figures) -> list[tuple[str, int]]:
    """The figures with their names for a person, those that nobody names left out."""
    return [(label(name), count) for name, count in figures.items() if count and label(name)]


def label(name: str) -> str:
    """What a figure counts, for a person; empty for one that nobody names."""
    for mover in _REGISTERED.values():
        if name in mover.words:
            return str(mover.words[name])
    return ""
