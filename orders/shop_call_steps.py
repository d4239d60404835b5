"""How each kind of call is carried out so that a second time does nothing new. HTTP, hence no transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from audiences.provinces import province_code
from orders.customers.writing_back import write_consent
from orders.models import Order, ShopCall
from orders.shop_call_ends import CallRefused, NotYet
from orders.shopify.client import ShopifyClient
from orders.shopify.types import OrderState

Kind = ShopCall.Kind
# Shopify's limit of an order's note.
NOTE_LIMIT = 5000
# Ours (as the order keeps an address) → Shopify's MailingAddressInput.
ADDRESS_FIELDS: Final[Mapping[str, str]] = {
    "first_name": "firstName",
    "last_name": "lastName",
    "company": "company",
    "address1": "address1",
    "address2": "address2",
    "city": "city",
    "zip": "zip",
    "province_code": "provinceCode",
    "country_code": "countryCode",
    "phone": "phone",
}
_SHOPIFYS: Final = {"countryCode": "countryCodeV2"}
_CODES: Final = ("provinceCode", "countryCode")
_NEEDED: Final = ("address1", "city", "zip")


def carry_out(call: ShopCall, *, client: ShopifyClient, now: datetime) -> None:
    """Do what `call` asks for; doing it again changes nothing.

    :raises CallRefused: it cannot be done.
    :raises NotNeeded: there is nothing to be done (any more).
    :raises NotYet: Shopify is still at it.
    :raises ShopifyError: see `orders.shopify.errors`.
    """
    if call.kind == Kind.WRITE_CONSENT:
        write_consent(call, client=client, now=now)
        return
    order = call.order
    if order is None or order.shopify_id is None:
        raise CallRefused("not_on_shopify")
    _STEPS[Kind(call.kind)](client, order, order.shopify_id, call.payload)


def _add_tags(client: ShopifyClient, order: Order, id: int, payload: Mapping[str, Any]) -> None:
    if tags := _tags(payload):
        client.add_tags(id, tags)


def _remove_tags(client: ShopifyClient, order: Order, id: int, payload: Mapping[str, Any]) -> None:
    if tags := _tags(payload):
        client.remove_tags(id, tags)


def _append_note(client: ShopifyClient, order: Order, id: int, payload: Mapping[str, Any]) -> None:
    """A note can only be overwritten: it is read, and written back with our line where it lacks it."""
    text = " ".join(str(payload.get("text") or "").split())
    note = client.order_state(id).note
    if not text or text in (line.strip() for line in note.splitlines()):
        return
    longer = f"{note.rstrip()}\n{text}" if note.strip() else text
    if len(longer) > NOTE_LIMIT:
        raise CallRefused("note_too_long")
    client.write_note(id, longer)


def _update_address(
    client: ShopifyClient, order: Order, id: int, payload: Mapping[str, Any]
) -> None:
    address = _address(payload.get("address"))
    if order.delivery_state != Order.DeliveryState.PENDING:
        raise CallRefused("shipped")
    state = client.order_state(id)
    if _is_there(address, state.shipping_address):
        return
    _refuse_what_has_left(state)
    if state.is_cancelled:
        raise CallRefused("cancelled")
    client.write_address(id, _whole(address, state.shipping_address))


def _cancel_order(client: ShopifyClient, order: Order, id: int, payload: Mapping[str, Any]) -> None:
    """Cancelling cannot be taken back and runs as a job at Shopify: asked for first, looked at after."""
    state = client.order_state(id)
    if state.is_cancelled:
        return
    _refuse_what_has_left(state)
    if state.is_paid:
        raise CallRefused("paid")
    client.cancel_order(
        id,
        reason=str(payload.get("reason") or "CUSTOMER").upper(),
        restock=bool(payload.get("restock", True)),
        staff_note=str(payload.get("staff_note") or ""),
    )
    if not client.order_state(id).is_cancelled:
        raise NotYet("not_yet_cancelled")


_STEPS: Final[Mapping[Kind, Callable[[ShopifyClient, Order, int, Mapping[str, Any]], None]]] = {
    Kind.ADD_TAGS: _add_tags,
    Kind.REMOVE_TAGS: _remove_tags,
    Kind.APPEND_NOTE: _append_note,
    Kind.UPDATE_ADDRESS: _update_address,
    Kind.CANCEL_ORDER: _cancel_order,
}


def _refuse_what_has_left(state: OrderState) -> None:
    if state.is_shipped:
        raise CallRefused("shipped")


def _tags(payload: Mapping[str, Any]) -> list[str]:
    """A comma would part a tag into two on Shopify."""
    found = (" ".join(str(tag).replace(",", " ").split()) for tag in payload.get("tags") or ())
    return list(dict.fromkeys(tag for tag in found if tag))


def _address(value: object) -> dict[str, str | None]:
    """Return the fields for Shopify: what is empty is emptied there, what is not named stays.

    :raises CallRefused: the courier could not find the house.
    """
    given = value if isinstance(value, Mapping) else {}
    fields: dict[str, str | None] = {
        theirs: (str(given[ours] or "").strip() or None)
        for ours, theirs in ADDRESS_FIELDS.items()
        if ours in given
    }
    if not all(fields.get(name) for name in _NEEDED):
        raise CallRefused("no_address")
    code = fields.get("provinceCode") or province_code(str(given.get("province") or ""))
    fields["provinceCode"] = code
    for name in _CODES:
        # An empty code is an invalid one to Shopify: nothing is said of it then.
        if not fields.get(name):
            fields.pop(name, None)
    return fields


def _whole(address: Mapping[str, str | None], present: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the address with what it does not say taken from the present one.

    The province stays only where the postcode is of the same region (its first two figures).
    """
    kept = {
        name: str(present[theirs])
        for name in ADDRESS_FIELDS.values()
        if present.get(theirs := _SHOPIFYS.get(name, name)) and name not in address
    }
    if str(present.get("zip") or "")[:2] != str(address.get("zip") or "")[:2]:
        kept.pop("provinceCode", None)
    return {**kept, **address}


def _is_there(wanted: Mapping[str, str | None], present: Mapping[str, Any]) -> bool:
    """Whether Shopify has exactly this address: an earlier try arrived."""
    return bool(present) and all(
        (value or "") == str(present.get(_SHOPIFYS.get(name, name)) or "").strip()
        for name, value in wanted.items()
    )
