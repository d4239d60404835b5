"""Orders, their lines and abandoned carts of the staged people, over two years until now."""

from datetime import datetime
from typing import Any

from django.db import connection

from config.demo.scale import (
    CHECKOUTS_FROM,
    CHECKOUTS_PER_BLOCK,
    IDS_PER_KIND,
    ORDERS_FROM,
    ORDERS_PER_BLOCK,
    PARCELS_FROM,
    PEOPLE_PER_BLOCK,
    PRODUCTS_FROM,
    Blocks,
)

# Products by animal, in an order that mixes the types: the first ones sell best.
_SHELF = """
CREATE TEMP TABLE demo_shelf ON COMMIT DROP AS
SELECT id, title, product_type, tags, price_cents, animal,
    row_number() OVER (PARTITION BY animal ORDER BY pg_temp.draw('shelf', shopify_id))::int AS place,
    count(*) OVER (PARTITION BY animal)::int AS places
FROM orders_product, LATERAL (SELECT CASE WHEN tags @> '{cane}' THEN 'cane' ELSE 'gatto' END) a (animal)
WHERE shopify_id BETWEEN %(products)s AND %(products)s + %(ids)s
"""

# How an order went: `hours` since it was placed decide how far the parcel may be, `answer` what
# the customer said of paying at the door, `end` how it ended.
_ORDERS = """
CREATE TEMP TABLE demo_order ON COMMIT DROP AS
WITH drawn AS (
    SELECT o, person.*,
        CASE WHEN pg_temp.draw('fresh', o) < 0.05
            THEN greatest(person.created_at, %(now)s - interval '5 days' * pg_temp.draw('when', o))
            ELSE person.created_at + (%(now)s - person.created_at) * power(pg_temp.draw('when', o), 0.9)
                -- Some people stopped buying half way.
                * CASE WHEN pg_temp.draw('lapsed', person.n) < 0.3 THEN 0.5 ELSE 1 END
        END AS at
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS o
    JOIN demo_person AS person ON person.n = (o - 1) / %(per_block)s * %(people)s + 1
        + floor(%(people)s * power(pg_temp.draw('buyer', o), 1.7))::int
), dated AS (
    -- Yesterday and before, people order between 8 and 22:30.
    SELECT *, date_trunc('second', CASE WHEN at > %(now)s - interval '1 day' THEN at ELSE greatest(
        created_at, date_trunc('day', at, 'Europe/Rome')
        + interval '8 hours' + interval '14.5 hours' * pg_temp.draw('hour', o)) END) AS placed_at
    FROM drawn
), rolled AS (
    SELECT *, extract(epoch FROM %(now)s - placed_at) / 3600 AS hours,
        NOT is_abroad AND pg_temp.draw('cod', o) < 0.27 AS is_cod,
        pg_temp.draw('answer', o) AS answer,
        pg_temp.draw('end', o) AS ending
    FROM dated
), drawn_for AS (
    -- For four months a tenth of the orders has not been asked, to measure what asking saves.
    SELECT *, is_cod AND answer >= 0.06 AND hours BETWEEN 168 AND 2880 AS is_drawn,
        pg_temp.draw('holdout', o) < 0.1 AS is_left_out
    FROM rolled
), answered AS (
    SELECT *, ending < 0.03 AND hours > 24 AS is_cancelled,
        is_drawn AND is_left_out AND ending >= 0.03 AS is_holdout,
        CASE WHEN NOT is_cod THEN 'not_cod'
            WHEN is_drawn AND is_left_out AND ending >= 0.03 THEN 'not_eligible'
            WHEN ending < 0.03 AND hours > 24 THEN 'cancelled'
            WHEN hours < 168 AND answer < 0.30 THEN CASE WHEN hours < 1 THEN 'to_ask'
                WHEN hours < 24 THEN 'asked' WHEN answer < 0.05 THEN 'asked' ELSE 'unanswered' END
            WHEN hours < 72 AND answer > 0.96 THEN 'cancel_requested'
            WHEN hours < 72 AND answer > 0.90 THEN 'change_requested'
            WHEN answer > 0.94 THEN 'changed'
            WHEN answer < 0.06 THEN 'not_eligible'
            WHEN answer < 0.14 THEN 'unanswered'
            ELSE 'confirmed' END AS cod_status
    FROM drawn_for
)
SELECT *, nextval(pg_get_serial_sequence('orders_order', 'id')) AS order_id,
    CASE WHEN is_cancelled OR hours < 30 THEN 'pending'
        -- Until somebody says yes, a parcel to be paid at the door stays here for a week.
        WHEN hours < 168 AND cod_status IN
            ('to_ask', 'asked', 'unanswered', 'change_requested', 'cancel_requested') THEN 'pending'
        WHEN hours < 60 THEN 'shipped'
        WHEN hours < 90 THEN 'out_for_delivery'
        WHEN ending > 1 - CASE WHEN NOT is_cod THEN 0.006
            WHEN is_holdout THEN 0.14
            WHEN cod_status IN ('unanswered', 'not_eligible') THEN 0.22 ELSE 0.06 END THEN 'refused'
        ELSE 'delivered' END AS delivery_state
-- Numbers rise as orders come.
FROM (SELECT * FROM answered ORDER BY placed_at, o) AS answered
"""

