"""Going on with the import that is under way: each turn some seconds, one worker at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from audiences.alone import alone
from orders.importing.asking import BulkBusy, ask, look
from orders.importing.fetching import fetch
from orders.importing.keeping import keep
from orders.importing.starting import begin_again, fail
from orders.models import ShopImport, ShopImportPart
from orders.shopify.client import ShopifyClient
from orders.shopify.errors import FileGone, ShopifyError

# First half of the keys of advisory locks; the second is made of the name.
_IMPORTING_LOCK = 7_421_103

Status = ShopImport.Status
Step = ShopImportPart.Step
# How soon Shopify is asked again whether the file is done, and after an error that passes.
LOOK_AGAIN = timedelta(seconds=5)
PAUSES = (
    timedelta(seconds=15),
    timedelta(minutes=1),
    timedelta(minutes=2),
    timedelta(minutes=5),
    timedelta(minutes=10),
    timedelta(minutes=15),
)
# After so many operations that Shopify gave up, the part that it did write is taken.
TAKES_PARTIAL_AFTER = 2


@dataclass(frozen=True, slots=True)
class Turn:
    """One worker's time: `is_time_up` is asked between two steps."""

    client: Callable[[], ShopifyClient]
    clock: Callable[[], datetime]
    is_time_up: Callable[[], bool]


def work(*, turn: Turn) -> timedelta | None:
    """Go on with the import; return after what pause it has something to do again, None when never.

    Never raises for an error of Shopify: the import says it, and waits or fails.
    """
    with alone(_IMPORTING_LOCK, "shop") as is_mine:
        if not is_mine:
            return None
        running = ShopImport.objects.filter(status=Status.RUNNING, due_at__lte=turn.clock())
        shop_import = running.first()
        return _turn(shop_import, turn) if shop_import else None


def _turn(shop_import: ShopImport, turn: Turn) -> timedelta | None:
    pause: timedelta | None = timedelta()
    try:
        client = turn.client()
        try:
            pause = _go_on(shop_import, client, turn)
        finally:
            client.close()
    except ShopifyError as error:
        return _trouble(shop_import, error, now=turn.clock())
    now = turn.clock()
    is_past_bulk = shop_import.parts.filter(step__in=[Step.FETCHING, Step.KEEPING]).exists()
    overcome = {"failures": 0} if is_past_bulk else {}
    ShopImport.objects.filter(pk=shop_import.pk, status=Status.RUNNING).update(
        touched_at=now, due_at=now + (pause or timedelta()), error="", error_detail="", **overcome
    )
    return pause


def _go_on(shop_import: ShopImport, client: ShopifyClient, turn: Turn) -> timedelta | None:
    """Take one step after the other; return the pause until the next, None at the end."""
    _ask_for_all(shop_import, client, turn)
    while not turn.is_time_up():
        if not ShopImport.objects.filter(pk=shop_import.pk, status=Status.RUNNING).exists():
            return None
        part = shop_import.parts.exclude(step=Step.DONE).order_by("pk").first()
        if part is None:
            _end(shop_import, now=turn.clock())
            return None
        if not _step(part, shop_import, client, turn):
            return timedelta() if part.step in {Step.FETCHING, Step.KEEPING} else LOOK_AGAIN
    return timedelta()


def _ask_for_all(shop_import: ShopImport, client: ShopifyClient, turn: Turn) -> None:
    """Shopify writes several files at once (five since 2026-01): the later ones are ready in time."""
    for part in shop_import.parts.filter(step=Step.WAITING).order_by("pk"):
        try:
            ask(part, client=client, now=turn.clock())
        except BulkBusy:
            if not shop_import.parts.exclude(step__in=[Step.WAITING, Step.DONE]).exists():
                raise
            return


def _step(part: ShopImportPart, shop_import: ShopImport, client: ShopifyClient, turn: Turn) -> bool:
    """Go on with a part; False where it must wait, or the time is up."""
    if part.step == Step.WAITING:
        ask(part, client=client, now=turn.clock())
        return False
    if part.step == Step.ASKED:
        takes_partial = shop_import.failures >= TAKES_PARTIAL_AFTER
        return look(part, client=client, takes_partial=takes_partial)
    if part.step == Step.FETCHING:
        try:
            return fetch(part, client=client, is_time_up=turn.is_time_up)
        except FileGone:
            begin_again(part)
            raise
    return keep(part, clock=turn.clock, is_time_up=turn.is_time_up)


def _end(shop_import: ShopImport, *, now: datetime) -> None:
    ShopImport.objects.filter(pk=shop_import.pk, status=Status.RUNNING).update(
        status=Status.DONE, finished_at=now, touched_at=now, error="", error_detail=""
    )


def _trouble(shop_import: ShopImport, error: ShopifyError, *, now: datetime) -> timedelta | None:
    """Wait and try again where it may pass; else, and after the last pause, leave it to a person."""
    is_passing = error.is_passing or isinstance(error, FileGone)
    failures = shop_import.failures + (0 if isinstance(error, BulkBusy) else 1)
    if not is_passing or failures > len(PAUSES):
        fail(shop_import, error=error.code, detail=error.detail, now=now)
        return None
    pause = PAUSES[max(failures, 1) - 1]
    ShopImport.objects.filter(pk=shop_import.pk, status=Status.RUNNING).update(
        failures=failures,
        error=error.code,
        error_detail=error.detail[:300],
        touched_at=now,
        due_at=now + pause,
    )
    return pause
