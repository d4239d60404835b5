"""The address that Spoki delivers to: verify the raw bytes, store, answer, process later."""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from prometheus_client import Counter

from conversations import deliveries, doorbell
from orders.raw_body import BodyTooLarge, read_body
from spoki import signature

logger = logging.getLogger(__name__)

# One message is some kilobytes: more than this is not a delivery.
MOST_BYTES = 5 * 1024 * 1024

refused = Counter(
    "spoki_webhook_refused", "Deliveries that were not kept: not signed, too large, cut off"
)


@csrf_exempt
@require_POST
@transaction.non_atomic_requests
def spoki_webhook(request: HttpRequest) -> HttpResponse:
    """Answer 401 to what is not signed, 413 to what is too large, 400 to what broke off, 200 to the rest.

    Repetitions and unknown events are among the rest. What could not be stored is a 500.
    """
    try:
        body = read_body(request, most=MOST_BYTES)
    except BodyTooLarge:
        return _refuse("is too large", 413)
    except UnreadablePostError:
        return _refuse("broke off", 400)
    now = timezone.now()
    header = request.headers.get(signature.HEADER)
    if not signature.is_authentic(header, body, settings.SPOKI_WEBHOOK_SECRETS, now):
        return _refuse("has a missing or wrong signature", 401)
    if deliveries.store_delivery(body=body, now=now) is not None:
        transaction.on_commit(doorbell.ring)
    return JsonResponse({})


def _refuse(why: str, status: int) -> HttpResponse:
    refused.inc()
    logger.warning("a delivery that %s was refused", why)
    return HttpResponse(status=status)
