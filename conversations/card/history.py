"""The line above the conversation: how far back it goes. It loads after the page, which never waits for Spoki."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from conversations.access import REPLY, for_colleagues
from conversations.backfill import Standing, ensure_history
from conversations.card.frame import Elsewhere, person_or_404, to_card
from conversations.card.slots import Scene, Slot

MERGED: Final = "history-merged"
# Seconds between two looks while it loads: soon at first, then ever more slowly.
_SLOWEST: Final = 8


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_colleagues()
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """GET: have the history asked if it is time to, and say how it stands. POST: a person wants it asked now."""
    try:
        contact = person_or_404(pk)
    except Elsewhere as elsewhere:
        return to_card(request, elsewhere.contact_id)
    standing = ensure_history(
        contact=contact, now=timezone.now(), is_asked_again=request.method == "POST"
    )
    look, shown_before = _number(request, "n"), _number(request, "added")
    shown: dict[str, Any] = {
        "contact": contact,
        "standing": standing,
        "url": reverse("customer-history", args=[contact.pk]),
        "next_look": look + 1,
        "pause": min(1 + look // 2, _SLOWEST),
        "may_upload": bool(contact.phone) and request.user.has_perm(REPLY),
        "is_whole": standing.state is Standing.COMPLETE,
    }
    answer = render(request, "conversations/card/history.html", shown)
    if standing.added > shown_before:
        answer["HX-Trigger"] = MERGED
    return answer


def _no_more(request: HttpRequest, scene: Scene) -> Mapping[str, Any]:
    return {}


def _number(request: HttpRequest, name: str) -> int:
    told = request.GET.get(name, "")
    return int(told) if told.isdecimal() and len(told) < 7 else 0


# The line loads by itself: the card knows nothing of it when it is drawn.
SLOT: Final = Slot(template="conversations/card/history_slot.html", context=_no_more)
