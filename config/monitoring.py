"""Addresses for machines: is it alive, is it ready, how is it doing."""

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView
from kombu import Connection
from kombu.exceptions import OperationalError

LOOPBACK = {"127.0.0.1", "::1", ""}
BROKER_SECONDS = 2


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """Answer 200 while the process serves requests; nothing else is asked."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 when database and broker answer, otherwise 503 and which one does not."""
    parts = {"database": _database_answers(), "broker": _broker_answers()}
    is_ready = all(parts.values())
    body = {name: "ok" if well else "unreachable" for name, well in parts.items()}
    return JsonResponse(
        {"status": "ok" if is_ready else "unavailable", **body}, status=200 if is_ready else 503
    )


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer Prometheus on this machine, and staff; what came through a proxy is from outside."""
    is_local = (
        request.META.get("REMOTE_ADDR", "") in LOOPBACK
        and "HTTP_X_FORWARDED_FOR" not in request.META
    )
    if not is_local and not request.user.is_staff:
        return HttpResponseForbidden("Metrics are for this machine and for staff.\n")
    page: HttpResponse = ExportToDjangoView(request)
    return page


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _broker_answers() -> bool:
    try:
        with Connection(settings.CELERY_BROKER_URL, connect_timeout=BROKER_SECONDS) as broker:
            broker.ensure_connection(max_retries=1, timeout=BROKER_SECONDS)
    except (OperationalError, OSError):
        return False
    return True
