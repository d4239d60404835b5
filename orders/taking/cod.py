"""Whether an order is paid at the door: decided by the oldest body we have seen of it."""

from __future__ import annotations

from orders.cod.decision import decide
from orders.models import Order, Shop
from orders.shopify.payloads.order import OrderPayload

Status = Order.CodStatus
IMPORTED = "imported"
_UNTOUCHED = frozenset({Status.NOT_COD, Status.TO_ASK, Status.NOT_ELIGIBLE})


def freeze_decision(
    order: Order, payload: OrderPayload, shop: Shop, *, version: str, is_new: bool
) -> None:
    """Decide at first sight; again only for a body older than the one that decided.

    Later bodies may show the order paid, or with a payment that a person recorded: they do not count. Once
    somebody was asked, it stays as it is.
    """
    if not is_new and not order.cod_version:
        return
    # A body that says nothing of the payment decides until one comes that does.
    key = f"~{version}" if "gateway_names" in payload.missing else version
    if order.cod_version and key >= order.cod_version:
        return
    order.cod_version = key
    if not is_new and (order.asked_at is not None or order.cod_status not in _UNTOUCHED):
        return
    decision = decide(
        payload,
        gateways=shop.cod_gateways,
        accepts_unnamed=shop.accepts_unnamed_cod,
        cod_tag=shop.cod_tag,
    )
    order.gateway_names = list(payload.gateway_names)
    order.cod_rule = decision.rule
    if is_new or decision.is_cod != order.is_cod:
        _set(order, is_cod=decision.is_cod)


def _set(order: Order, *, is_cod: bool) -> None:
    order.is_cod = is_cod
    order.cod_reason = ""
    if not is_cod:
        order.cod_status = Status.NOT_COD
    elif order.is_imported:
        order.cod_status = Status.NOT_ELIGIBLE
        order.cod_reason = IMPORTED
    else:
        order.cod_status = Status.TO_ASK
