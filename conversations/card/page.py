"""The card itself, and its live parts: what is new since it was drawn, and what is older than it shows."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from audiences.models import Contact
from campaigns.access import user_of
from conversations import live_end
from conversations.access import ASSIGN, CHANGE, NOTE, REPLY, for_colleagues
from conversations.card import slots
from conversations.card.frame import Elsewhere, card_url, framed, person_or_404, to_card
from conversations.card.last_contact import last_contact
from conversations.card.news import version_of
from conversations.card.people import header_of
from conversations.card.purchases import OPEN, purchases_of
from conversations.card.slots import Scene
from conversations.card.talk import rows_of
from conversations.models import CardOpening
from conversations.notes import LONGEST, notes_of
from conversations.timeline import BadCursor, timeline_page
from conversations.window import window_of

# How a card may be reached; anything else is a link.
WAYS: Final = ("inbox", "search", "phone", "order")
# Where the browser keeps what the card was like when it was drawn.
VERSION_HEADER: Final = "X-Card-Version"


@never_cache
@require_safe
@for_colleagues()
def card(request: HttpRequest, pk: int) -> HttpResponse:
    """The customer card; who opened it, and how they got there, is written down."""
    now = timezone.now()
    # Before anything is read: what changes meanwhile is drawn by the first look for news.
    version = version_of(pk, now=now)
    try:
        contact = person_or_404(pk)
    except Elsewhere as elsewhere:
        return HttpResponseRedirect(card_url(elsewhere.contact_id))
    if request.method == "GET":
        _log_opening(request, contact, now=now)
    shown = card_context(request, contact, now=now)
    scene = Scene(contact=contact, window=shown["window"], now=now)
    if shown["header"].erased_at is None:
        shown["reply_slot"] = slots.filled(slots.REPLY, request, scene)
        shown["history_slot"] = slots.filled(slots.HISTORY, request, scene)
    shown["version"] = version.token if version else ""
    return framed(request, "conversations/card/page.html", shown, title=shown["header"].name)


@never_cache
@require_safe
@for_colleagues(is_polled=True)
def news(request: HttpRequest, pk: int) -> HttpResponse:
    """The parts that live, drawn again; an empty 204 for one statement where nothing changed."""
    now = timezone.now()
    version = version_of(pk, now=now)
    if version is None:
        return live_end.gone(request)
    if version.moved_to is not None:
        return _joined(request, version.moved_to)
    if request.GET.get("v") == version.token:
        return HttpResponse(status=204)
    try:
        shown = card_context(request, person_or_404(pk), now=now)
    except Elsewhere as elsewhere:
        return _joined(request, elsewhere.contact_id)
    answer = render(request, "conversations/card/news.html", shown)
    answer[VERSION_HEADER] = version.token
    return answer


def _joined(request: HttpRequest, kept_id: int) -> HttpResponse:
    """Somebody may be writing in the card: it is not taken from under her hands."""
    return live_end.joined(request, Contact.objects.get(pk=kept_id), card_url(kept_id))


@never_cache
@require_safe
@for_colleagues()
def older(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of messages before the ones shown."""
    now = timezone.now()
    try:
        contact = person_or_404(pk)
    except Elsewhere as elsewhere:
        return to_card(request, elsewhere.contact_id)
    try:
        page = timeline_page(contact=contact, before=request.GET.get("before") or None, now=now)
    except BadCursor:
        raise Http404 from None
    may = {"may_reply": request.user.has_perm(REPLY)}
    shown = {"contact": contact, "page": page, "rows": rows_of(page.days), **may}
    return render(request, "conversations/card/parts/rows.html", shown)


def card_context(request: HttpRequest, contact: Contact, *, now: datetime) -> dict[str, Any]:
    """Return what the parts of a card show, in the reader's language."""
    language = get_language() or "it"
    header = header_of(contact, now=now, language=language)
    page = timeline_page(contact=contact, now=now)
    orders = purchases_of(contact, user=request.user, language=language)
    return {
        "contact": contact,
        "now": now,
        "header": header,
        "window": window_of(contact, now=now),
        "page": page,
        "rows": rows_of(page.days),
        "last": last_contact(page.entries, header.conversation, now=now),
        "orders": orders,
        "open_orders": f":{OPEN}",
        "rest_of_orders": orders[OPEN:],
        "has_more_orders": header.order_count > len(orders),
        "notes": notes_of(contact)[:100],
        "note_length": LONGEST,
        **_rights(request, contact, is_erased=header.erased_at is not None),
    }


def _rights(request: HttpRequest, contact: Contact, *, is_erased: bool) -> dict[str, bool]:
    may = {
        "may_note": NOTE,
        "may_reply": REPLY,
        "may_assign": ASSIGN,
        "may_change": CHANGE,
        "may_see_orders": "orders.view_order",
    }
    return {name: request.user.has_perm(key) and not is_erased for name, key in may.items()}


def _log_opening(request: HttpRequest, contact: Contact, *, now: datetime) -> None:
    way = request.GET.get("from", "")
    CardOpening.objects.create(
        contact=contact, at=now, by=user_of(request), way=way if way in WAYS else "link"
    )
