"""What the beat starts for orders."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from orders import shop_calls
from orders.carrying_out import carry_out_call
from orders.pairs import count_pairs


@shared_task(ignore_result=True)
def count_product_pairs() -> None:
    """Renew what suggestions are made from."""
    count_pairs(now=timezone.now())


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
    return len(ids)
