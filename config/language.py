"""The language of the pages: Italian, until a person chooses another one."""

from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware


class ChosenLanguageMiddleware(LocaleMiddleware):
    """Follows the switch alone: many an Italian works with a browser that asks for English.

    Callers of the API have no switch: there the header decides.
    """

    def process_request(self, request: HttpRequest) -> None:
        if not request.path_info.startswith("/api/"):
            request.META.pop("HTTP_ACCEPT_LANGUAGE", None)
        super().process_request(request)
