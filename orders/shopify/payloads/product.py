"""A product. Of its variants only the first 100 come whole; the others by their names alone (`variant_gids`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from orders.shopify.payloads.money import first_cents
from orders.shopify.payloads.reading import (
    Unreadable,
    as_object,
    moment,
    objects,
    own_id,
    tags,
    text,
    whole,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductPayload:
    """`price_cents` is the lowest of the variants, None without any; `stock` None unless all were counted."""

    id: int
    title: str = ""
    product_type: str = ""
    vendor: str = ""
    tags: tuple[str, ...] = ()
    price_cents: int | None = None
    stock: int | None = None
    is_active: bool = True
    updated_at: datetime | None = None


def read_product(body: object) -> ProductPayload:
    """Read the body of products/*.

    :raises Unreadable: without an id.
    """
    read = as_object(body)
    own = own_id(read)
    if own is None:
        raise Unreadable("the product has no id")
    variants = objects(read.get("variants"))
    prices = [price for v in variants if (price := first_cents(v, "price")) is not None]
    is_whole = bool(variants) and len(objects(read.get("variant_gids"))) <= len(variants)
    return ProductPayload(
        id=own,
        title=text(read.get("title"), 255),
        product_type=text(read.get("product_type"), 255),
        vendor=text(read.get("vendor"), 255),
        tags=tuple(tag[:255] for tag in tags(read.get("tags"))),
        price_cents=max(min(prices), 0) if prices else None,
        stock=sum(whole(v.get("inventory_quantity")) for v in variants) if is_whole else None,
        is_active=text(read.get("status")).lower() in {"active", ""},
        updated_at=moment(read.get("updated_at")) or moment(read.get("created_at")),
    )