_LINES = """
CREATE TEMP TABLE demo_line ON COMMIT DROP AS
SELECT o.order_id, shelf.*, 1 + floor(power(pg_temp.draw('quantity', l.number), 3) * 4)::int AS quantity
FROM demo_order AS o,
    generate_series(1, 1 + floor(power(pg_temp.draw('lines', o.o), 2) * 4)::int) AS k,
    LATERAL (SELECT o.o * 8 + k AS number) AS l,
    LATERAL (SELECT coalesce(o.pet_kind, CASE WHEN pg_temp.draw('guest', o.o) < 0.6 THEN 'cane'
        ELSE 'gatto' END) AS animal) AS for_whom
    JOIN (SELECT animal, max(places) AS places FROM demo_shelf GROUP BY animal) AS shelves USING (animal)
    JOIN demo_shelf AS shelf USING (animal)
WHERE shelf.place = 1 + floor(power(pg_temp.draw('product', l.number), 1.4) * shelves.places)::int
"""

# Shipping costs 4,90 € under 49 €, paying at the door 2,90 € more.
_WRITE_ORDERS = """
INSERT INTO orders_order (id, shopify_id, name, contact_id, phone, email, placed_at, total_cents,
    amount_due_cents, currency, is_cod, cod_status, financial_status, fulfillment_status,
    delivery_state, shipping_address, cancelled_at, created_at, updated_at, gateway_names, cod_rule,
    cod_reason, is_cod_holdout, cod_drawn_share, asked_at, asked_amount_cents, answered_at, paid_at,
    shipped_at, outcome, outcome_source, outcome_at)
SELECT o.order_id, %(orders)s + o.o,
    '#' || %(first)s + 999 + row_number() OVER (ORDER BY o.placed_at, o.o),
    o.id, coalesce(o.phone, ''), '', o.placed_at, sums.total,
    CASE WHEN o.is_cod AND NOT o.is_cancelled AND o.delivery_state NOT IN ('delivered', 'refused')
        THEN sums.total ELSE 0 END,
    'EUR', o.is_cod, o.cod_status,
    CASE WHEN o.is_cancelled THEN CASE WHEN o.is_cod THEN 'voided' ELSE 'refunded' END
        WHEN NOT o.is_cod OR o.delivery_state = 'delivered' THEN 'paid'
        WHEN o.delivery_state = 'refused' THEN 'voided' ELSE 'pending' END,
    CASE WHEN o.delivery_state = 'pending' THEN '' ELSE 'fulfilled' END,
    o.delivery_state,
    jsonb_build_object('first_name', o.first_name, 'last_name', o.last_name, 'address1', o.street,
        'zip', o.postcode, 'city', o.city, 'province_code', o.province, 'country_code', o.country),
    CASE WHEN o.is_cancelled THEN least(%(now)s, o.placed_at + interval '1 hour'
        + interval '20 hours' * pg_temp.draw('cancelled', o.o)) END,
    o.placed_at, o.placed_at,
    ARRAY[CASE WHEN o.is_cod THEN 'Contrassegno' ELSE 'shopify_payments' END],
    CASE WHEN o.is_cod THEN 'keyword' ELSE '' END,
    CASE WHEN o.is_holdout THEN 'cod_holdout' WHEN o.cod_status = 'not_eligible' THEN 'no_orders_consent'
        ELSE '' END,
    o.is_holdout, CASE WHEN o.is_drawn THEN 0.1 ELSE 0 END,
    CASE WHEN o.is_asked THEN o.placed_at + interval '5 minutes' END,
    CASE WHEN o.is_asked THEN sums.total END,
    CASE WHEN o.cod_status IN ('confirmed', 'changed', 'change_requested', 'cancel_requested')
        THEN least(%(now)s, o.placed_at + interval '6 minutes'
            + interval '8 hours' * power(pg_temp.draw('answered', o.o), 3)) END,
    CASE WHEN NOT o.is_cod THEN o.placed_at WHEN o.delivery_state = 'delivered' THEN o.placed_at
        + interval '10 days' END,
    CASE WHEN o.delivery_state <> 'pending' THEN o.placed_at + interval '30 hours' END,
    CASE o.delivery_state WHEN 'pending' THEN 'not_shipped' WHEN 'delivered' THEN 'delivered'
        WHEN 'refused' THEN 'refused' ELSE 'in_progress' END,
    CASE WHEN o.delivery_state = 'refused' THEN 2 END,
    CASE WHEN o.delivery_state IN ('delivered', 'refused') THEN o.placed_at + interval '90 hours' END
FROM (SELECT *, cod_status NOT IN ('not_cod', 'not_eligible', 'to_ask') AND NOT is_cancelled AS is_asked
    FROM demo_order) AS o
JOIN (
    SELECT order_id, sum(quantity * price_cents) AS goods FROM demo_line GROUP BY order_id
) AS basket USING (order_id),
LATERAL (SELECT basket.goods + CASE WHEN basket.goods < 4900 THEN 490 ELSE 0 END
    + CASE WHEN o.is_cod THEN 290 ELSE 0 END AS total) AS sums
ORDER BY o.placed_at, o.o
"""

