"""The address that Shopify delivers to: verify the raw bytes, store, answer, process later."""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from prometheus_client import Counter

from orders import deliveries, doorbell
from orders.raw_body import BodyTooLarge, read_body
from orders.shopify import signature
from orders.shopify.headers import header, read_arrival

logger = logging.getLogger(__name__)

# A page of 250 variants is some hundred kilobytes: more than this is not a delivery.
MOST_BYTES = 5 * 1024 * 1024

refused = Counter(
    "shopify_webhook_refused", "Deliveries that were not kept, by what was wrong", ["why"]
)
accepted = Counter(
    "shopify_webhook_accepted", "Authentic deliveries, by the place of the secret", ["secret"]
)


@csrf_exempt
@require_POST
@transaction.non_atomic_requests
def shopify_webhook(request: HttpRequest) -> HttpResponse:
    """Answer 401 to what is not signed, 413 to what is too large, 200 to the rest, repetitions included.

    Whatever keeps the row from being written is a 500: Shopify tries again for four hours.
    """
    try:
        body = read_body(request, most=MOST_BYTES)
    except BodyTooLarge:
        return _refuse("too_large", 413)
    except UnreadablePostError:
        return _refuse("cut_off", 400)
    secrets = settings.SHOPIFY_WEBHOOK_SECRETS
    place = signature.matching_secret(header(request.headers, signature.HEADER), body, secrets)
    if place is None:
        return _refuse("signature" if secrets else "no_secret_is_set", 401)
    # Tells when an old secret has had its day.
    accepted.labels(place + 1).inc()
    _take(request, body)
    return HttpResponse()


def _take(request: HttpRequest, body: bytes) -> None:
    now, own_shop = timezone.now(), settings.SHOPIFY_SHOP_DOMAIN
    arrival = read_arrival(request.headers, body, own_shop=own_shop)
    if own_shop and arrival.shop_domain != own_shop:
        logger.warning("a delivery for %s is not for our shop", arrival.shop_domain)
        deliveries.note_refused(arrival=arrival, outcome="unknown_shop", now=now)
    elif deliveries.store_delivery(arrival=arrival, body=body, now=now):
        transaction.on_commit(doorbell.ring)


def _refuse(why: str, status: int) -> HttpResponse:
    refused.labels(why).inc()
    logger.warning("a delivery of Shopify was refused: %s", why)
    return HttpResponse(status=status)
