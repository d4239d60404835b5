"""Background work on orders: what webhooks wake, and what the beat starts."""

import time
from typing import Any

from celery import shared_task
from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from audiences import waking
from orders import deliveries, intake, reconciling, shop_calls, shop_turns
from orders.carrying_out import carry_out_call
from orders.cod.silence import follow_up
from orders.customers.asking_back import find_unwritten
from orders.figures.credit import credit_orders
from orders.importing import starting
from orders.judging import judge_open_orders
from orders.notices import look_at_shop
from orders.pairs import count_pairs
from orders.privacy.carrying import carry_out_due
from orders.shops import current_shop
from orders.triggers import checkouts, parcels, refill, win_back

# Then another task of the queue has its turn: a customer's STOP does not wait for a thousand orders.
TURN_SECONDS = 1.0
# A wake-up older than this says nothing: the sweep looks every minute.
_EXPIRES_SECONDS = 60


def wake_for_deliveries(*, after_seconds: float = 0) -> None:
    """Have a worker look for due deliveries of Shopify; without a broker the sweep does."""
    waking.wake(process_deliveries, expires=_EXPIRES_SECONDS, countdown=after_seconds)


@shared_task(ignore_result=True)
def process_deliveries(**_: object) -> None:
    """Process the deliveries of Shopify that are due, for a turn; hand on what is left."""
    ends = time.monotonic() + TURN_SECONDS
    done = intake.work(clock=timezone.now, is_time_up=lambda: time.monotonic() >= ends)
    # Asked after the place was given back: a wake-up that found none free is not lost.
    if done is not None and deliveries.is_any_due(now=timezone.now()):
        # Due and not to be had: somebody holds it for a moment.
        wake_for_deliveries(after_seconds=0 if done else 1)


@shared_task(ignore_result=True)
def sweep_deliveries(**_: object) -> None:
    """Have a worker look for deliveries nobody woke it for. Beat runs it every minute."""
    if deliveries.is_any_due(now=timezone.now()):
        wake_for_deliveries()


@shared_task(ignore_result=True)
def forget_deliveries(**_: object) -> None:
    """Delete old bodies, which are personal data. Beat runs it every day."""
    deliveries.forget_old(now=timezone.now())


@shared_task(ignore_result=True)
def find_abandoned_checkouts(**_: object) -> None:
    """Tell flows of carts left behind. Beat runs it every five minutes."""
    checkouts.find_abandoned(now=timezone.now())


@shared_task(ignore_result=True)
def find_untracked_parcels(**_: object) -> None:
    """Tell flows of parcels that left and got no tracking number. Beat runs it every five minutes."""
    parcels.tell_untracked(now=timezone.now())


@shared_task(ignore_result=True)
def find_lapsed_customers(**_: object) -> None:
    """Tell flows of who has not ordered for long. Beat runs it every hour."""
    win_back.find_lapsed(now=timezone.now())


@shared_task(ignore_result=True)
def find_refills(**_: object) -> None:
    """Tell flows of whose supplies run out. Beat runs it every six hours."""
    refill.find_due(now=timezone.now())


@shared_task(ignore_result=True)
def count_product_pairs() -> None:
    """Renew what suggestions are made from."""
    count_pairs(now=timezone.now())


@shared_task(ignore_result=True)
def carry_out_privacy_requests(**_: object) -> None:
    """Erase what people asked to be erased. Beat runs it every ten minutes."""
    carry_out_due(now=timezone.now())


@shared_task(ignore_result=True)
def watch_shop(**_: object) -> None:
    """Tell people what is wrong with the connection to the shop. Beat runs it every hour."""
    look_at_shop(current_shop(), now=timezone.now())


@shared_task
def carry_out_shop_call(*, call_id: int, **_: object) -> None:
    """Tell Shopify one thing."""
    carry_out_call(
        call_id=call_id, gateway=import_string(settings.SHOPIFY_GATEWAY), clock=timezone.now
    )


@shared_task
def sweep_shop_calls(**_: object) -> int:
    """Hand out the calls to Shopify that are due; return how many. Beat runs it every minute."""
    ids = shop_calls.take_due(now=timezone.now())
    for call_id in ids:
        shop_calls.wake(call_id)
    shop_turns.tell_of_calls()
    return len(ids)


@shared_task(ignore_result=True)
def find_unwritten_consents(**_: object) -> None:
    """Have Shopify told of withdrawals that it does not know of. Beat runs it every hour."""
    find_unwritten(now=timezone.now())


@shared_task
def read_wanted_orders(**_: object) -> None:
    """Read the orders again that webhooks told of without their contents. Beat runs it every minute."""
    if shop_turns.read_orders_wanted():
        _come_again(read_wanted_orders)


@shared_task(ignore_result=True)
def judge_orders(**_: object) -> None:
    """Say of orders how they ended where only time says so. Beat runs it every night."""
    judge_open_orders(now=timezone.now())


@shared_task
def reconcile_shop(**_: object) -> None:
    """Ask Shopify what changed. Beat runs it every minute; it begins every quarter of an hour."""
    if shop_turns.reconcile():
        _come_again(reconcile_shop)


@shared_task
def import_shop(**_: object) -> None:
    """Go on with the import of the shop. Beat runs it every minute, a start at once."""
    pause = shop_turns.go_on_importing()
    if pause is not None:
        _come_again(import_shop, after_seconds=pause.total_seconds())


@shared_task
def look_after_webhooks(**_: object) -> None:
    """See that Shopify still tells us of everything. Beat runs it every hour."""
    shop_turns.look_after_shop()


@shared_task
def forget_shop_logs(**_: object) -> None:
    """Delete old checks and the lines of imports that were left. Beat runs it every day."""
    reconciling.forget_old(now=timezone.now())
    starting.forget_old(now=timezone.now())


def wake_import() -> bool:
    """Have a worker go on with the import; False without a broker: beat comes by within a minute."""
    return _come_again(import_shop)


def wake_reconciliation() -> bool:
    """Have a worker ask Shopify what changed; False without a broker."""
    return _come_again(reconcile_shop)


def _come_again(task: Any, *, after_seconds: float = 0) -> bool:
    """Go on at the next turn; without a broker beat comes by within a minute."""
    return waking.wake(task, countdown=after_seconds, expires=after_seconds + 60)


@shared_task(ignore_result=True)
def credit_orders_to_messages(**_: object) -> None:
    """Credit the orders of the last days anew; beat asks every 15 minutes."""
    credit_orders(now=timezone.now())


@shared_task(ignore_result=True)
def follow_up_confirmations(**_: object) -> None:
    """Remind who does not answer the question about a COD order, then list whom to call. Beat runs it every ten minutes."""
    follow_up(now=timezone.now())