_WRITE_LINES = """
INSERT INTO orders_orderline (order_id, product_id, title, quantity, price_cents, product_type, tags)
SELECT order_id, id, title, quantity, price_cents, product_type, tags FROM demo_line ORDER BY order_id
"""

# The couriers of those that left in the last four months.
_WRITE_PARCELS = """
INSERT INTO orders_parcel (shopify_id, order_id, name, status, shipment, courier, tracking_number,
    tracking_url, shipped_at, delivered_at, shipment_at, created_at)
SELECT %(parcels)s + o.o, o.order_id, placed.name || '.1', 'success',
    CASE o.delivery_state WHEN 'shipped' THEN 'in_transit' WHEN 'refused' THEN 'returning'
        ELSE o.delivery_state END,
    sent.courier, sent.number, 'https://corriere.example/' || sent.number, placed.shipped_at,
    CASE WHEN o.delivery_state = 'delivered' THEN placed.outcome_at END,
    coalesce(placed.outcome_at, placed.shipped_at), placed.shipped_at
FROM demo_order AS o
JOIN orders_order AS placed ON placed.id = o.order_id,
LATERAL (SELECT
    CASE WHEN pg_temp.draw('courier', o.o) < 0.45 THEN 'GLS'
        WHEN pg_temp.draw('courier', o.o) < 0.8 THEN 'BRT' ELSE 'Poste Italiane' END AS courier,
    upper(substr(md5('parcel' || o.o), 1, 12)) AS number) AS sent
WHERE o.delivery_state <> 'pending' AND o.hours < 2880
"""

_WRITE_CHECKOUTS = """
INSERT INTO orders_checkout
    (shopify_id, contact_id, amount_cents, currency, abandoned_at, recovered_at, recovery_url)
SELECT %(checkouts)s + c, person.id,
    1290 + floor(power(pg_temp.draw('cart', c), 1.5) * 12000)::int, 'EUR', left_at.at,
    CASE WHEN pg_temp.draw('recovered', c) < 0.25
        THEN left_at.at + (%(now)s - left_at.at) * pg_temp.draw('back', c) / 10 END,
    'https://zampa.example/carrello/' || substr(md5('cart' || c), 1, 20)
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS c
JOIN demo_person AS person ON person.n = (c - 1) / %(per_block)s * %(people)s + 1
    + floor(%(people)s * pg_temp.draw('basket', c))::int,
LATERAL (SELECT date_trunc('second', greatest(person.created_at, %(now)s
    - interval '30 minutes' - interval '45 days' * power(pg_temp.draw('left', c), 2))) AS at) AS left_at
"""


def write_purchases(blocks: Blocks, *, now: datetime) -> None:
    """Write what the people in `demo_person` bought and what they left in the cart."""
    orders = _numbered(blocks, per_block=ORDERS_PER_BLOCK, now=now)
    checkouts = _numbered(blocks, per_block=CHECKOUTS_PER_BLOCK, now=now)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS demo_line, demo_order, demo_shelf")
        cursor.execute(_SHELF, {"products": PRODUCTS_FROM, "ids": IDS_PER_KIND})
        cursor.execute("ANALYZE demo_shelf")
        cursor.execute(_ORDERS, orders)
        cursor.execute("ANALYZE demo_order (order_id)")
        cursor.execute(_LINES)
        cursor.execute("ANALYZE demo_line (order_id)")
        cursor.execute(_WRITE_ORDERS, orders | {"orders": ORDERS_FROM})
        cursor.execute(_WRITE_LINES)
        cursor.execute(_WRITE_PARCELS, {"parcels": PARCELS_FROM})
        cursor.execute(_WRITE_CHECKOUTS, checkouts | {"checkouts": CHECKOUTS_FROM})


def _numbered(blocks: Blocks, *, per_block: int, now: datetime) -> dict[str, Any]:
    return {
        "now": now,
        "people": PEOPLE_PER_BLOCK,
        "per_block": per_block,
        **blocks.numbers(per_block),
    }
