"""The short way to the addresses that other systems deliver to."""

from collections.abc import Callable
from functools import cache

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotFound
from django.urls import Resolver404, ResolverMatch, resolve

PREFIX = "/webhooks/"


class WebhooksFirst:
    """Answers what lies below /webhooks/ without the rest of the middleware, which serves people.

    A machine that signs its requests needs no session, language, CSRF token, cookie or page policy;
    leaving them out halves what a delivery costs. First in the list, so that nothing ran before.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIX):
            return self._get_response(request)
        try:
            found = _resolved(request.path_info)
        except Resolver404:
            return HttpResponseNotFound()
        request.resolver_match = found
        answer: HttpResponse = found.func(request, *found.args, **found.kwargs)
        # Without it the server answers in chunks, which takes a packet more.
        answer.headers.setdefault("Content-Length", str(len(answer.content)))
        return answer


@cache
def _resolved(path: str) -> ResolverMatch:
    """Remember the few addresses that exist; what leads nowhere raises, and is not remembered."""
    return resolve(path)
