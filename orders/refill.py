"""When a contact's food, litter or cure runs out: from the size of the packs and the pace of the orders.

The pace is what was bought before the newest order over the time it lasted; the newest purchase then lasts as
long as its amount says. The size is the end of the title (“3 kg”, “6 × 400 g”, “60 dosi”), because it is what
every shop writes; a title without one (a toy, a collar “fino a 10 kg”) is nothing that runs out.
"""

from typing import Literal

from django.db.models import CharField
from django.db.models.expressions import F, Func

SHOP_ZONE = "Europe/Rome"
# The end of the title from the size on, in small letters. No part is captured here: PostgreSQL finds where a
# pattern ends ten times faster than its parts, which are then read from these few letters.
_SIZE = (
    r"(?:^|[ ,(])(?:[0-9]{1,3}\s*[x×*]\s*)?[0-9]{1,5}(?:[.,][0-9]{1,3})?\s*"
    r"(?:kg|g|gr|l|lt|ml|cl|dosi|pz|compresse|bustine)\.?\)?\s*$"
)
_PACKS = r"([0-9]+)\s*[x×*]"
_AMOUNT = r"([0-9][0-9.,]*)\s*[[:alpha:]]+[.)]*\s*$"
_UNIT = r"([[:alpha:]]+)[.)]*\s*$"
# Both are looked for only in the last 30 characters: reading the whole title costs half as much again.
# A weight of the animal is no size of the pack.
_OF_THE_ANIMAL = r"(fino a|oltre|più di|da|up to|over) +[0-9.,]+ *kg"

# OFFSET 0 keeps PostgreSQL from reading the size again for every time it is named.
# `%(expressions)s` is the contact. Amounts are in grams, millilitres or pieces, each kind by itself.
_REFILL = """(
SELECT %(shown)s FROM (
    SELECT refill_product,
        to_char(timezone('%(zone)s', last_at + (last_at - first_at) * (latest / before)::float8),
            'DD/MM/YYYY') AS refill_date,
        row_number() OVER (ORDER BY orders DESC, last_at DESC, kind, dimension) AS place
    FROM (
        SELECT kind, dimension, min(placed_at) AS first_at, max(placed_at) AS last_at,
            count(DISTINCT order_id) AS orders,
            sum(amount) FILTER (WHERE placed_at < newest) AS before,
            sum(amount) FILTER (WHERE placed_at = newest) AS latest,
            (array_agg(title ORDER BY placed_at DESC, line_id))[1] AS refill_product
        FROM (
            SELECT o.id AS order_id, o.placed_at, line.id AS line_id, line.title,
                line.product_type AS kind, pack.dimension, pack.amount * line.quantity AS amount,
                max(o.placed_at) OVER (PARTITION BY line.product_type, pack.dimension) AS newest
            FROM orders_order AS o
            JOIN orders_orderline AS line ON line.order_id = o.id,
            LATERAL (SELECT substring(lower(right(line.title, 30)) FROM '%(size)s') AS size OFFSET 0) AS read,
            LATERAL (SELECT substring(read.size FROM '%(unit)s') AS unit OFFSET 0) AS named,
            LATERAL (SELECT
                coalesce(substring(read.size FROM '%(packs)s'), '1')::numeric
                    * replace(substring(read.size FROM '%(amount)s'), ',', '.')::numeric
                    * CASE WHEN unit IN ('kg', 'l', 'lt') THEN 1000 WHEN unit = 'cl' THEN 10 ELSE 1 END
                    AS amount,
                CASE WHEN unit IN ('kg', 'g', 'gr') THEN 'g' WHEN unit IN ('l', 'lt', 'ml', 'cl')
                    THEN 'ml' ELSE 'pieces' END AS dimension) AS pack
            WHERE o.contact_id = %(expressions)s AND o.cancelled_at IS NULL
                AND o.delivery_state <> 'refused'
                AND read.size IS NOT NULL AND right(line.title, 30) !~* '%(of_the_animal)s'
        ) AS bought
        GROUP BY kind, dimension
    ) AS rhythm
    -- Two orders on one day are one purchase in two parcels: no pace can be read from them.
    WHERE last_at - first_at >= interval '1 day' AND before > 0
) AS refill WHERE place = 1
)"""


def refill(shown: Literal["refill_date", "refill_product"]) -> Func:
    """Of what the contact orders most often: the day it runs out (“23/11/2026”) or its title as last bought.

    Null for whoever ordered nothing that runs out on two days.
    """
    constants = {
        "zone": SHOP_ZONE,
        "size": _SIZE,
        "packs": _PACKS,
        "amount": _AMOUNT,
        "unit": _UNIT,
        "of_the_animal": _OF_THE_ANIMAL,
    }
    return Func(F("pk"), template=_REFILL, shown=shown, output_field=CharField(), **constants)
