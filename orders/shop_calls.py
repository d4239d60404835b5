"""What Shopify must still be told: asked for with the decision, carried out by a worker, one order or customer in series.

Every kind may be carried out again without doing anything twice (see `orders.shop_call_steps`), so a
lost answer, a dead worker and a second click all end in another try.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from audiences import waking
from orders.models import Order, ShopCall, ShopifyCustomer
from orders.shopify_words import sentence

State = ShopCall.State
TASK = "orders.tasks.carry_out_shop_call"
SWEEP = "orders.tasks.sweep_shop_calls"
# The worker comes within a second; later than this the broker has lost it.
SWEEP_AFTER = timedelta(minutes=1)
# A worker that holds a call longer than this has died: time limits end earlier.
LEASE = timedelta(minutes=5)
# After each try that came to nothing; then it is left for a person.
BACKOFF = (
    timedelta(seconds=20),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
)
# What was passed over for something that a person can mend.
_MENDABLE = ("no_default_phone", "other_number", "turned_off")
# What a person may have tried again.
IS_REPEATABLE = Q(state=State.FAILED) | Q(state=State.SKIPPED, error__in=_MENDABLE)
_ANEW: Mapping[str, Any] = {
    "state": State.WAITING,
    "attempts": 0,
    "error": "",
    "error_detail": "",
    "done_at": None,
    "leased_until": None,
}
Callback = Callable[[ShopCall, str], None]
_after: dict[str, list[Callback]] = {}


class RepeatRefused(Exception):
    """The call is not one that failed, or a later one of its kind was asked for since."""


def ask(
    *, order: Order, key: str, kind: ShopCall.Kind, payload: Mapping[str, Any], now: datetime
) -> ShopCall:
    """Have Shopify told, once per `order` and `key`; inside the caller's transaction.

    The same key again returns the call that is there, whatever became of it.
    """
    values = {
        "kind": kind,
        "payload": dict(payload),
        "created_at": now,
        "due_at": now + SWEEP_AFTER,
    }
    call, is_new = ShopCall.objects.get_or_create(order=order, key=key, defaults=values)
    if is_new:
        transaction.on_commit(partial(wake, call.pk))
    return call


def ask_for_new(
    *,
    orders: Sequence[Order],
    key: str,
    kind: ShopCall.Kind,
    payload: Mapping[str, Any],
    now: datetime,
) -> None:
    """As `ask` for each, of orders that this transaction made: nothing was asked of them before.

    They are due at once and handed out together: one knock at the broker's door.
    """
    ShopCall.objects.bulk_create(
        ShopCall(order=order, key=key, kind=kind, payload=dict(payload), created_at=now, due_at=now)
        for order in orders
    )
    if orders:
        transaction.on_commit(wake_for_due)


def register_after(kind: ShopCall.Kind, callback: Callback) -> None:
    """Have `callback(call, error)` called in the transaction that ends a call of `kind`.

    `error` is "" when it was done, else a sentence for people. It may be called again for a call that
    failed and was repeated by a person.
    """
    listeners = _after.setdefault(kind, [])
    if callback not in listeners:
        listeners.append(callback)


def wake(call_id: int) -> None:
    """Hand a call to a worker; without a broker the sweep finds it."""
    waking.wake(TASK, kwargs={"call_id": call_id}, queue="default")


def wake_for_due() -> None:
    """Have the calls that are due handed to workers; without a broker beat does within a minute."""
    waking.wake(SWEEP, queue="default", expires=60)


def claim(*, call_id: int, now: datetime) -> ShopCall | None:
    """Take the call for this worker; None while it is not its turn.

    Calls of one order, or of one customer, go one after the other, in the order in which they were asked for.
    """
    with transaction.atomic():
        call = ShopCall.objects.filter(pk=call_id, state=State.WAITING).first()
        if call is None:
            return None
        # Whoever claims another call of this order, or of this customer, waits here.
        of: type[Order | ShopifyCustomer] = Order if call.order_id else ShopifyCustomer
        subject = call.order_id or call.customer_id or 0
        of._default_manager.select_for_update(no_key=True).filter(pk=subject).first()
        claimed = _free(now).filter(pk=call_id).exclude(_is_behind(now))
        if not claimed.update(leased_until=now + LEASE, attempts=F("attempts") + 1):
            return None
    return ShopCall.objects.select_related("order", "customer").get(pk=call_id)


def finish(call: ShopCall, *, now: datetime, error: str = "", detail: str = "") -> None:
    """End the call, tell who waits for its end in the same transaction, and wake the next of its subject.

    `error` is a code of `orders.shopify_words`, "" for done; `detail` are Shopify's own words.
    """
    _end(call, State.FAILED if error else State.DONE, now=now, error=error, detail=detail)


def skip(call: ShopCall, *, now: datetime, why: str) -> None:
    """End the call without having told Shopify: there was nothing to tell. `why` as `error` of `finish`."""
    _end(call, State.SKIPPED, now=now, error=why, detail="")


def _end(call: ShopCall, state: State, *, now: datetime, error: str, detail: str) -> None:
    with transaction.atomic():
        ended = ShopCall.objects.filter(pk=call.pk, state=State.WAITING).update(
            state=state, error=error, error_detail=detail[:300], done_at=now, leased_until=None
        )
        if not ended:
            return
        call.refresh_from_db()
        text = sentence(error, detail)
        for callback in _after.get(call.kind, ()):
            callback(call, text)
        _wake_next(call)


def put_off(
    call: ShopCall,
    *,
    now: datetime,
    error: str,
    detail: str = "",
    pause: timedelta | None = None,
) -> None:
    """Try the call again later; `pause` is a wait that counts as no try. After the last try it failed."""
    if pause is None and call.attempts > len(BACKOFF):
        finish(call, now=now, error=error, detail=detail)
        return
    after = BACKOFF[min(call.attempts, len(BACKOFF)) - 1] if pause is None else pause
    ShopCall.objects.filter(pk=call.pk, state=State.WAITING).update(
        due_at=now + after,
        leased_until=None,
        error=error,
        error_detail=detail[:300],
        attempts=F("attempts") - (0 if pause is None else 1),
    )


def take_due(*, now: datetime, limit: int = 200) -> list[int]:
    """Return ids to hand out of calls that wait for their next try, or whose worker died."""
    due = _free(now).filter(due_at__lte=now).exclude(_is_behind(now)).order_by("due_at")
    # Thousands of withdrawals of an import do not keep an order waiting.
    ids = list(due.filter(order__isnull=False).values_list("pk", flat=True)[:limit])
    rest = max(limit - len(ids), limit // 4)
    ids += due.filter(order=None).values_list("pk", flat=True)[:rest]
    ShopCall.objects.filter(pk__in=ids, state=State.WAITING).update(due_at=now + SWEEP_AFTER)
    return ids


def repeat(*, call: ShopCall, now: datetime) -> ShopCall:
    """Try again a call that failed, or that was passed over for something that a person can mend.

    :raises RepeatRefused: it is neither, or a later call of its kind has taken its place.
    """
    newer = ShopCall.objects.filter(
        order=OuterRef("order"), kind=OuterRef("kind"), pk__gt=OuterRef("pk")
    )
    with transaction.atomic():
        failed = ShopCall.objects.filter(IS_REPEATABLE, pk=call.pk)
        is_overtaken = Q(kind=ShopCall.Kind.UPDATE_ADDRESS) & Q(Exists(newer))
        moved = failed.exclude(is_overtaken).update(**_ANEW, due_at=now + SWEEP_AFTER)
        if not moved:
            raise RepeatRefused
        transaction.on_commit(partial(wake, call.pk))
    call.refresh_from_db()
    return call


def wait_again(*, kind: ShopCall.Kind, errors: Collection[str], now: datetime) -> int:
    """Have the calls of `kind` that failed or were passed over with one of these codes tried again; return how many."""
    ended = ShopCall.objects.filter(kind=kind, state__in=[State.FAILED, State.SKIPPED])
    return ended.filter(error__in=errors).update(**_ANEW, due_at=now) if errors else 0


def _free(now: datetime) -> Any:
    waiting = ShopCall.objects.filter(state=State.WAITING)
    return waiting.filter(Q(leased_until=None) | Q(leased_until__lte=now))


def _is_behind(now: datetime) -> Exists:
    """Whether an earlier call of the same order or customer is still to be made, or another one is being made."""
    same = Q(order=OuterRef("order")) | Q(customer=OuterRef("customer"))
    others = ShopCall.objects.filter(same, state=State.WAITING)
    before = Q(pk__lt=OuterRef("pk")) | Q(leased_until__gt=now) & ~Q(pk=OuterRef("pk"))
    return Exists(others.filter(before))


def _wake_next(call: ShopCall) -> None:
    same = Q(order=call.order_id) if call.order_id else Q(customer=call.customer_id)
    following = ShopCall.objects.filter(same, state=State.WAITING, attempts=0)
    next_id = following.order_by("pk").values_list("pk", flat=True).first()
    if next_id is not None:
        transaction.on_commit(partial(wake, next_id))
