"""From a claimed call to what became of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from orders import shop_calls
from orders.customers.asking_back import NO_SCOPE, SCOPE
from orders.models import ShopCall
from orders.shop_call_ends import CallRefused, NotNeeded, NotYet
from orders.shop_call_steps import carry_out
from orders.shopify.client import ShopifyClient
from orders.shopify.errors import (
    AccessDenied,
    Misspelt,
    NotFound,
    Refused,
    ShopifyError,
    Throttled,
)
from orders.shops import current_shop

logger = logging.getLogger(__name__)

# Shopify cancels in a job of its own, usually within seconds.
LOOK_AGAIN = timedelta(seconds=20)
# Waiting for the bucket is no try, but it is not done for ever either.
_LEAST_PAUSE = timedelta(seconds=2)
# These come back the same whenever they are asked again.
_FINAL = (Refused, Misspelt)


def carry_out_call(
    *, call_id: int, gateway: Callable[[], ShopifyClient], clock: Callable[[], datetime]
) -> None:
    """Claim the call, make it, and write down what became of it; nothing where it is not its turn."""
    call = shop_calls.claim(call_id=call_id, now=clock())
    if call is None:
        return
    try:
        _make(call, gateway, now=clock())
        shop_calls.finish(call, now=clock())
    except CallRefused as refusal:
        shop_calls.finish(call, now=clock(), error=refusal.code)
    except NotNeeded as reason:
        shop_calls.skip(call, now=clock(), why=reason.code)
    except NotYet as waiting:
        shop_calls.put_off(call, now=clock(), error=waiting.code)
    except ShopifyError as error:
        _trouble(call, error, now=clock())
    except Exception:
        # Whatever it is, the row must say it and be tried again.
        logger.exception("call %s to Shopify could not be made", call_id)
        shop_calls.put_off(call, now=clock(), error="fault")


def _make(call: ShopCall, gateway: Callable[[], ShopifyClient], *, now: datetime) -> None:
    client = gateway()
    try:
        carry_out(call, client=client, now=now)
    finally:
        client.close()


def _trouble(call: ShopCall, error: ShopifyError, *, now: datetime) -> None:
    if call.kind == ShopCall.Kind.WRITE_CONSENT and isinstance(error, AccessDenied):
        # Nobody waits for it minute by minute: one sentence, and no more tries until it is mended.
        # With the permission there it is another one, such as to see phones: not to be tried every hour.
        code = error.code if SCOPE in current_shop().scopes else NO_SCOPE
        shop_calls.finish(call, now=now, error=code, detail=error.detail)
    elif isinstance(error, NotFound):
        _not_there(call, error, now=now)
    elif isinstance(error, _FINAL):
        shop_calls.finish(call, now=now, error=error.code, detail=error.detail)
    elif isinstance(error, Throttled):
        pause = max(_LEAST_PAUSE, timedelta(seconds=error.retry_after or 0))
        shop_calls.put_off(call, now=now, error=error.code, pause=pause)
    else:
        shop_calls.put_off(call, now=now, error=error.code, detail=error.detail)


def _not_there(call: ShopCall, error: NotFound, *, now: datetime) -> None:
    """A 404 speaks of the address that was called, anything else of what the call is about."""
    if error.status is not None:
        shop_calls.finish(call, now=now, error="no_such_address")
    elif call.kind == ShopCall.Kind.WRITE_CONSENT:
        shop_calls.skip(call, now=now, why="customer_gone")
    else:
        shop_calls.finish(call, now=now, error="order_gone")
