"""What the beat starts for orders."""

from celery import shared_task
from django.utils import timezone

from orders.pairs import count_pairs


@shared_task(ignore_result=True)
def count_product_pairs() -> None:
    """Renew what suggestions are made from."""
    count_pairs(now=timezone.now())
