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

VIEW: Final = "conversations.view_message"
REPLY: Final = "conversations.reply_conversation"
ASSIGN: Final = "conversations.assign_conversation"
NOTE: Final = "conversations.add_note"
# Who may change a contact may also write down that it wants no more messages.
CHANGE: Final = "audiences.change_contact"

View = Callable[..., HttpResponseBase]


def for_colleagues(*permissions: str) -> Callable[[View], View]:
    """Let in who may read messages and has all of `permissions`; the others log in, or are refused (403).

    A live part whose reader is logged out reloads its page, which asks to log in: otherwise htmx would follow to
    the login page and show it inside the part.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not admin.site.has_permission(request):
                if request.headers.get("HX-Request"):
                    return HttpResponse(headers={"HX-Refresh": "true"})
                return redirect_to_login(request.get_full_path(), reverse("admin:login"))
            if not request.user.has_perms((VIEW, *permissions)):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return answer

    return guard
