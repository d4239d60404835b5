"""Where the clock is read and the client built for the work with the shop: a worker is given back soon."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from campaigns.alerts import watch
from orders import reconciling
from orders.importing import work as importing
from orders.models import Reconciliation, ShopCall
from orders.reading_orders import Turn, is_any_wanted, read_wanted
from orders.shopify.client import ShopifyClient
from orders.shopify.errors import NotConnected, ShopifyError
from orders.shops import current_shop, is_connected, mark_connected
from orders.webhook_watch import look_after_webhooks

logger = logging.getLogger(__name__)

TURN_SECONDS = 8.0
# Several checks in a row may fail before people are told.
READ_OLD_AFTER = timedelta(hours=1)
# A failed call is news for so long.
CALLS_WATCHED = timedelta(days=7)


def read_orders_wanted() -> bool:
    """Read the orders that somebody asked for; True when more are due."""
    if not is_any_wanted(now=timezone.now()) or not _is_connected():
        return False
    with _turn() as turn:
        if turn is None:
            return False
        try:
            read_wanted(turn)
        except ShopifyError:
            return False
    return is_any_wanted(now=timezone.now())


def reconcile() -> bool:
    """Begin or go on with the checks that are due; True when one is unfinished and not in trouble."""
    if not _is_connected():
        return False
    due = [
        kind for kind in Reconciliation.Kind.values if reconciling.is_due(kind, now=timezone.now())
    ]
    is_left = False
    for kind in due:
        with _turn() as turn:
            if turn is None:
                return False
            run = reconciling.reconcile(kind=kind, turn=turn)
        is_left |= run is not None and run.finished_at is None and not run.error
    if due:
        _tell_of_reading(now=timezone.now())
    return is_left


def go_on_importing() -> timedelta | None:
    """Go on with the import; return after what pause to come again, None when there is nothing to do."""
    return importing.work(
        turn=importing.Turn(client=_client, clock=timezone.now, is_time_up=_time_up())
    )


def look_after_shop() -> None:
    """Look after the webhooks; a shop that lets us in again is connected again. Beat asks hourly."""
    now = timezone.now()
    shop = current_shop()
    if not shop.domain:
        return
    with _turn() as turn:
        if turn is None:
            return
        try:
            look_after_webhooks(client=turn.client, now=now)
        except ShopifyError as error:
            logger.warning("the webhooks could not be looked at: %s", error)
            return
    mark_connected(shop, now=now)


def tell_of_calls() -> None:
    """Tell people of calls that nobody could make."""
    now = timezone.now()
    failed = ShopCall.objects.filter(
        state=ShopCall.State.FAILED, done_at__gte=now - CALLS_WATCHED
    ).count()
    watch(
        code="shopify_calls_failed",
        holds=failed > 0,
        figures={"count": failed},
        now=now,
        subject="shopify",
    )


def _tell_of_reading(*, now: datetime) -> None:
    sure = reconciling.sure_point(Reconciliation.Kind.ORDERS, now=now)
    is_first = not Reconciliation.objects.filter(finished_at__isnull=False).exists()
    first = Reconciliation.objects.order_by("started_at").values_list("started_at", flat=True)
    began = first.first() if is_first else sure
    watch(
        code="shopify_read_old",
        holds=began is not None and now - began > READ_OLD_AFTER,
        figures={"at": (began or now).isoformat()},
        now=now,
        subject="shopify",
    )


def _is_connected() -> bool:
    return is_connected(current_shop())


def _client() -> ShopifyClient:
    client: ShopifyClient = import_string(settings.SHOPIFY_GATEWAY)()
    return client


@contextmanager
def _turn() -> Iterator[Turn | None]:
    """A turn with a client of its own; None where the settings name no shop."""
    try:
        client = _client()
    except NotConnected:
        yield None
        return
    try:
        yield Turn(client=client, clock=timezone.now, is_time_up=_time_up())
    finally:
        client.close()


def _time_up() -> Callable[[], bool]:
    ends = time.monotonic() + TURN_SECONDS
    return lambda: time.monotonic() >= ends
