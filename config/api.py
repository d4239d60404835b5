"""What every part of the API has in common: its addresses and the shape of its errors."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.core.exceptions import ValidationError as ModelValidationError
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.views import exception_handler

APPS = ("audiences", "templates_sync", "campaigns", "orders", "conversations")
NO_FIELD = "non_field_errors"


def parts(name: str) -> list[str]:
    """Return the modules called `name` of the apps that have one."""
    return [f"{app}.{name}" for app in APPS if find_spec(f"{app}.{name}")]


def urlpatterns() -> list[URLPattern | URLResolver]:
    """Return the addresses below /api/v1/: each app's own, the schema and its page."""
    return [
        path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
        path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
        *(path("", include(import_module(name))) for name in parts("api_urls")),
    ]


def errors_as_lists(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer every refusal as field → list of messages; what concerns no field has a name too.

    A single message (not found, not allowed, throttled) stands under `detail`.
    """
    if isinstance(error, ModelValidationError):
        error = ValidationError(as_serializer_error(error))
    response = exception_handler(error, context)
    if response is not None:
        response.data = _by_field(response.data)
    return response


def _by_field(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        return {NO_FIELD: data if isinstance(data, list) else [data]}
    return {
        field: messages if isinstance(messages, list | dict) else [messages]
        for field, messages in data.items()
    }
