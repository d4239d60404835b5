"""From a checkout's body to its row. Known by token, by id, or by both once a body names both."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from orders import reactions
from orders.models import Checkout
from orders.people import contact_of
from orders.phones import choose_phone
from orders.shopify.payloads.checkout import CheckoutPayload
from orders.taking.closing import ordered_at
from orders.taking.results import TakenCheckout
from orders.taking.rows import changes_of, save_changes, values_of
from orders.versions import Heard, earliest, version_of

_URL_LIMIT = 1000


def take_checkout(
    *, payload: CheckoutPayload, now: datetime, heard: Heard | None = None
) -> TakenCheckout:
    """Keep what the body says of the cart; older news changes nothing, and what is recovered stays so.

    :raises audiences.phone_change.PhoneChangeBusy: somebody is just at work on the person; try again.
    """
    heard = heard or Heard(at=now)
    known = _known(payload)
    at = payload.updated_at or heard.at or now
    checkout = known or Checkout(amount_cents=0, abandoned_at=at)
    _clear(checkout, is_new=known is None)
    before = values_of(checkout)
    version = version_of(
        updated_at=at,
        progress=1 if payload.completed_at else 0,
        heard=heard,
        content=(payload.amount_cents, payload.email, payload.phones, payload.lines),
    )
    checkout.shopify_id = checkout.shopify_id or payload.id
    checkout.token = checkout.token or payload.token or None
    checkout.cart_token = checkout.cart_token or payload.cart_token
    if version > checkout.shopify_version:
        _write(checkout, payload, version=version, at=at, now=now)
    ended_at = earliest(payload.completed_at, ordered_at(checkout))
    checkout.recovered_at = earliest(checkout.recovered_at, ended_at)
    return _save(checkout, before, is_new=known is None, now=now)


def delete_checkout(
    *, payload: CheckoutPayload, at: datetime, now: datetime
) -> TakenCheckout | None:
    """Note that the cart is gone, known or not: a body that comes late does not bring it back.

    None where the deletion names no id: it cannot be told which cart it was.
    """
    if payload.id is None:
        return None
    known = _known(payload)
    checkout = known or Checkout(
        shopify_id=payload.id, amount_cents=payload.amount_cents, abandoned_at=at
    )
    _clear(checkout, is_new=known is None)
    before = values_of(checkout)
    checkout.recovered_at = earliest(checkout.recovered_at, at)
    return _save(checkout, before, is_new=known is None, now=now)


def _save(
    checkout: Checkout, before: dict[str, object], *, is_new: bool, now: datetime
) -> TakenCheckout:
    if is_new:
        checkout.save(force_insert=True)
    else:
        save_changes(checkout, before)
    changes = changes_of(checkout, before)
    taken = TakenCheckout(checkout, is_new, changes)
    if is_new or changes:
        reactions.checkout_changed(taken, now=now)
    return taken


def _known(payload: CheckoutPayload) -> Checkout | None:
    """Return the locked row; the one by id and the one by token, if there are two, are made one."""
    same = Q()
    if payload.id is not None:
        same |= Q(shopify_id=payload.id)
    if payload.token:
        same |= Q(token=payload.token)
    if not same:
        return None
    found = list(Checkout.objects.select_for_update().filter(same).order_by("pk"))
    if not found:
        return None
    kept, *doubles = sorted(found, key=lambda row: (row.token is None, row.pk))
    for double in doubles:
        kept.recovered_at = earliest(kept.recovered_at, double.recovered_at)
        kept.cart_token = kept.cart_token or double.cart_token
        double.delete()
        kept.shopify_id = kept.shopify_id or double.shopify_id
    if doubles:
        kept.save(update_fields=["recovered_at", "cart_token", "shopify_id"])
    return kept


def _write(
    checkout: Checkout, payload: CheckoutPayload, *, version: str, at: datetime, now: datetime
) -> None:
    chosen = choose_phone(payload.phones)
    checkout.shopify_version = version
    checkout.shopify_updated_at = at
    checkout.abandoned_at = at
    checkout.phone = chosen.phone.e164 if chosen.phone else ""
    checkout.email = payload.email
    checkout.language = payload.language
    checkout.lines = [
        {"title": line.title, "quantity": line.quantity, "price_cents": line.price_cents}
        for line in payload.lines
    ]
    checkout.amount_cents = payload.amount_cents
    checkout.currency = payload.currency
    checkout.recovery_url = _web(payload.recovery_url)
    contact = contact_of(
        phone=chosen.phone,
        customer=payload.customer,
        address=payload.shipping_address,
        language=payload.language,
        now=now,
    )
    checkout.contact = contact or checkout.contact


def _web(url: str) -> str:
    """It is sent to a person: whole, and only what a browser opens."""
    return url if url.startswith("https://") and len(url) <= _URL_LIMIT else ""


def _clear(checkout: Checkout, *, is_new: bool) -> None:
    """Before it is saved, a column with a default of the database holds an expression, no value."""
    if is_new:
        checkout.cart_token = checkout.phone = checkout.email = checkout.language = ""
