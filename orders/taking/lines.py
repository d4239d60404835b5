"""What is in an order. Type and tags are those of the moment of purchase."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from orders.models import Order, OrderLine, Product
from orders.shopify.payloads.order import LinePayload

# The largest number a column holds: what is above was not bought by a person.
_MOST = 2_147_483_647


def write_lines(order: Order, lines: Sequence[LinePayload]) -> None:
    """Give a new order its lines."""
    OrderLine.objects.bulk_create(line_rows(order, lines, products_of(lines)))


def rewrite_lines(order: Order, lines: Sequence[LinePayload]) -> bool:
    """Make the order's lines those of a newer body; return whether that changed any.

    A line that stays keeps what its product was like when it was bought.
    """
    stored = list(order.lines.all())
    known = {line.shopify_id: line for line in stored if line.shopify_id is not None}
    wanted = line_rows(order, lines, products_of([line for line in lines if line.id not in known]))
    fresh = [row for row in wanted if row.shopify_id not in known]
    kept = [row for row in wanted if row.shopify_id in known]
    gone = [line for line in stored if line.shopify_id not in {row.shopify_id for row in kept}]
    changed = [row for row in kept if _update(known[row.shopify_id or 0], row)]
    if _say_the_same(gone, fresh):
        return bool(changed)
    order.lines.filter(pk__in=[line.pk for line in gone]).delete()
    OrderLine.objects.bulk_create(fresh)
    return True


def _say_the_same(gone: Sequence[OrderLine], fresh: Sequence[OrderLine]) -> bool:
    """Lines without an id can only be compared by what they say."""
    return sorted(_said(line) for line in gone) == sorted(_said(line) for line in fresh)


def _said(line: OrderLine) -> tuple[int, str, int, int, int]:
    return (
        line.shopify_id or 0,
        line.title,
        line.quantity,
        line.price_cents,
        line.product_shopify_id or 0,
    )


def _update(known: OrderLine, row: OrderLine) -> bool:
    columns = ("title", "quantity", "price_cents", "variant_id", "product_shopify_id")
    changed = [name for name in columns if getattr(known, name) != getattr(row, name)]
    for name in changed:
        setattr(known, name, getattr(row, name))
    if changed:
        known.save(update_fields=changed)
    return bool(changed)


def products_of(lines: Iterable[LinePayload]) -> dict[int, Product]:
    """Return the products of these lines that are known, by Shopify's id."""
    wanted = {line.product_id for line in lines if line.product_id is not None}
    if not wanted:
        return {}
    found = Product.objects.filter(shopify_id__in=wanted)
    return {product.shopify_id: product for product in found if product.shopify_id is not None}


def line_rows(
    order: Order, lines: Sequence[LinePayload], products: dict[int, Product]
) -> list[OrderLine]:
    """Each line once: a body that names one twice says the same of it."""
    once = {line.id if line.id is not None else -at: line for at, line in enumerate(lines, 1)}
    return [_row(order, line, products.get(line.product_id or 0)) for line in once.values()]


def _row(order: Order, line: LinePayload, product: Product | None) -> OrderLine:
    return OrderLine(
        order=order,
        product=product,
        shopify_id=line.id,
        product_shopify_id=line.product_id,
        variant_id=line.variant_id,
        title=line.title,
        quantity=min(line.quantity, _MOST),
        price_cents=line.price_cents,
        product_type=product.product_type if product else (line.product_type or "")[:255],
        tags=product.tags if product else [tag[:255] for tag in line.product_tags or ()],
    )
