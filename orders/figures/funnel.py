"""How far COD orders get: placed, asked, delivered, read, answered, shipped, refused; by day, province or courier."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import connection

from orders.models import Order

# Days are those of the shop's calendar.
SHOP_ZONE: Final = "Europe/Rome"
# Triggers of the two questions of a confirmation.
ASKING: Final = "order.cod_placed"
REMINDING: Final = "order.cod_unanswered"


class By(StrEnum):
    """What the rows of the table are."""

    DAY = "day"
    PROVINCE = "province"
    COURIER = "courier"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Days of the shop's calendar, both included."""

    first: date
    last: date

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """Return the first moment of the period and the first one after it."""
        zone = ZoneInfo(SHOP_ZONE)
        return (
            datetime.combine(self.first, time(), zone),
            datetime.combine(self.last + timedelta(days=1), time(), zone),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """Orders that got as far as each step. `key` is a day as ISO 8601, a province or a courier; "" = not known.

    Of those asked each is confirmed, changed, cancelled, silent, or still waited for. `cancelled` counts the wish too.
    """

    key: str = ""
    orders: int = 0
    held_out: int = 0
    asked: int = 0
    delivered: int = 0
    read: int = 0
    confirmed: int = 0
    changed: int = 0
    cancelled: int = 0
    silent: int = 0
    shipped: int = 0
    refused: int = 0


_KEYS = {
    By.DAY: "to_char(o.placed_at AT TIME ZONE %(zone)s, 'YYYY-MM-DD')",
    By.PROVINCE: "upper(coalesce(o.shipping_address ->> 'province_code', ''))",
    By.COURIER: """coalesce((
        SELECT p.courier FROM orders_parcel AS p WHERE p.order_id = o.id AND p.status = 'success'
        ORDER BY p.shipped_at, p.id LIMIT 1), '')""",
}
# A person's passage names its order as “order:<id>” or, asked again, “order:<id>:<round>”. It is written when the order
# comes in, which may be after it was placed. Whoever answers has read the question, even where her phone tells nobody.
_FUNNEL = """
WITH told AS (
    SELECT split_part(e.subject, ':', 2)::bigint AS order_id,
        bool_or(coalesce(m.delivered_at, m.read_at, m.replied_at) IS NOT NULL) AS is_delivered,
        bool_or(coalesce(m.read_at, m.replied_at) IS NOT NULL) AS is_read
    FROM campaigns_flowentry AS e
    JOIN campaigns_flow AS f ON f.id = e.flow_id AND f.trigger = %(asking)s
    JOIN campaigns_outboundmessage AS m ON m.id = e.message_id
    WHERE e.happened_at >= %(since)s - interval '1 day' AND e.subject ~ '^order:[0-9]+(:|$)'
    GROUP BY 1
)
SELECT {key} AS key, count(*), count(*) FILTER (WHERE o.is_cod_holdout),
    count(*) FILTER (WHERE o.asked_at IS NOT NULL),
    count(*) FILTER (WHERE told.is_delivered), count(*) FILTER (WHERE told.is_read),
    count(*) FILTER (WHERE o.cod_status = 'confirmed'),
    count(*) FILTER (WHERE o.cod_status IN ('change_requested', 'changed')),
    count(*) FILTER (WHERE o.cod_status IN ('cancel_requested', 'cancelled')),
    count(*) FILTER (WHERE o.cod_status = 'unanswered'),
    count(*) FILTER (WHERE o.shipped_at IS NOT NULL), count(*) FILTER (WHERE o.outcome = %(refused)s)
FROM orders_order AS o
LEFT JOIN told ON told.order_id = o.id
WHERE o.is_cod AND NOT o.is_test AND o.placed_at >= %(since)s AND o.placed_at < %(until)s
GROUP BY 1
ORDER BY {order}
"""
_ORDERS = {By.DAY: "1 DESC", By.PROVINCE: "2 DESC, 1", By.COURIER: "2 DESC, 1"}


def funnel_rows(period: Period, by: By) -> list[Funnel]:
    """Return a row per day (latest first), province or courier (most orders first)."""
    since, until = period.bounds
    values: dict[str, Any] = {
        "zone": SHOP_ZONE,
        "since": since,
        "until": until,
        "asking": ASKING,
        "refused": Order.Outcome.REFUSED,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FUNNEL.format(key=_KEYS[by], order=_ORDERS[by]), values)
        return [_row(row) for row in cursor.fetchall()]


def together(rows: list[Funnel]) -> Funnel:
    """Pure: the sum of all rows."""
    names = [name for name in Funnel.__dataclass_fields__ if name != "key"]
    return Funnel(**{name: sum(getattr(row, name) for row in rows) for name in names})


def _row(row: tuple[Any, ...]) -> Funnel:
    names = list(Funnel.__dataclass_fields__)
    return Funnel(**dict(zip(names, row, strict=True)))
