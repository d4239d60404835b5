"""Who may open the pages about customers: colleagues who log in and may read messages."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from conversations import live_end

VIEW: Final = "conversations.view_message"
REPLY: Final = "conversations.reply_conversation"
ASSIGN: Final = "conversations.assign_conversation"
NOTE: Final = "conversations.add_note"
# Who may change a contact may also write down that it wants no more messages.
CHANGE: Final = "audiences.change_contact"

View = Callable[..., HttpResponseBase]


def for_colleagues(*permissions: str, is_polled: bool = False) -> Callable[[View], View]:
    """Let in who may read messages and has all of `permissions`; the others log in, or are refused (403).

    A live part whose reader is logged out reloads its page, which asks to log in: otherwise htmx would follow to
    the login page and show it inside the part. A page that asks for news by itself (`is_polled`) is told what is the
    matter instead, for somebody may be writing in it.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            turned_away = _turned_away(request, (VIEW, *permissions), is_polled=is_polled)
            if turned_away is not None:
                return turned_away
            return view(request, *args, **kwargs)

        return answer

    return guard


def _turned_away(
    request: HttpRequest, permissions: tuple[str, ...], *, is_polled: bool
) -> HttpResponse | None:
    """:raises PermissionDenied: logged in, and not allowed."""
    is_part = bool(request.headers.get("HX-Request"))
    if not admin.site.has_permission(request):
        if is_part and is_polled:
            return live_end.logged_out(request)
        if is_part:
            return HttpResponse(headers={"HX-Refresh": "true"})
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))
    if not request.user.has_perms(permissions):
        if is_part and is_polled:
            return live_end.not_allowed(request)
        raise PermissionDenied
    return None
