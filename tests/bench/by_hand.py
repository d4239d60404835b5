"""The shipped segments as a database administrator would count them, knowing these tables and nothing else.

Each is a condition on `c`, a contact that was merged into no other; where two wordings are usual both stand here, and the quicker one counts.
They must find what ours find, reason by reason.
"""

from config.demo.segments import SEGMENTS

# Who is left out, and why: the caps are one message in 24 hours, two in 7 days, five in 30.
COUNT = """
SELECT reason, count(*) FROM (
    SELECT CASE
        WHEN c.phone IS NULL THEN 'no_phone'
        WHEN NOT c.can_receive_whatsapp THEN 'landline'
        WHEN c.has_invalid_phone THEN 'invalid_phone'
        WHEN c.is_blocked THEN 'blocked'
        WHEN c.marketing_consent = 'withdrawn' THEN 'withdrawn'
        WHEN c.marketing_consent <> 'given' THEN 'no_consent'
        WHEN c.id IN (
            SELECT contact_id FROM campaigns_outboundmessage
            WHERE lane = 2 AND sending_at > %(now)s - interval '30 days'
                AND status NOT IN ('failed', 'queued', 'skipped', 'expired')
            GROUP BY contact_id
            HAVING count(*) >= 5
                OR count(*) FILTER (WHERE sending_at > %(now)s - interval '7 days') >= 2
                OR count(*) FILTER (WHERE sending_at > %(now)s - interval '1 day') >= 1
        ) THEN 'frequency_cap'
        ELSE '' END AS reason
    FROM audiences_contact c WHERE c.merged_into_id IS NULL AND {condition}
) AS judged GROUP BY reason
"""

_OF = "o.contact_id = c.id AND o.cancelled_at IS NULL"


def _bought(kind: str, days: int) -> str:
    """The orders with a line of the type: to be completed by what ties them to a contact."""
    return f"""FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id
        WHERE o.cancelled_at IS NULL AND o.placed_at >= %(now)s - interval '{days} days'
        AND l.product_type = '{kind}'"""


def _once_not_lately(kind: str, *, once: int, lately: int) -> tuple[str, str]:
    """Bought within `once` days, and not within `lately`: by two looks, or by one that keeps the last."""
    return (
        f"c.id IN (SELECT o.contact_id {_bought(kind, once)})"
        f" AND NOT EXISTS (SELECT {_bought(kind, lately)} AND o.contact_id = c.id)",
        f"c.id IN (SELECT o.contact_id {_bought(kind, once)} GROUP BY 1"
        f" HAVING max(o.placed_at) < %(now)s - interval '{lately} days')",
    )


_LITTER = _once_not_lately("lettiere", once=120, lately=30)
_PARASITES = _once_not_lately("antiparassitari", once=365, lately=90)
_WET = """FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id
    WHERE o.cancelled_at IS NULL AND o.placed_at >= %(now)s - interval '60 days'
    AND l.tags @> '{umido}'"""
_MESSAGE = "FROM campaigns_outboundmessage m WHERE m.campaign_id IS NOT NULL"
_ARRIVED = "(m.status IN ('delivered', 'read') OR m.replied_at IS NOT NULL)"

# In the order in which they ship.
_CONDITIONS: tuple[tuple[str, ...], ...] = (
    (
        f"c.id IN (SELECT o.contact_id {_WET})",
        f"EXISTS (SELECT {_WET} AND o.contact_id = c.id)",
    ),
    (
        """c.id IN (SELECT contact_id FROM orders_order WHERE is_cod AND cancelled_at IS NULL
            AND delivery_state = 'pending' AND cod_status IN ('to_ask', 'asked', 'unanswered'))""",
    ),
    (
        """c.id IN (SELECT contact_id FROM orders_checkout WHERE recovered_at IS NULL
            AND abandoned_at >= %(now)s - interval '168 hours' AND amount_cents >= 4000)""",
    ),
    (
        f"""EXISTS (SELECT FROM orders_order o WHERE {_OF}) AND NOT EXISTS (
            SELECT FROM orders_order o WHERE {_OF} AND o.placed_at >= %(now)s - interval '90 days')""",  # noqa: S608 # our own words only
        """c.id IN (SELECT contact_id FROM orders_order WHERE cancelled_at IS NULL GROUP BY 1
            HAVING max(placed_at) < %(now)s - interval '90 days')""",
    ),
    (
        """c.id IN (SELECT contact_id FROM orders_order WHERE cancelled_at IS NULL GROUP BY 1
            HAVING count(*) = 1 AND max(placed_at) >= %(now)s - interval '60 days')""",
        f"""c.id IN (SELECT contact_id FROM orders_order
                WHERE cancelled_at IS NULL AND placed_at >= %(now)s - interval '60 days')
            AND (SELECT count(*) FROM orders_order o WHERE {_OF}) = 1""",  # noqa: S608 # our own words only
    ),
    (
        """(c.attributes @> '{"life_stage": "cucciolo"}' OR c.attributes @> '{"life_stage": "gattino"}')""",
    ),
    (
        """c.id IN (SELECT contact_id FROM orders_order WHERE cancelled_at IS NULL
            AND delivery_state <> 'refused' GROUP BY 1 HAVING sum(total_cents) >= 30000)""",
    ),
    (
        """c.id IN (SELECT contact_id FROM orders_order
            WHERE is_cod AND delivery_state = 'refused')""",
    ),
    (
        f"""c.id IN (SELECT m.contact_id {_MESSAGE} AND {_ARRIVED}) AND NOT EXISTS (
            SELECT {_MESSAGE} AND m.replied_at IS NOT NULL AND m.contact_id = c.id)""",
        f"""c.id IN (SELECT m.contact_id {_MESSAGE} GROUP BY 1
            HAVING bool_or({_ARRIVED}) AND NOT bool_or(m.replied_at IS NOT NULL))""",
    ),
    ("c.language = 'en'",),
    (
        """c.marketing_consent = 'given'
            AND c.marketing_consent_at >= %(now)s - interval '30 days'""",
    ),
    ("c.tags @> '{vip}'",),
    tuple(f"""c.attributes @> '{{"pet_kind": "gatto"}}' AND {bought}""" for bought in _LITTER),
    _PARASITES,
    (
        f"""c.marketing_consent = 'given'
            AND NOT EXISTS (SELECT FROM orders_order o WHERE {_OF})""",
    ),
)


def statements() -> dict[str, list[str]]:
    """The usual wordings of each shipped segment's count, by its name; `now` is to be given."""
    return {
        name: [COUNT.format(condition=condition) for condition in wordings]
        for name, wordings in zip(SEGMENTS, _CONDITIONS, strict=True)
    }
