"""Where each role begins after login: whoever answers customers in the inbox, the others on the first page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse

# Who answers customers and plans no campaigns lives in the inbox.
_ANSWERS = "conversations.reply_conversation"
_PLANS = "campaigns.view_campaign"


def home_of(user: User | AnonymousUser) -> str:
    """Return the address of the page where `user` begins."""
    is_agent = user.has_perm(_ANSWERS) and not user.has_perm(_PLANS)
    return reverse("inbox" if is_agent else "admin:index")


def root(request: HttpRequest) -> HttpResponseBase:
    """Lead from the bare address to where the reader begins; strangers log in on the way."""
    return HttpResponseRedirect(home_of(request.user))


def login(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
    """The admin's login; whoever wanted no page in particular begins at home."""
    answer = admin.site.login(request, **kwargs)
    first = resolve_url("admin:index")
    if answer.status_code == 302 and answer["Location"] == first:
        return HttpResponseRedirect(home_of(request.user))
    return answer
