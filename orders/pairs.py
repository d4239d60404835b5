"""Which products are bought together, counted once a night, and what to suggest to a contact from it."""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import CharField
from django.db.models.expressions import F, Func

COUNTED = timedelta(days=365)
# Suggestions need an alternative or two when the first is out of stock or already bought, no more.
KEPT_PER_PRODUCT = 20

_COUNT = """
INSERT INTO orders_productpair (product_id, other_id, orders)
SELECT product_id, other_id, orders FROM (
    SELECT one.product_id, two.product_id AS other_id, count(*) AS orders,
        row_number() OVER (PARTITION BY one.product_id ORDER BY count(*) DESC, two.product_id) AS place
    FROM (
        SELECT DISTINCT line.order_id, line.product_id FROM orders_orderline AS line
        JOIN orders_order AS o ON o.id = line.order_id
        WHERE line.product_id IS NOT NULL AND o.cancelled_at IS NULL AND o.placed_at >= %(since)s
    ) AS one
    JOIN (
        SELECT DISTINCT order_id, product_id FROM orders_orderline WHERE product_id IS NOT NULL
    ) AS two ON two.order_id = one.order_id AND two.product_id <> one.product_id
    GROUP BY one.product_id, two.product_id
) AS counted
WHERE place <= %(kept)s
"""
# `%(expressions)s` is the contact. What was bought is read once, then its partners, a few dozen rows by index.
_SUGGESTED = """(
WITH own AS MATERIALIZED (
    SELECT DISTINCT line.product_id FROM orders_order AS o
    JOIN orders_orderline AS line ON line.order_id = o.id
    WHERE o.contact_id = %(expressions)s AND o.cancelled_at IS NULL AND line.product_id IS NOT NULL
)
SELECT product.title FROM own
JOIN orders_productpair AS pair ON pair.product_id = own.product_id
JOIN orders_product AS product ON product.id = pair.other_id
WHERE product.is_active AND product.stock > 0
    AND NOT EXISTS (SELECT FROM own AS had WHERE had.product_id = pair.other_id)
GROUP BY product.id, product.title
ORDER BY sum(pair.orders) DESC, product.id LIMIT 1
)"""


def count_pairs(*, now: datetime) -> int:
    """Count the pairs of the last year anew; returns how many are kept. Readers see the old ones until the end."""
    with transaction.atomic(), connection.cursor() as cursor:
        # Two counts at once would both insert the same pairs.
        cursor.execute("LOCK TABLE orders_productpair IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("DELETE FROM orders_productpair")
        cursor.execute(_COUNT, {"since": now - COUNTED, "kept": KEPT_PER_PRODUCT})
        kept: int = cursor.rowcount
        return kept


def suggested_product() -> Func:
    """The product most bought together with what the contact buys, not yet bought, on sale and in stock; may be null."""
    return Func(F("pk"), template=_SUGGESTED, output_field=CharField())
