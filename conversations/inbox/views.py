"""The inbox in the browser: its list, what is new of it, and what is done from it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from campaigns.access import user_of
from conversations.access import ASSIGN, for_colleagues
from conversations.assigning import colleagues
from conversations.card.frame import framed, is_part
from conversations.inbox.asking import Asked, Said, asked_by, carry_out_asked
from conversations.inbox.cod import tasks
from conversations.inbox.counting import counters, version_of
from conversations.inbox.pages import MOST, BadCursor, InboxPage, read_page
from conversations.inbox.rows import rows_of
from conversations.inbox.searching import Found, search
from conversations.inbox.tabs import Tab, parts_of
from conversations.inbox.words import EMPTY, TABS
from conversations.putting_off import this_evening, tomorrow_morning

VERSION_HEADER: Final = "X-Inbox-Version"
# What is said after a click without a script, on the page that follows.
_SAID: Final = "inbox_said"


@never_cache
@require_safe
@for_colleagues()
def inbox(request: HttpRequest) -> HttpResponse:
    """The list of a tab, or what a search finds; for htmx the page after `after` alone."""
    now, asked = timezone.now(), asked_by(request.GET)
    said = Said(*request.session.pop(_SAID)) if _SAID in request.session else Said()
    shown = _shown(request, asked, said, now=now)
    if is_part(request) and asked.after:
        return render(request, "conversations/inbox/parts/rows.html", shown)
    return framed(request, "conversations/inbox/page.html", shown, title=_("Inbox"))


@never_cache
@require_safe
@for_colleagues(is_polled=True)
def news(request: HttpRequest) -> HttpResponse:
    """The list drawn again; an empty 204 for one statement where nothing changed."""
    now, asked = timezone.now(), asked_by(request.GET)
    version = _version(request, asked, now=now)
    if request.GET.get("v") == version:
        return HttpResponse(status=204)
    return _live(request, asked, Said(), version=version, now=now)


@never_cache
@require_POST
@for_colleagues(ASSIGN)
def act(request: HttpRequest) -> HttpResponse:
    """Carry out what the pressed button says with the rows that it names, or with the ticked ones."""
    now, asked = timezone.now(), asked_by(request.POST)
    said = carry_out_asked(request.POST, by=user_of(request), until=_until(request), now=now)
    if is_part(request):
        version = _version(request, asked, now=now)
        return _live(request, asked, said, version=version, now=now)
    request.session[_SAID] = [said.text, said.problems, said.undo]
    return HttpResponseRedirect(asked.address)


def _live(
    request: HttpRequest, asked: Asked, said: Said, *, version: str, now: datetime
) -> HttpResponse:
    answer = render(request, "conversations/inbox/live.html", _shown(request, asked, said, now=now))
    answer[VERSION_HEADER] = version
    return answer


def _shown(request: HttpRequest, asked: Asked, said: Said, *, now: datetime) -> dict[str, Any]:
    user = user_of(request)
    found = search(asked.wanted) if asked.wanted else Found()
    page = InboxPage(found.rows, None) if asked.wanted else _page(request, asked, now=now)
    may_assign, has_orders = user.has_perm(ASSIGN), user.has_perm("orders.decide_cod")
    zone = timezone.get_current_timezone()
    return {
        "asked": asked,
        "said": said,
        "tabs": _tabs(request, asked, now=now),
        "rows": rows_of(page.rows, user=user, now=now, words=found.words),
        "is_part": found.is_part,
        "next": asked.following(page.next) if page.next else "",
        "empty": EMPTY[asked.tab],
        "tasks": tasks() if has_orders and not asked.after else None,
        "may_assign": may_assign,
        "colleagues": colleagues().exclude(pk=user.pk) if may_assign else (),
        "evening": this_evening(now=now, zone=zone),
        "morning": tomorrow_morning(now=now, zone=zone),
        "hour_from_now": timezone.localtime(now),
        "version": _version(request, asked, now=now),
        "is_live": not (asked.wanted or asked.after),
        "customers_url": f"{reverse('customers')}?{urlencode({'q': asked.wanted})}",
    }


def _page(request: HttpRequest, asked: Asked, *, now: datetime) -> InboxPage:
    parts = parts_of(asked.tab, user=user_of(request), now=now)
    try:
        return read_page(parts, after=asked.after or None, limit=asked.limit)
    except BadCursor:
        # Typed, or of an older version of the page: the beginning is never wrong.
        return read_page(parts, limit=asked.limit)


def _tabs(request: HttpRequest, asked: Asked, *, now: datetime) -> list[dict[str, Any]]:
    counted = counters(user=user_of(request), now=now)
    return [
        {
            "tab": tab,
            "words": TABS[tab],
            "counter": counted.get(tab),
            "is_current": tab is asked.tab and not asked.wanted,
            "url": f"{reverse('inbox')}?{urlencode({'tab': tab})}",
        }
        for tab in Tab
    ]


def _version(request: HttpRequest, asked: Asked, *, now: datetime) -> str:
    """What a search shows stands still, as does a later page; it is looked for again when somebody asks."""
    user = user_of(request)
    if asked.wanted or asked.after:
        return ""
    parts = parts_of(asked.tab, user=user, now=now)
    has_orders = user.has_perm("orders.decide_cod")
    limit = min(asked.limit, MOST)
    return version_of(parts, user=user, limit=limit, has_orders=has_orders, now=now)


def _until(request: HttpRequest) -> datetime | None:
    """The moment typed beside the pressed button, in the house's time zone; None for what is none."""
    word = request.POST.get("do", "").partition(":")[2].partition(".")[0]
    typed = request.POST.get(f"until-{word}" if word else "until", "")
    try:
        moment = parse_datetime(typed)
    except ValueError:
        return None
    if moment is None:
        return None
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment
