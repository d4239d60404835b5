"""From the lines of a file to rows: some hundred at a time, in one transaction with the position.

Nothing here reacts to anything: orders are kept as imported, older news than what webhooks brought
changes nothing, and nobody is written to.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import DatabaseError, transaction

from audiences.phone_change import PhoneChangeBusy
from orders.customers.accounts import take_customers
from orders.importing.orders import keep_orders
from orders.importing.products import keep_products
from orders.models import ShopifyCustomer, ShopImportLine, ShopImportPart
from orders.shopify.nodes import customer_of, order_of, product_of
from orders.shopify.reading import Node, kind_of

logger = logging.getLogger(__name__)

Step = ShopImportPart.Step
Kind = ShopImportPart.Kind
BATCH = 250
# What a child's gid names → where the reader of its parent looks for it.
CHILDREN: Mapping[str, str] = {
    "LineItem": "lineItems",
    "ShippingLine": "shippingLines",
    "Return": "returns",
}


@dataclass(slots=True)
class Kept:
    """What became of a batch."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    unreadable: int = 0
    oldest_at: datetime | None = field(default=None)


# (nodes, as of when they are, now)
Keeper = Callable[[Sequence[Node], datetime, datetime], Kept]


def keep(
    part: ShopImportPart, *, clock: Callable[[], datetime], is_time_up: Callable[[], bool]
) -> bool:
    """Make rows of the lines until none is left; True then. False when the time is up first."""
    while True:
        roots = _roots(part)
        if not roots:
            _end(part)
            return True
        if not _keep_batch(part, roots, now=clock()):
            return False
        if is_time_up():
            return False


def _roots(part: ShopImportPart) -> list[ShopImportLine]:
    lines = ShopImportLine.objects.filter(part=part, parent=None, number__gt=part.position)
    return list(lines.order_by("number")[:BATCH])


def _keep_batch(part: ShopImportPart, roots: Sequence[ShopImportLine], *, now: datetime) -> bool:
    """Keep a batch, all or none; False where it was stopped, or has gone on without us."""
    nodes = _assembled(part, roots)
    # What a webhook told since Shopify was asked is newer.
    as_of = part.asked_at or now
    keep_nodes = _KEEPERS[Kind(part.kind)]
    with transaction.atomic():
        row = ShopImportPart.objects.select_for_update(no_key=True).get(pk=part.pk)
        if (row.step, row.position) != (Step.KEEPING, part.position):
            return False
        try:
            with transaction.atomic():
                kept = keep_nodes(nodes, as_of, now)
        except (PhoneChangeBusy, DatabaseError):
            raise
        except Exception:
            # One of them is bad: one by one the others come in.
            logger.exception("a batch of %s could not be kept", part.kind)
            kept = _one_by_one(keep_nodes, nodes, as_of, now)
        _count(row, kept, position=roots[-1].number)
    part.refresh_from_db()
    return True


def _one_by_one(keep_nodes: Keeper, nodes: Sequence[Node], as_of: datetime, now: datetime) -> Kept:
    total = Kept()
    for node in nodes:
        try:
            with transaction.atomic():
                one = keep_nodes([node], as_of, now)
        except (PhoneChangeBusy, DatabaseError):
            raise
        except Exception:
            logger.exception("%s could not be kept", node.get("id"))
            one = Kept(unreadable=1)
        total.created += one.created
        total.changed += one.changed
        total.unchanged += one.unchanged
        total.unreadable += one.unreadable
        total.oldest_at = min(filter(None, (total.oldest_at, one.oldest_at)), default=None)
    return total


def _count(row: ShopImportPart, kept: Kept, *, position: int) -> None:
    row.position = position
    row.created += kept.created
    row.changed += kept.changed
    row.unchanged += kept.unchanged
    row.unreadable += kept.unreadable
    row.done = row.created + row.changed + row.unchanged + row.unreadable
    row.oldest_at = min(filter(None, (row.oldest_at, kept.oldest_at)), default=None)
    row.save(
        update_fields=[
            "position", "created", "changed", "unchanged", "unreadable", "done", "oldest_at",
        ]
    )  # fmt: skip


def _assembled(part: ShopImportPart, roots: Sequence[ShopImportLine]) -> list[Node]:
    """Return the nodes with their children, wherever in the file they stood."""
    children: dict[int, dict[str, Any]] = defaultdict(lambda: defaultdict(list))
    numbers = [root.own for root in roots if root.own is not None]
    lines = ShopImportLine.objects.filter(part=part, parent__in=numbers).order_by("number")
    for parent, body in lines.values_list("parent", "body"):
        child = json.loads(body)
        place = CHILDREN.get(kind_of(child.get("id")))
        if place is not None and parent is not None:
            children[parent][place].append(child)
    nodes: list[Node] = []
    for root in roots:
        node: dict[str, Any] = json.loads(root.body)
        # No line at all is an empty list, not one that nobody asked for.
        if part.kind == Kind.ORDERS:
            node |= {place: [] for place in CHILDREN.values()}
        nodes.append(node | children.get(root.own or 0, {}))
    return nodes


def _end(part: ShopImportPart) -> None:
    with transaction.atomic():
        ShopImportPart.objects.filter(pk=part.pk, step=Step.KEEPING).update(step=Step.DONE)
        ShopImportLine.objects.filter(part=part).delete()
    part.refresh_from_db()


def _customers(nodes: Sequence[Node], as_of: datetime, now: datetime) -> Kept:
    read = [customer_of(node) for node in nodes]
    payloads = [payload for payload in read if payload is not None]
    before = dict(
        ShopifyCustomer.objects.filter(shopify_id__in=[one.id for one in payloads]).values_list(
            "shopify_id", "shopify_updated_at"
        )
    )
    accounts = take_customers(payloads=payloads, now=now)
    kept = Kept(unreadable=len(read) - len(payloads))
    for payload in payloads:
        if payload.id not in before:
            kept.created += 1
        elif accounts[payload.id].shopify_updated_at != before[payload.id]:
            kept.changed += 1
        else:
            kept.unchanged += 1
    return kept


def _products(nodes: Sequence[Node], as_of: datetime, now: datetime) -> Kept:
    payloads = [product_of(node) for node in nodes]
    created, changed, unchanged = keep_products(payloads, as_of=as_of, now=now)
    return Kept(created=created, changed=changed, unchanged=unchanged)


def _orders(nodes: Sequence[Node], as_of: datetime, now: datetime) -> Kept:
    payloads = [order_of(node) for node in nodes]
    created, changed, unchanged = keep_orders(payloads, as_of=as_of, now=now)
    placed = (payload.placed_at for payload in payloads)
    oldest = min((at for at in placed if at is not None), default=None)
    return Kept(created=created, changed=changed, unchanged=unchanged, oldest_at=oldest)


_KEEPERS: Mapping[Kind, Keeper] = {
    Kind.PRODUCTS: _products,
    Kind.CUSTOMERS: _customers,
    Kind.ORDERS: _orders,
}
