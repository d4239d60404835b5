"""Whom a bulk upsert took and whom it refused. Pure.

The shape of Spoki's errors is not documented: an entry may name the row by its place, by its phone, or
the list may have an entry per row. Whoever cannot be told apart is pushed again, alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import spoki
from spoki.phones import normalise, redact

MOST_TEXT = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """Phones by what became of them. `refused` carries Spoki's words, without any phone."""

    taken: frozenset[str] = frozenset()
    refused: Mapping[str, str] = field(default_factory=dict)
    doubtful: frozenset[str] = frozenset()


def read_answer(phones: Sequence[str], result: spoki.BulkSyncResult) -> Answer:
    """Tell apart the rows of a batch, whose `phones` are in the order in which they were sent."""
    shown = frozenset(contact.phone for contact in result.contacts if contact.phone)
    refused: dict[str, str] = {}
    is_clear = True
    for place, entry in enumerate(result.errors):
        is_per_row = len(result.errors) == len(phones)
        if is_per_row and not entry:
            continue
        phone = _phone_of(entry, phones) or (phones[place] if is_per_row else None)
        if phone is None:
            is_clear = False
        else:
            refused[phone] = words_of(entry)
    rest = frozenset(phones) - refused.keys()
    taken = rest if is_clear else rest & shown
    return Answer(taken=taken, refused=refused, doubtful=rest - taken)


def _phone_of(entry: object, phones: Sequence[str]) -> str | None:
    """Return whom an entry is about: the phone it names, else the row it counts."""
    if not isinstance(entry, Mapping):
        return None
    nested = entry.get("contact")
    named = (entry.get("phone"), nested.get("phone") if isinstance(nested, Mapping) else nested)
    for value in named:
        phone = normalise(value)
        if phone in phones:
            return phone
    place = entry.get("index", entry.get("row"))
    if isinstance(place, int) and not isinstance(place, bool) and 0 <= place < len(phones):
        return phones[place]
    return None


def words_of(entry: object) -> str:
    """Return what Spoki says in one line, every long number blanked."""
    told = entry.get("errors", entry.get("error", entry)) if isinstance(entry, Mapping) else entry
    return redact(_flat(told))[:MOST_TEXT]


def _flat(value: object) -> str:
    if isinstance(value, Mapping):
        parts = (f"{key}: {_flat(inner)}" for key, inner in value.items() if inner)
        return "; ".join(parts)
    if isinstance(value, list | tuple):
        return " ".join(_flat(inner) for inner in value if inner)
    return str(value)
