"""From an order's body to its row: once, whatever comes, how often, and in which order.

The caller holds a transaction. What the order sets off happens in it too, so it is there if the row is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db import models

from orders import reactions
from orders.models import Order, OrderToRead, Shop
from orders.people import learn_consent_from_order
from orders.rereading import ask_to_read, note_read
from orders.shopify.payloads.order import OrderPayload
from orders.shops import current_shop
from orders.taking.aftermath import keep_refund, keep_return
from orders.taking.cod import freeze_decision
from orders.taking.columns import FIELDS, PAID, apply, progress, told_by
from orders.taking.lines import rewrite_lines, write_lines
from orders.taking.parcels import take_parcel
from orders.taking.parking import wake_parked
from orders.taking.people import apply_person
from orders.taking.results import Taken, TakenParcel
from orders.taking.rows import changes_of, locked_order, save_changes, values_of
from orders.taking.settling import is_marked, settle
from orders.versions import (
    Heard,
    contradicts,
    earliest,
    newer_fields,
    note_versions,
    version_of,
)

# What a consent can be learned from.
_SAYS_CONSENT = frozenset({"contact", "attributes", "tags"})
_EVIDENCE = ("is_cod", "fulfillment_status", "paid_at", "cancelled_at", "marked_refused_at")
_DELETED = "deleted"
# Above every version: what is deleted does not come back.
_FOR_GOOD = "~"


@dataclass(slots=True)
class _Work:
    """One body on its way into the row. `before` is the row as it was, `saved` as it is in the table."""

    order: Order
    payload: OrderPayload
    shop: Shop
    version: str
    heard: Heard
    now: datetime
    is_new: bool
    before: dict[str, Any]
    saved: dict[str, Any]
    lines_changed: bool = False


def take_order(
    *, payload: OrderPayload, now: datetime, is_import: bool = False, heard: Heard | None = None
) -> Taken:
    """Keep what the body says of the order, and let it set off what it must; older news changes nothing.

    `heard` says how a webhook came; without it the body was asked of Shopify `now`. `is_import`: nothing is set
    off, and an order first seen so is never asked about.

    :raises audiences.phone_change.PhoneChangeBusy: somebody is just at work on the person; try again.
    """
    heard = heard or Heard(at=now)
    version = version_of_order(payload, heard, now)
    known = locked_order(payload.id)
    if known is not None and known.shopify_version == version:
        return Taken(known, is_new=False, is_stale=True, changes=frozenset())
    work = _begin(known, payload, version=version, heard=heard, now=now, is_import=is_import)
    fields = _write_fields(work)
    _note_moments(work)
    parcels = _keep_all(work, fields)
    changes = changes_of(work.order, work.before) | ({"lines"} if work.lines_changed else set())
    taken = Taken(work.order, work.is_new, not changes and not work.is_new, changes)
    _learn_consent(taken, payload, now=now)
    note_read(payload, heard, now=now)
    if work.is_new:
        wake_parked(payload.id, now=now)
    if not is_import:
        _react(taken, parcels, now=now)
    return taken


def delete_order(*, shopify_id: int, at: datetime, now: datetime) -> Taken | None:
    """Note that the shop deleted the order: it counts as cancelled. None if it is not known."""
    order = locked_order(shopify_id)
    if order is None:
        return None
    before = values_of(order)
    if order.cancelled_at is None:
        order.cancelled_at, order.cancel_reason = at, _DELETED
    order.field_versions = order.field_versions | {"cancelled_at": _FOR_GOOD}
    settle_row(order, current_shop(), now=now)
    save_changes(order, before)
    changes = changes_of(order, before)
    taken = Taken(order, is_new=False, is_stale=not changes, changes=changes)
    _react(taken, [], now=now)
    return taken


def settle_row(order: Order, shop: Shop, *, now: datetime) -> None:
    """Judge anew how the order ended; the row is not saved."""
    settle(
        order,
        shop,
        parcels=order.parcels.all(),
        refunds=order.refunds.all(),
        returns=order.returns.all(),
        now=now,
    )


def version_of_order(payload: OrderPayload, heard: Heard, now: datetime) -> str:
    return version_of(
        updated_at=payload.updated_at or heard.at or now,
        progress=progress(payload),
        heard=heard,
        content=_content(payload),
    )


def _content(payload: OrderPayload) -> object:
    """What two bodies of one second may differ in, in an order that is always the same."""
    return (
        payload.total_cents,
        payload.outstanding_cents,
        payload.financial_status,
        payload.fulfillment_status,
        sorted(payload.tags),
        payload.note,
        sorted(payload.attributes.items()),
        payload.phones,
        payload.shipping_address,
        payload.customer.id if payload.customer else None,
        payload.lines,
        payload.gateway_names,
        payload.email,
        sorted(payload.missing),
        [(f.id, f.updated_at, f.status, f.shipment_status) for f in payload.fulfillments],
        [(r.id, sorted(r.restock_types), r.paid_back_cents) for r in payload.refunds],
        [(r.id, r.status) for r in payload.returns],
    )


def _begin(
    known: Order | None,
    payload: OrderPayload,
    *,
    version: str,
    heard: Heard,
    now: datetime,
    is_import: bool,
) -> _Work:
    order = known or Order(
        shopify_id=payload.id,
        is_imported=is_import,
        total_cents=0,
        placed_at=payload.placed_at or heard.at or now,
    )
    if known is None:
        clear_database_defaults(order)
    elif contradicts(version, known.shopify_version):
        ask_to_read(payload.id, why=OrderToRead.Why.CONTRADICTED, now=now)
    before = values_of(order)
    return _Work(
        order=order,
        payload=payload,
        shop=current_shop(),
        version=version,
        heard=heard,
        now=now,
        is_new=known is None,
        before=before,
        saved=before,
    )


def clear_database_defaults(order: Order) -> None:
    """Before it is saved, a column with a default of the database holds an expression, no value."""
    for name in _names_defaulted_by_database():
        setattr(order, name, "")


@cache
def _names_defaulted_by_database() -> tuple[str, ...]:
    fields = (field for field in Order._meta.concrete_fields if _is_text(field))
    return tuple(f.attname for f in fields if f.has_db_default() and not f.has_default())


def _is_text(field: models.Field[Any, Any]) -> bool:
    return isinstance(field, models.CharField | models.TextField)


def _write_fields(work: _Work) -> frozenset[str]:
    """Write what this body knows better than the row; return the names of those fields."""
    order, payload = work.order, work.payload
    fields = newer_fields(order, version=work.version, told=told_by(payload))
    apply(order, payload, fields)
    fields = apply_person(order, payload, fields, version=work.version, now=work.now)
    note_versions(order, version=work.version, applied=fields, fields=FIELDS)
    freeze_decision(order, payload, work.shop, version=work.version, is_new=work.is_new)
    return fields


def _note_moments(work: _Work) -> None:
    """Each is the earliest that any body tells of, older bodies included."""
    order, payload = work.order, work.payload
    at = payload.updated_at or work.heard.at or work.now
    order.shopify_updated_at = max(order.shopify_updated_at or at, at)
    if payload.financial_status in PAID:
        order.paid_at = earliest(order.paid_at, at)
    if is_marked(payload.tags, work.shop):
        order.marked_refused_at = earliest(order.marked_refused_at, at)


def _keep_all(work: _Work, fields: frozenset[str]) -> list[TakenParcel]:
    """Save the order with its lines, parcels, refunds and returns; return the parcels that changed."""
    order, payload = work.order, work.payload
    if work.is_new:
        settle(order, work.shop, parcels=(), refunds=(), returns=(), now=work.now)
        order.save(force_insert=True)
        work.saved = values_of(order)
        write_lines(order, payload.lines)
    elif "lines" in fields:
        work.lines_changed = rewrite_lines(order, payload.lines)
    parcels = [
        taken
        for body in payload.fulfillments
        if (taken := take_parcel(order, body, heard=work.heard, now=work.now)) is not None
    ]
    is_news = _keep_aftermath(work)
    if parcels or is_news or (not work.is_new and _changes_evidence(work)):
        settle_row(order, work.shop, now=work.now)
    save_changes(order, work.saved)
    return parcels


def _keep_aftermath(work: _Work) -> bool:
    """Keep refunds and returns; return whether one was news.

    Copies of returns carry no moment: they are as new as the order they are in.
    """
    as_of_order = Heard(work.heard.source, work.payload.updated_at or work.heard.at)
    news = [keep_refund(work.order, refund, heard=as_of_order) for refund in work.payload.refunds]
    news += [
        keep_return(work.order, found, heard=as_of_order, now=work.now)
        for found in work.payload.returns
    ]
    return any(news)


def _changes_evidence(work: _Work) -> bool:
    """Only these columns say anything of how the order ended; time alone is looked after every night."""
    order, before = work.order, work.before
    is_other = any(getattr(order, name) != before[name] for name in _EVIDENCE)
    return is_other or is_marked(order.tags, work.shop) != is_marked(before["tags"], work.shop)


def _learn_consent(taken: Taken, payload: OrderPayload, *, now: datetime) -> None:
    if taken.order.contact is not None and taken.changes & _SAYS_CONSENT:
        learn_consent_from_order(payload=payload, contact=taken.order.contact, now=now)


def _react(taken: Taken, parcels: list[TakenParcel], *, now: datetime) -> None:
    if not taken.is_stale:
        reactions.order_taken(taken, now=now)
    for parcel in parcels:
        reactions.parcel_changed(parcel, now=now)
