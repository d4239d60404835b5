"""The address that Spoki delivers to: verify the raw bytes, store, answer, process later."""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from prometheus_client import Counter

from conversations import deliveries, doorbell
from spoki import signature

logger = logging.getLogger(__name__)

refused = Counter("spoki_webhook_refused", "Deliveries with a missing or wrong signature")


@csrf_exempt
@require_POST
@transaction.non_atomic_requests
def spoki_webhook(request: HttpRequest) -> HttpResponse:
    """Answer 401 to what is not signed, 200 to the rest, repetitions and unknown events included."""
    now = timezone.now()
    header = request.headers.get(signature.HEADER)
    if not signature.is_authentic(header, request.body, settings.SPOKI_WEBHOOK_SECRETS, now):
        refused.inc()
        logger.warning("a delivery with a missing or wrong signature was refused")
        return HttpResponse(status=401)
    if deliveries.store_delivery(body=request.body, now=now) is not None:
        transaction.on_commit(doorbell.ring)
    return JsonResponse({})
