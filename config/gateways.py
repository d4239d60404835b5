"""Builds the clients of the outside world from settings: the only place that does."""

from django.conf import settings

from spoki import SpokiClient


def spoki_gateway() -> SpokiClient:
    """Return a new client of Spoki with its own connection pool; one per thread."""
    return SpokiClient(
        base_url=settings.SPOKI_BASE_URL,
        api_key=settings.SPOKI_API_KEY,
        history_path=settings.SPOKI_HISTORY_PATH or None,
    )
