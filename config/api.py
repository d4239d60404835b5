"""What every part of the API has in common: its addresses and the shape of its errors."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.core.exceptions import ValidationError as ModelValidationError
from django.http import Http404
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
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
        # With a slash at the end, so that an address that only lacks it is still led there.
        re_path(r"^(?:.*/)?$", no_such_address),
    ]


@extend_schema(exclude=True)
@api_view(["GET", "POST", "PUT", "PATCH", "DELETE"])
@authentication_classes([])
@permission_classes([])
def no_such_address(request: Request) -> Response:
    """Answer in JSON: a program that asks for a wrong address cannot read a page."""
    raise NotFound(_("There is no such address: see /api/v1/docs/."))


def errors_as_lists(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer every refusal as field → list of messages; what concerns no field has a name too.

    A single message (not found, not allowed, throttled) stands under `detail`.
    """
    if isinstance(error, ModelValidationError):
        error = ValidationError(as_serializer_error(error))
    if isinstance(error, Http404):
        error = NotFound()  # its own words are Django's, in English and about the table
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
