"""May this order be asked about at all? Pure, on rows that are loaded."""

from audiences.models import ConsentState, Contact
from campaigns.flows.reach import why_not_reached
from orders.models import Order

PENDING = Order.DeliveryState.PENDING
_LEFT = frozenset({"fulfilled", "partial"})
# Decided for good: what has changed since does not matter.
_FINAL = frozenset({"question_lost"})


def has_shipped(order: Order) -> bool:
    """Say whether a parcel of it has left, by the courier's news or by Shopify's own word."""
    return order.delivery_state != PENDING or order.fulfillment_status.casefold() in _LEFT


def why_not_asked(order: Order, contact: Contact | None, *, is_contract_basis: bool) -> str:
    """Return why the question may not be put, as a code of `words` or of `campaigns.reasons`; empty if it may.

    Whoever agreed to order messages may be asked; on the basis of the contract (a choice of the shop) also whoever said
    nothing. A refusal always counts.
    """
    return _why_not_order(order) or why_not_person(contact, is_contract_basis=is_contract_basis)


def why_not_person(contact: Contact | None, *, is_contract_basis: bool) -> str:
    """Return why this person gets no question about an order: no mobile, unreachable, no consent."""
    if contact is None:
        return "no_phone"
    if why := why_not_reached(contact, is_marketing=False):
        return why
    if contact.orders_consent == ConsentState.GIVEN or is_contract_basis:
        return ""
    return "no_orders_consent"


def _why_not_order(order: Order) -> str:
    if order.is_imported:
        return "imported"
    if order.is_test:
        return "order_test"
    if not order.needs_shipping:
        return "order_without_shipping"
    if order.is_cod_holdout:
        return "cod_holdout"
    return order.cod_reason if order.cod_reason in _FINAL else ""


def why_over(order: Order) -> str:
    """Return why there is nothing (more) to ask; empty while there is."""
    if order.cancelled_at is not None:
        return "order_cancelled"
    if has_shipped(order):
        return "order_shipped"
    return "order_paid" if order.amount_due_cents == 0 else ""
