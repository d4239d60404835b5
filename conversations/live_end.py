"""What a page that asks for news is told when there will be none: what is the matter, and what to do."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from audiences.models import Contact


def logged_out(request: HttpRequest) -> HttpResponse:
    """401: the session ended; after the login the page that asked opens again."""
    words = _("You have been logged out: what is new cannot be shown.")
    kept = _("What you write is kept.")
    url = f"{reverse('admin:login')}?{urlencode({'next': _page_of(request)})}"
    return _told(request, f"{words} {kept}", 401, url=url, verb=_("Log in again"))


def not_allowed(request: HttpRequest) -> HttpResponse:
    """403: the right to read conversations was withdrawn."""
    words = _("You may no longer see the customers' conversations: ask your administrator.")
    return _told(request, words, 403)


def joined(request: HttpRequest, kept: Contact, url: str) -> HttpResponse:
    """410: the contact is part of another one by now, whose card is at `url`."""
    name = kept.full_name or kept.phone or str(kept.pk)
    words = _("This customer was joined into %(name)s.") % {"name": name}
    return _told(request, words, 410, url=url, verb=_("Open that card"), is_final=True)


def gone(request: HttpRequest) -> HttpResponse:
    """404: the contact was deleted."""
    words = _("This customer is no longer here.")
    verb = _("Find a customer")
    return _told(request, words, 404, url=reverse("customers"), verb=verb, is_final=True)


def _told(
    request: HttpRequest,
    words: str,
    status: int,
    *,
    url: str = "",
    verb: str = "",
    is_final: bool = False,
) -> HttpResponse:
    told = {"words": words, "url": url, "verb": verb, "is_final": is_final}
    return render(request, "conversations/live_end.html", told, status=status)


def _page_of(request: HttpRequest) -> str:
    """Return the path of the page that asked, where it is one of ours."""
    shown = request.headers.get("HX-Current-URL", "")
    if not url_has_allowed_host_and_scheme(shown, allowed_hosts={request.get_host()}):
        return reverse("inbox")
    parts = urlsplit(shown)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
