"""The control group: a share of the orders is not asked, so that the effect of asking can be measured.

Drawn after everything else allows the question, once per order and by a key nobody outside knows; kept on the order
with the share it was drawn by, so that a later change of the share rewrites nothing.
"""

from datetime import datetime
from decimal import Decimal
from typing import Final

from audiences.selection import is_drawn
from campaigns.flows.plan import plan_from
from campaigns.models import Flow, FlowEntry
from orders.cod.moves import write
from orders.models import Order, Shop

KEY: Final = "cod-orders"
# Who left or waits was not drawn (yet).
_DRAWN: Final = (FlowEntry.Status.QUEUED, FlowEntry.Status.HELD_OUT)


def is_flow_on(trigger: str, *, since: datetime) -> bool:
    """Say whether a flow of the trigger was on when it happened: who is not asked at all is in no group."""
    enabled = Flow.objects.filter(trigger=trigger, status=Flow.Status.ENABLED)
    moments = enabled.values_list("enabled_at", flat=True)
    return any(at is not None and at.replace(microsecond=0) <= since for at in moments)


def draw(order: Order, shop: Shop) -> bool:
    """Draw the order, if it was not; True if it is in the control group.

    Whoever was asked before there was one stays out of it: nobody is held out of what she has seen.
    """
    if order.cod_drawn_share or order.asked_at is not None or not shop.cod_holdout_share:
        return order.is_cod_holdout
    share = shop.cod_holdout_share
    is_held = is_drawn(key=KEY, contact_id=order.pk, share=float(share))
    write(order, cod_drawn_share=share, is_cod_holdout=is_held)
    return is_held


def note_flow_draw(order: Order, question: FlowEntry | None) -> None:
    """A flow may have a control group of its own: keep it with the order, where the shop has none.

    The flow draws when the question is due, which may be a while after the order came. Whom either of the two holds out
    is not asked.
    """
    if order.asked_at is not None or question is None or question.status not in _DRAWN:
        return
    is_held = question.status == FlowEntry.Status.HELD_OUT
    if order.cod_drawn_share:
        if is_held and not order.is_cod_holdout:
            write(order, is_cod_holdout=True)
        return
    if share := plan_from(question.version).holdout_share:
        write(order, cod_drawn_share=Decimal(str(share)), is_cod_holdout=is_held)
