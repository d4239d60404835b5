"""Having Shopify write the file of a part, and looking whether it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from orders.importing.starting import begin_again
from orders.models import ShopImportPart
from orders.shopify import queries
from orders.shopify.client import ShopifyClient
from orders.shopify.errors import Refused, ShopifyError
from orders.shopify.types import BulkOperation, BulkStatus

Step = ShopImportPart.Step
Kind = ShopImportPart.Kind
_QUERIES: Mapping[Kind, Callable[[str], str]] = {
    Kind.PRODUCTS: lambda version: queries.bulk_products(),
    Kind.CUSTOMERS: queries.bulk_customers,
    Kind.ORDERS: queries.bulk_orders,
}
_BUSY_WORDS = ("already in progress", "limit", "concurrent")


class BulkBusy(ShopifyError):
    """As many bulk operations run as may run at once: wait for one to end."""

    is_passing = True
    code = "bulk_busy"


class BulkFailed(ShopifyError):
    """Shopify gave the operation up; it is asked for again."""

    is_passing = True
    code = "bulk_failed"


def ask(part: ShopImportPart, *, client: ShopifyClient, now: datetime) -> None:
    """Start the bulk operation of a waiting part.

    :raises BulkBusy: Shopify is at others.
    :raises ShopifyError: it could not be started.
    """
    try:
        started = client.run_bulk(_QUERIES[Kind(part.kind)](client.version))
    except Refused as refusal:
        is_busy = refusal.has("OPERATION_IN_PROGRESS", "LIMIT_REACHED") or any(
            word in refusal.detail.lower() for word in _BUSY_WORDS
        )
        if is_busy:
            raise BulkBusy("bulkOperationRunQuery") from None
        raise
    waiting = ShopImportPart.objects.filter(pk=part.pk, step=Step.WAITING)
    waiting.update(step=Step.ASKED, bulk_id=started.id, asked_at=now)


def look(part: ShopImportPart, *, client: ShopifyClient, takes_partial: bool) -> bool:
    """Look how the operation stands; True when there is something to go on with.

    A partial file is taken only where `takes_partial` says that asking again has come to nothing.

    :raises BulkFailed: Shopify gave it up: the part waits to be asked for again.
    """
    found = client.bulk(part.bulk_id)
    if found is None:
        begin_again(part)
        raise BulkFailed("bulkOperation")
    if not found.is_over:
        ShopImportPart.objects.filter(pk=part.pk).update(found=found.roots)
        return False
    if found.status is BulkStatus.COMPLETED:
        _fetch(part, found, found.url, is_partial=False)
        return True
    if takes_partial and found.partial_url:
        _fetch(part, found, found.partial_url, is_partial=True)
        return True
    begin_again(part)
    raise BulkFailed("bulkOperation", detail=found.error)


def _fetch(
    part: ShopImportPart, found: BulkOperation, url: str | None, *, is_partial: bool
) -> None:
    """Without an address nothing was found."""
    ShopImportPart.objects.filter(pk=part.pk, step=Step.ASKED).update(
        step=Step.FETCHING if url else Step.DONE,
        file_url=url or "",
        file_bytes=0 if is_partial else found.bytes,
        found=found.roots,
        is_partial=is_partial,
    )
    part.refresh_from_db()
