"""How much one call may bring: it is read into memory whole."""

from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request

# A thousand contacts with everything an ordinary CRM knows of them are about one of these.
MAX_MEGABYTES = 10


class TooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = _("The body is larger than %(max)s MB: send fewer contacts at a time.") % {
        "max": MAX_MEGABYTES
    }


def check_size(request: Request) -> None:
    """Look at the length before anything is read; a body that does not tell it counts as empty.

    :raises TooLarge: more than ten megabytes.
    """
    told = str(request.META.get("CONTENT_LENGTH") or 0)
    if told.isdecimal() and int(told) > MAX_MEGABYTES * 1024 * 1024:
        raise TooLarge
