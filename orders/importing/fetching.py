"""Taking the lines of a file into the database: children may stand anywhere, an index finds them there.

A few thousand lines and the count of their bytes go in together, so whoever goes on after a stop asks for
the rest of the file from that byte on. Memory holds one batch, whatever the size of the shop.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from django.db import connection, transaction

from orders.models import ShopImportPart
from orders.shopify.client import ShopifyClient
from orders.shopify.errors import Unreachable
from orders.shopify.reading import number_of

Step = ShopImportPart.Step
BATCH = 2_000
_COPY = "COPY orders_shopimportline (part_id, number, own, parent, body) FROM STDIN"


@dataclass(frozen=True, slots=True)
class Line:
    """`own` and `parent` are the numbers of their gids; a line that is no JSON object has an empty body."""

    size: int
    own: int | None
    parent: int | None
    body: str

    @property
    def is_root(self) -> bool:
        return bool(self.body) and self.parent is None


def fetch(part: ShopImportPart, *, client: ShopifyClient, is_time_up: Callable[[], bool]) -> bool:
    """Take lines in until the file ends; True then. False when the time is up first.

    :raises FileGone: the address has ended.
    :raises Unreachable: the line broke, or the file ended too early; it goes on from where it is.
    """
    lines = map(read_line, client.bulk_lines(part.file_url, skip=part.fetched_bytes))
    while batch := list(islice(lines, BATCH)):
        if not _store(part, batch):
            return False
        if is_time_up():
            return False
    if part.fetched_bytes < part.file_bytes:
        raise Unreachable("file")
    ShopImportPart.objects.filter(pk=part.pk, step=Step.FETCHING).update(
        step=Step.KEEPING, file_url=""
    )
    part.refresh_from_db()
    return True


def read_line(raw: bytes) -> Line:
    """Read one line of JSONL; its body keeps what it says, without what PostgreSQL cannot store."""
    try:
        text = raw.decode()
        value = json.loads(text)
    except (ValueError, RecursionError):
        return Line(len(raw), None, None, "")
    if not isinstance(value, dict) or not raw.strip():
        return Line(len(raw), None, None, "")
    own, parent = number_of(value.get("id")), number_of(value.get("__parentId"))
    return Line(len(raw), own, parent, text.strip().replace("\x00", ""))


def _store(part: ShopImportPart, batch: list[Line]) -> bool:
    """Store a batch and move the counters with it; False where another worker was faster."""
    begin = part.fetched_lines
    unreadable = sum(1 for line in batch if not line.body and line.size > 1)
    roots = sum(line.is_root for line in batch)
    with transaction.atomic():
        row = ShopImportPart.objects.select_for_update(no_key=True).get(pk=part.pk)
        if (row.step, row.fetched_lines) != (Step.FETCHING, begin):
            return False
        _copy(_numbered(part.pk, batch, begin))
        row.fetched_lines = begin + len(batch)
        row.fetched_bytes += sum(line.size for line in batch)
        row.total += roots + unreadable
        row.done += unreadable
        row.unreadable += unreadable
        row.save(update_fields=["fetched_lines", "fetched_bytes", "total", "done", "unreadable"])
    part.refresh_from_db()
    return True


def _numbered(
    part_id: int, batch: Iterable[Line], begin: int
) -> Iterator[tuple[int, int, int | None, int | None, str]]:
    for number, line in enumerate(batch, begin + 1):
        if line.body:
            yield part_id, number, line.own, line.parent, line.body


def _copy(rows: Iterable[tuple[object, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for row in rows:
            copy.write_row(row)
