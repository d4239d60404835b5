"""Products of an import: there are thousands at most, so they go in one by one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from orders.models import Product
from orders.shopify.payloads.product import ProductPayload
from orders.taking import Heard, take_product

_SAID = ("title", "product_type", "vendor", "tags", "price_cents", "stock", "is_active")


def keep_products(
    payloads: Sequence[ProductPayload], *, as_of: datetime, now: datetime
) -> tuple[int, int, int]:
    """Keep the products as they were `as_of`; return how many were new, changed, known already."""
    ids = [payload.id for payload in payloads]
    before = {
        row["shopify_id"]: row
        for row in Product.objects.filter(shopify_id__in=ids).values("shopify_id", *_SAID)
    }
    created = changed = 0
    for payload in payloads:
        product = take_product(payload=payload, now=now, heard=Heard(at=as_of))
        known = before.get(payload.id)
        created += known is None
        changed += known is not None and any(
            known[name] != getattr(product, name) for name in _SAID
        )
    return created, changed, len(ids) - created - changed
