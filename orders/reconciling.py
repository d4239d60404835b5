"""What changed on Shopify since the last sure point: whatever no webhook brought is brought now.

Webhooks are lost, and their subscriptions are deleted after failures without a replay (“Troubleshooting
webhooks”). So every quarter of an hour Shopify is asked, from five minutes before the sure point on. A
pass may be stopped anywhere and goes on at its cursor; only its end moves the sure point.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import F

from audiences.alone import alone
from audiences.phone_change import PhoneChangeBusy
from orders.customers.accounts import take_customer
from orders.models import Order, Reconciliation, ShopifyCustomer, ShopImport, ShopImportPart
from orders.reading_orders import Turn, read_order
from orders.shopify.client import ShopifyClient
from orders.shopify.errors import Misspelt, ShopifyError
from orders.shopify.nodes import checkout_of, customer_of
from orders.shopify.payloads.reading import Unreadable, moment
from orders.shopify.reading import Node, number_of
from orders.shopify.types import Page
from orders.subjects import Subject, take_turn
from orders.taking import Heard, take_checkout

# First half of the keys of advisory locks; the second is made of the name.
_RECONCILING_LOCK = 7_421_102

logger = logging.getLogger(__name__)

Kind = Reconciliation.Kind
EVERY = timedelta(minutes=15)
# Shopify's search lags, and our clocks may differ.
OVERLAP = timedelta(minutes=5)
# Without any sure point: what is older comes with the import.
FIRST_LOOK = timedelta(days=1)
KEPT = timedelta(days=7)
_BUSY = (PhoneChangeBusy, DatabaseError)


def sure_point(kind: str, *, now: datetime) -> datetime:
    """Return up to when everything of `kind` is known: the start of the last pass or import that ended."""
    passes = Reconciliation.objects.filter(kind=kind, finished_at__isnull=False)
    parts = ShopImportPart.objects.filter(
        kind=kind, step=ShopImportPart.Step.DONE, is_partial=False, asked_at__isnull=False
    ).exclude(shop_import__status=ShopImport.Status.STOPPED)
    known = [
        passes.order_by("-started_at").values_list("started_at", flat=True).first(),
        parts.order_by("-asked_at").values_list("asked_at", flat=True).first(),
    ]
    return max((at for at in known if at is not None), default=now - FIRST_LOOK)


def is_due(kind: str, *, now: datetime) -> bool:
    """Say whether a pass is unfinished, or none was begun for a quarter of an hour."""
    latest = Reconciliation.objects.filter(kind=kind).order_by("-started_at").first()
    return latest is None or latest.finished_at is None or now - latest.started_at >= EVERY


def known_until(kind: str, *, now: datetime) -> datetime | None:
    """Return the sure point, None where there is none yet."""
    sure = sure_point(kind, now=now)
    return None if sure == now - FIRST_LOOK else sure


def begin_now(*, now: datetime) -> None:
    """Open a pass of each kind without waiting for its quarter of an hour; what is under way goes on."""
    for kind in Kind.values:
        with alone(_RECONCILING_LOCK, kind) as is_mine:
            if is_mine:
                _open(kind, now=now)


def reconcile(*, kind: str, turn: Turn) -> Reconciliation | None:
    """Begin a pass, or go on with the unfinished one, until it ends or the time is up.

    None where another worker is at it. Never raises for an error of Shopify: the pass says it, and is
    gone on with at the next turn.
    """
    with alone(_RECONCILING_LOCK, kind) as is_mine:
        if not is_mine:
            return None
        run = _open(kind, now=turn.clock())
        try:
            _go_on(run, turn)
        except ShopifyError as error:
            _note(run, error.code, error.detail, now=turn.clock())
        except _BUSY as error:
            logger.warning("the check of %s stops for now: %s", kind, type(error).__name__)
            _note(run, "fault", "", now=turn.clock())
        run.refresh_from_db()
        return run


def forget_old(*, now: datetime) -> int:
    """Delete old passes; the newest finished one of each kind is the sure point and stays."""
    done = Reconciliation.objects.filter(finished_at__isnull=False)
    newest = [
        pk
        for kind in Kind.values
        if (
            pk := done.filter(kind=kind)
            .order_by("-started_at")
            .values_list("pk", flat=True)
            .first()
        )
    ]
    deleted, _ = done.exclude(pk__in=newest).filter(started_at__lt=now - KEPT).delete()
    return deleted


def _open(kind: str, *, now: datetime) -> Reconciliation:
    found = Reconciliation.objects.filter(kind=kind, finished_at=None).first()
    if found is not None:
        return found
    since = sure_point(kind, now=now) - OVERLAP
    return Reconciliation.objects.create(kind=kind, since=since, started_at=now, touched_at=now)


def _go_on(run: Reconciliation, turn: Turn) -> None:
    while not turn.is_time_up():
        page = _page(run, turn.client)
        figures = {"seen": 0, "brought": 0, "unreadable": 0}
        for node in page.nodes:
            before = figures["brought"]
            _count(figures, _TAKERS[Kind(run.kind)], node, turn)
            # Only after news: each turn brings some, and passes by what the last one brought.
            if figures["brought"] > before and turn.is_time_up() and node is not page.nodes[-1]:
                _interrupted(run, figures["brought"], now=turn.clock())
                return
        _moved(run, page, figures, now=turn.clock())
        if page.cursor is None:
            return


def _interrupted(run: Reconciliation, brought: int, *, now: datetime) -> None:
    """The page is begun again at the next turn."""
    Reconciliation.objects.filter(pk=run.pk).update(brought=F("brought") + brought, touched_at=now)


def _page(run: Reconciliation, client: ShopifyClient) -> Page:
    ask = {
        Kind.ORDERS: client.changed_orders,
        Kind.CUSTOMERS: client.changed_customers,
        Kind.CHECKOUTS: client.changed_checkouts,
    }[Kind(run.kind)]
    try:
        return ask(since=run.since, after=run.cursor or None)
    except Misspelt:
        if not run.cursor:
            raise
        # Shopify does not know the cursor any more: from the beginning, nothing is lost.
        Reconciliation.objects.filter(pk=run.pk).update(cursor="")
        run.cursor = ""
        return ask(since=run.since, after=None)


def _moved(run: Reconciliation, page: Page, figures: Mapping[str, int], *, now: datetime) -> None:
    """Everything on the page is kept: the next one comes after it, or the pass is through."""
    run.cursor = page.cursor or ""
    ended = {} if page.cursor else {"finished_at": now}
    Reconciliation.objects.filter(pk=run.pk).update(
        cursor=run.cursor,
        touched_at=now,
        error="",
        error_detail="",
        **{name: F(name) + number for name, number in figures.items()},
        **ended,
    )


def _note(run: Reconciliation, code: str, detail: str, *, now: datetime) -> None:
    Reconciliation.objects.filter(pk=run.pk).update(
        error=code, error_detail=detail[:300], touched_at=now
    )


def _count(
    figures: dict[str, int], take: Callable[[Node, Turn], bool], node: Node, turn: Turn
) -> None:
    """Take one; what cannot be read is counted and does not keep the others waiting."""
    figures["seen"] += 1
    with _tolerated(node, figures):
        figures["brought"] += take(node, turn)


@contextmanager
def _tolerated(node: Node, figures: dict[str, int]) -> Iterator[None]:
    try:
        yield
    except (ShopifyError, *_BUSY):
        raise
    except Exception:
        logger.exception("%s could not be kept", node.get("id"))
        figures["unreadable"] += 1


def _take_order(node: Node, turn: Turn) -> bool:
    """The list tells only when it changed: whoever is behind is read whole."""
    shopify_id, changed_at = number_of(node.get("id")), moment(node.get("updatedAt"))
    if shopify_id is None:
        raise Unreadable("the order has no id")
    known = Order.objects.filter(shopify_id=shopify_id).values_list("shopify_updated_at", flat=True)
    at = known.first()
    if at is not None and changed_at is not None and at >= changed_at:
        return False
    taken = read_order(shopify_id=shopify_id, client=turn.client, clock=turn.clock)
    return taken is not None


def _take_customer(node: Node, turn: Turn) -> bool:
    payload = customer_of(node)
    if payload is None:
        raise Unreadable("the customer has no id")
    known = ShopifyCustomer.objects.filter(shopify_id=payload.id)
    before = known.values_list("shopify_updated_at", flat=True).first()
    with transaction.atomic():
        take_turn(Subject("customer", payload.id))
        take_customer(payload=payload, now=turn.clock())
    return before is None or (payload.updated_at is not None and payload.updated_at > before)


def _take_checkout(node: Node, turn: Turn) -> bool:
    payload = checkout_of(node)
    with transaction.atomic():
        if payload.id is not None:
            take_turn(Subject("checkout", payload.id))
        taken = take_checkout(payload=payload, now=turn.clock(), heard=Heard(at=turn.clock()))
    return taken.is_new or bool(taken.changes)


_TAKERS: Mapping[Kind, Callable[[Node, Turn], bool]] = {
    Kind.ORDERS: _take_order,
    Kind.CUSTOMERS: _take_customer,
    Kind.CHECKOUTS: _take_checkout,
}
