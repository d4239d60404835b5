"""What a history or a file tells of messages, and which of those we have it means. Nothing here asks the database.

A webhook, our own sender and a history name a message by Spoki's identifier; a file names it by who wrote it, what it
says and when, often to the minute. Each message told is laid to one message known at most, so that two equal ones of
one minute stay two, and the same file again finds all of its own.
"""

from __future__ import annotations

import unicodedata
from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from spoki import ContentKind, Direction, MessageEvent
from spoki.content import FILES

# As exact as Spoki's own moments are.
EXACT: Final = timedelta(milliseconds=1)
# Ours is known by when we handed it over. Spoki's clock may be behind, and a line before it may hold it up.
BEFORE_OURS: Final = timedelta(minutes=2)
AFTER_OURS: Final = timedelta(minutes=5)
# A file may name the moment of sending where a webhook named that of writing.
OTHER_CLOCK: Final = timedelta(minutes=1)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_INVISIBLE: Final = {ord(sign): None for sign in "\u200b\u200e\u200f\u2060\ufeff"}
Slot = tuple[bool, str]
Fits = Callable[["Told", "Known"], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One message as it is told; it was written between `at` and `at` + `precision`.

    `own_key` names it where it has no `uuid`, the same each time that it is told; `our_key` is what our send carried.
    `place` counts the messages of its moment, oldest first.
    """

    is_inbound: bool
    at: datetime
    precision: timedelta = EXACT
    text: str = ""
    kind: str = "text"
    uuid: str | None = None
    own_key: str = ""
    our_key: str = ""
    place: int = 0
    author: str = ""
    media: tuple[Mapping[str, str], ...] = ()
    event: MessageEvent | None = None

    @property
    def says(self) -> str:
        return says_of(self.text, self.kind)

    @property
    def names(self) -> tuple[str, ...]:
        """Everything it is called by, the surest first."""
        return tuple(name for name in (self.our_key, self.uuid, self.own_key) if name)

    @property
    def end(self) -> datetime:
        return self.at + self.precision


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One message that we have. `says` are the forms in which others may write it.

    `names` are all it is known by; `is_named` unless Spoki's own identifier is still to be learned. `is_ours`: sent by
    us, `at` our clock.
    """

    pk: int
    is_inbound: bool
    at: datetime
    precision: timedelta = EXACT
    says: frozenset[str]
    names: frozenset[str] = field(default_factory=frozenset)
    is_named: bool = False
    is_ours: bool = False

    @property
    def end(self) -> datetime:
        return self.at + self.precision


def told_of(
    event: MessageEvent, *, uuid: str | None, at: datetime, text: str | None = None
) -> Told:
    """Return the message of a webhook as it is told: written at `at`, called `uuid` by Spoki.

    `text` is what it says where the event itself does not: what stands on a button that was tapped.
    """
    return Told(
        is_inbound=event.direction is Direction.INBOUND,
        at=floor(at, EXACT),
        text=(event.text or "") if text is None else text,
        kind=event.kind.value,
        uuid=uuid,
    )


def floor(at: datetime, precision: timedelta) -> datetime:
    """Return the beginning of the stretch of `precision` in which `at` lies."""
    return at - (at - _EPOCH) % precision


def says_of(text: str, kind: str) -> str:
    """Return what the message says, however it was stored: blanks and invisible signs do not count.

    A file without words says which kind of file it is.
    """
    plain = " ".join(unicodedata.normalize("NFC", text).translate(_INVISIBLE).split())
    if plain:
        return plain
    return f"\x00{kind}" if kind in FILES or kind in _WORDLESS else "\x00"


_WORDLESS: Final = frozenset({ContentKind.LOCATION, ContentKind.CONTACT, ContentKind.REACTION})


def pair(told: Sequence[Told], known: Sequence[Known], *, is_whole: bool = False) -> dict[int, int]:
    """Return index of `told` → index of `known`, each used once at most.

    First by identifier; then by author, words and moment, which must overlap; then ours by our own clock. `is_whole`:
    between its first and its last message nothing is left out of `told`, so that what we know from in between and is
    still not found must be there under another clock.
    """
    pairs = _by_identifier(told, known)
    free = _Free(known, taken=pairs.values())
    rest = [index for index in _in_order(told) if index not in pairs]
    for index in rest:
        free.take(index, told[index], pairs, _overlap)
    for index in rest:
        if index not in pairs and not told[index].is_inbound:
            free.take(index, told[index], pairs, _is_ours_about_then)
    if is_whole and told:
        inside = _Inside(min(one.at for one in told), max(one.at for one in told))
        for index in rest:
            if index not in pairs:
                free.take(index, told[index], pairs, inside)
    return pairs


class _Inside:
    """Whether a known message lies between the first and the last of a file, and near the one told."""

    def __init__(self, first: datetime, last: datetime) -> None:
        self._first, self._last = first, last

    def __call__(self, told: Told, known: Known) -> bool:
        is_near = abs(told.at - known.at) <= OTHER_CLOCK + max(told.precision, known.precision)
        return is_near and self._first < known.at < self._last


class _Free:
    """The known messages that nobody was laid to yet, by who wrote them and what they say, oldest first."""

    def __init__(self, known: Sequence[Known], *, taken: Collection[int]) -> None:
        self._known = known
        self._taken = set(taken)
        self._slots: dict[Slot, list[tuple[datetime, int]]] = defaultdict(list)
        for index, one in enumerate(known):
            for form in one.says if index not in self._taken else ():
                insort(self._slots[one.is_inbound, form], (one.at, index))

    def take(self, index: int, told: Told, pairs: dict[int, int], fits: Fits) -> None:
        """Lay the message told to the nearest one that fits."""
        candidates = [
            (abs(at - told.at), place)
            for at, place in self._slots.get((told.is_inbound, told.says), ())
            if place not in self._taken
            and (told.uuid is None or not self._known[place].is_named)
            and fits(told, self._known[place])
        ]
        if candidates:
            pairs[index] = min(candidates)[1]
            self._taken.add(pairs[index])


def _by_identifier(told: Sequence[Told], known: Sequence[Known]) -> dict[int, int]:
    by_name = {name: index for index, one in enumerate(known) for name in one.names}
    found = (
        (index, next((by_name[name] for name in one.names if name in by_name), None))
        for index, one in enumerate(told)
    )
    # Told twice by one name, it is one and the same.
    return {index: place for index, place in found if place is not None}


def _in_order(told: Sequence[Told]) -> list[int]:
    return sorted(range(len(told)), key=lambda index: (told[index].at, told[index].place, index))


def _overlap(told: Told, known: Known) -> bool:
    return told.at < known.end and known.at < told.end


def _is_ours_about_then(told: Told, known: Known) -> bool:
    return known.is_ours and -BEFORE_OURS < told.at - known.at < AFTER_OURS
