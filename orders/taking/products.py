"""From a product's body to the catalogue, and to the lines that were bought before it was told of."""

from __future__ import annotations

from datetime import datetime

from orders.models import OrderLine, Product
from orders.shopify.payloads.product import ProductPayload
from orders.subjects import Subject, take_turn
from orders.taking.rows import save_changes, values_of
from orders.versions import Heard, earliest, version_of

_MOST = 2_147_483_647


def take_product(*, payload: ProductPayload, now: datetime, heard: Heard | None = None) -> Product:
    """Keep what the body says of the product; older news changes nothing, and what was deleted stays so.

    Price and stock that a body does not tell stay as they are known.
    """
    heard = heard or Heard(at=now)
    take_turn(Subject("product", payload.id))
    known = Product.objects.filter(shopify_id=payload.id).first()
    product = known or Product(shopify_id=payload.id)
    before = values_of(product)
    at = payload.updated_at or heard.at or now
    version = version_of(updated_at=at, progress=0, heard=heard, content=payload)
    if version > product.shopify_version:
        product.shopify_version = version
        product.shopify_updated_at = at
        _write(product, payload)
    if known is None:
        product.save(force_insert=True)
        _join_lines(product)
    else:
        save_changes(product, before)
    return product


def delete_product(*, shopify_id: int, at: datetime) -> Product:
    """Note that the product left the catalogue; what was bought of it stays. Known or not: it stays gone."""
    take_turn(Subject("product", shopify_id))
    product, _ = Product.objects.get_or_create(
        shopify_id=shopify_id, defaults={"title": "", "is_active": False}
    )
    before = values_of(product)
    product.gone_at = earliest(product.gone_at, at)
    product.is_active = False
    save_changes(product, before)
    return product


def _write(product: Product, payload: ProductPayload) -> None:
    product.title = payload.title
    product.product_type = payload.product_type
    product.vendor = payload.vendor
    product.tags = list(payload.tags)
    product.is_active = payload.is_active and product.gone_at is None
    if payload.price_cents is not None:
        product.price_cents = payload.price_cents
    if payload.stock is not None:
        product.stock = max(-_MOST, min(payload.stock, _MOST))


def _join_lines(product: Product) -> None:
    """Orders that came before their product know its id alone."""
    waiting = OrderLine.objects.filter(product=None, product_shopify_id=product.shopify_id)
    waiting.filter(product_type="", tags=[]).update(
        product_type=product.product_type, tags=product.tags
    )
    waiting.update(product=product)
