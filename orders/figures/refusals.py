"""How shipped COD parcels ended, by what their customer said; and what the draw of a control group tells.

A cohort is what was shipped in the period: an order belongs where its parcel left, however late it ends. Of the draw it
is what was placed in the period, whether shipped or not.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db import connection
from django.utils import timezone

from campaigns.cost import LONGEST_PREFIX, market_of, rate_for
from campaigns.rates import rates_in_use
from orders.figures.effect import Effect, Group, effect_of
from orders.figures.funnel import ASKING, REMINDING, Period
from orders.models import Shop


class Said(StrEnum):
    """What became of the question."""

    CONFIRMED = "confirmed"
    CHANGED = "changed"
    SILENT = "silent"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """`by_answer` are observed: who confirms differs from who does not, so they prove nothing about asking.

    `asked` and `held_out` were drawn at random, `effect` compares them; both are empty while no control group is set.
    """

    by_answer: dict[Said, Group]
    asked: Group
    held_out: Group
    effect: Effect
    parcel_cost: Decimal


_ENDS = """
count(*), count(*) FILTER (WHERE o.shipped_at IS NOT NULL),
count(*) FILTER (WHERE o.outcome = 'refused'),
count(*) FILTER (WHERE o.outcome IN ('delivered', 'returned_after_delivery')),
count(*) FILTER (WHERE o.shipped_at IS NOT NULL AND o.outcome IN ('in_progress', 'unknown', 'not_shipped'))
"""
_BY_ANSWER = """
SELECT CASE WHEN o.cod_status = 'confirmed' THEN 'confirmed'
    WHEN o.cod_status IN ('changed', 'change_requested') THEN 'changed'
    WHEN o.asked_at IS NOT NULL THEN 'silent' ELSE 'not_asked' END, {ends}
FROM orders_order AS o
WHERE o.is_cod AND NOT o.is_test AND o.shipped_at >= %(since)s AND o.shipped_at < %(until)s
GROUP BY 1
"""
_BY_DRAW = """
SELECT o.is_cod_holdout, {ends}
FROM orders_order AS o
WHERE o.is_cod AND NOT o.is_test AND o.cod_drawn_share > 0
  AND o.placed_at >= %(since)s AND o.placed_at < %(until)s
GROUP BY 1
"""
_MESSAGES = """
SELECT left(ltrim(m.phone, '+'), %(digits)s), v.category, count(*)
FROM campaigns_flowentry AS e
JOIN campaigns_flow AS f ON f.id = e.flow_id AND f.trigger IN (%(asking)s, %(reminding)s)
JOIN campaigns_outboundmessage AS m ON m.id = e.message_id
JOIN templates_sync_templateversion AS v ON v.id = m.template_version_id
JOIN orders_order AS o ON o.id = split_part(e.subject, ':', 2)::bigint
WHERE e.happened_at >= %(since)s - interval '1 day' AND e.subject ~ '^order:[0-9]+(:|$)'
  AND (m.delivered_at IS NOT NULL OR m.read_at IS NOT NULL)
  AND o.is_cod AND NOT o.is_test AND o.cod_drawn_share > 0 AND NOT o.is_cod_holdout
  AND o.placed_at >= %(since)s AND o.placed_at < %(until)s
GROUP BY 1, 2
"""


def refusals_of(period: Period, shop: Shop) -> Refusals:
    """Count the parcels of the period and compare the groups; money in euro."""
    since, until = period.bounds
    values: dict[str, Any] = {"since": since, "until": until}
    observed = _groups(_BY_ANSWER, values)
    drawn = _groups(_BY_DRAW, values)
    asked = _with_costs(drawn.get(False, Group()), values)
    held_out = drawn.get(True, Group())
    cost = Decimal(shop.refused_parcel_cents) / 100
    return Refusals(
        by_answer={said: observed.get(said.value, Group()) for said in Said},
        asked=asked,
        held_out=held_out,
        effect=effect_of(asked, held_out, parcel_cost=cost),
        parcel_cost=cost,
    )


def _groups(statement: str, values: dict[str, Any]) -> dict[Any, Group]:
    with connection.cursor() as cursor:
        cursor.execute(statement.format(ends=_ENDS), values)
        return {
            key: Group(orders=orders, shipped=shipped, refused=refused, delivered=done, open=left)
            for key, orders, shipped, refused, done, left in cursor.fetchall()
        }


def _with_costs(group: Group, values: dict[str, Any]) -> Group:
    """Add what the delivered questions and reminders to the group cost by Meta's rates of today."""
    asked_for = {"digits": LONGEST_PREFIX, "asking": ASKING, "reminding": REMINDING}
    with connection.cursor() as cursor:
        cursor.execute(_MESSAGES, values | asked_for)
        counted = cursor.fetchall()
    rates, today = rates_in_use(), timezone.localdate()
    spent = sum(
        (
            messages * rate_for(market_of(digits), on=today, rates=rates).of(category)
            for digits, category, messages in counted
        ),
        Decimal(0),
    )
    return replace(group, spent=spent)
