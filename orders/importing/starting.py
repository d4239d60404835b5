"""The buttons of an import: start, stop, go on; and what is forgotten of one that nobody goes on with."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from orders.models import ShopImport, ShopImportLine, ShopImportPart

Status = ShopImport.Status
Step = ShopImportPart.Step
# Orders need their products and their customers.
KINDS = (
    ShopImportPart.Kind.PRODUCTS,
    ShopImportPart.Kind.CUSTOMERS,
    ShopImportPart.Kind.ORDERS,
)
# Shopify's files end after seven days, and their lines are people's: nobody keeps them for longer.
LINES_KEPT = timedelta(days=7)
_NOTHING_YET = {
    "step": Step.WAITING,
    "bulk_id": "",
    "asked_at": None,
    "file_url": "",
    "is_partial": False,
    "found": 0,
    "file_bytes": 0,
    "fetched_bytes": 0,
    "fetched_lines": 0,
    "total": 0,
    "position": 0,
    "done": 0,
    "created": 0,
    "changed": 0,
    "unchanged": 0,
    "unreadable": 0,
    "oldest_at": None,
}


class ImportRefused(Exception):
    """Another import is under way, or this one is not in a state for it."""


def start(*, by: User | None, now: datetime) -> ShopImport:
    """Begin an import of the whole shop.

    :raises ImportRefused: one is under way.
    """
    try:
        with transaction.atomic():
            begun = ShopImport.objects.create(
                started_at=now, started_by=by, touched_at=now, due_at=now
            )
            ShopImportPart.objects.bulk_create(
                [ShopImportPart(shop_import=begun, kind=kind) for kind in KINDS]
            )
    except IntegrityError:
        raise ImportRefused from None
    return begun


def stop(*, shop_import: ShopImport, now: datetime) -> ShopImport:
    """Let nothing further in; what is in stays.

    :raises ImportRefused: it is not under way.
    """
    return _move(shop_import, Status.STOPPED, {Status.RUNNING}, now=now)


def go_on(*, shop_import: ShopImport, now: datetime) -> ShopImport:
    """Go on where it was.

    :raises ImportRefused: it is not stopped, or another one is under way.
    """
    sources: set[str] = {Status.STOPPED, Status.FAILED}
    return _move(
        shop_import, Status.RUNNING, sources, now=now, failures=0, error="", error_detail=""
    )


def fail(shop_import: ShopImport, *, error: str, detail: str, now: datetime) -> None:
    """Leave it to a person, who may have it go on."""
    _move(
        shop_import,
        Status.FAILED,
        {Status.RUNNING},
        now=now,
        error=error,
        error_detail=detail[:300],
    )


def begin_again(part: ShopImportPart) -> None:
    """Have Shopify write the file anew: what it held is kept already, or comes again."""
    with transaction.atomic():
        ShopImportLine.objects.filter(part=part).delete()
        ShopImportPart.objects.filter(pk=part.pk).update(**_NOTHING_YET)
    part.refresh_from_db()


def forget_old(*, now: datetime) -> int:
    """Erase the lines of imports that nobody went on with; return of how many parts."""
    left = ShopImportPart.objects.filter(
        shop_import__touched_at__lt=now - LINES_KEPT, step__in=[Step.FETCHING, Step.KEEPING]
    ).exclude(shop_import__status=Status.RUNNING)
    parts = list(left)
    for part in parts:
        begin_again(part)
    return len(parts)


def _move(
    shop_import: ShopImport, to: str, sources: set[str], *, now: datetime, **values: object
) -> ShopImport:
    try:
        with transaction.atomic():
            moved = ShopImport.objects.filter(pk=shop_import.pk, status__in=sources).update(
                status=to, touched_at=now, due_at=now, **values
            )
    except IntegrityError:
        raise ImportRefused from None
    if not moved:
        raise ImportRefused
    shop_import.refresh_from_db()
    return shop_import
