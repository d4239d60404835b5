"""Which of two bodies is newer, whatever the order in which they came.

Shopify promises no order, repeats itself, and its `updated_at` has whole seconds. So each body gets a version
that sorts as text: its `updated_at`, then how far the thing has come in it (what is cancelled stays so), then
whether it tells of the beginning or of a change, then when it was triggered, then its own content. A field is of
the newest body that says anything of it: any number of bodies in any order leave the same row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Protocol


class Source(IntEnum):
    """Of two bodies of one second the later kind counts: what was asked for is how it is now."""

    CREATED = 0
    CHANGED = 1
    READ = 2


@dataclass(frozen=True, slots=True)
class Heard:
    """How a body came to us; `at` is when it was triggered, or read (aware), None where nothing says so."""

    source: Source = Source.READ
    at: datetime | None = None


class Versioned(Protocol):
    """A row whose fields may be of several bodies, where the newest left some out."""

    shopify_version: str
    field_versions: dict[str, str]


def version_of(*, updated_at: datetime, progress: int, heard: Heard, content: object) -> str:
    """Return a text that sorts by age. `progress` is 0 to 999; `content` has a stable repr."""
    digest = hashlib.blake2b(repr(content).encode(errors="replace"), digest_size=6).hexdigest()
    parts = (
        _sortable(updated_at),
        f"{progress:03d}",
        f"{heard.source:d}",
        _sortable(heard.at) if heard.at else "",
        digest,
    )
    return " ".join(parts)


def contradicts(version: str, known: str) -> bool:
    """Tell whether two bodies differ though nothing but their content says which is newer."""
    return version != known and version.rsplit(" ", 1)[0] == known.rsplit(" ", 1)[0]


def newer_fields(row: Versioned, *, version: str, told: Iterable[str]) -> frozenset[str]:
    """Return which of the fields a body tells of it knows better than the row."""
    of_row = row.shopify_version
    return frozenset(field for field in told if version > row.field_versions.get(field, of_row))


def note_versions(
    row: Versioned, *, version: str, applied: Collection[str], fields: Iterable[str]
) -> None:
    """Write down of which body each of `fields` is, now that `applied` were taken from this one."""
    versions = {field: row.field_versions.get(field, row.shopify_version) for field in fields}
    versions |= dict.fromkeys(applied, version)
    row.shopify_version = max(row.shopify_version, version)
    row.field_versions = {field: of for field, of in versions.items() if of != row.shopify_version}


def moment_of(row: Versioned, field: str) -> datetime:
    """Return the `updated_at` of the body that the row's field is of."""
    version = row.field_versions.get(field, row.shopify_version)
    return datetime.fromisoformat(version.split(" ", 1)[0]).replace(tzinfo=UTC)


def earliest(*moments: datetime | None) -> datetime | None:
    """Return the earliest of those that are known."""
    return min((at for at in moments if at is not None), default=None)


def _sortable(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
