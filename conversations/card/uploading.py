"""Bringing an exported chat to a card: the file, a look at what it would bring, the confirmation."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from audiences.models import Contact
from campaigns.access import user_of
from conversations.access import REPLY, for_colleagues
from conversations.card.frame import (
    UNPROCESSABLE,
    Elsewhere,
    card_url,
    framed,
    person_or_404,
    to_card,
)
from conversations.joining import Joined
from conversations.models import HistoryUpload
from conversations.upload import taking
from conversations.upload.columns import LABELS
from conversations.upload.moments import Order
from conversations.upload.sides import HERS, OURS
from conversations.upload.taking import AlreadyTaken, Look, UploadRefused

# More helps nobody to recognise a chat.
SHOWN: Final = 10
SHOWN_BAD: Final = 50
_ORDERS: Final = {
    Order.DAY_FIRST: gettext_lazy("day/month: 03/04 is the 3rd of April"),
    Order.MONTH_FIRST: gettext_lazy("month/day: 03/04 is the 4th of March"),
}
_ZONES: Final = {"Europe/Rome": gettext_lazy("Italian time"), "UTC": gettext_lazy("UTC")}
_SIDES: Final = {HERS: gettext_lazy("The customer"), OURS: gettext_lazy("Us")}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_colleagues(REPLY)
def upload(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the file; nothing is joined before the next page."""
    try:
        contact = person_or_404(pk)
    except Elsewhere as elsewhere:
        return to_card(request, elsewhere.contact_id)
    problem = ""
    if request.method == "POST":
        try:
            return _to_check(_receive(request, contact))
        except UploadRefused as refused:
            problem = str(refused)
    shown = {"contact": contact, "problem": problem}
    title = _("Upload an exported chat")
    status = UNPROCESSABLE if problem else 200
    return framed(request, "conversations/card/upload.html", shown, title=title, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_colleagues(REPLY)
def check(request: HttpRequest, pk: int, chat: int) -> HttpResponse:
    """GET: what the file would bring, and what is to be answered. POST: other answers (`look`), or take it (`take`)."""
    kept = get_object_or_404(
        HistoryUpload.objects.select_related("contact__merged_into"), pk=chat, contact=pk
    )
    if kept.state != HistoryUpload.State.WAITING:
        messages.info(request, _("This file was taken already."))
        return HttpResponseRedirect(card_url(kept.contact_id))
    problem = ""
    if request.method == "POST":
        try:
            if "take" not in request.POST:
                _answer(request, kept)
                return _to_check(kept)
            joined = taking.take(upload_id=kept.pk, by=user_of(request), now=timezone.now())
            messages.success(request, _told(joined))
            return HttpResponseRedirect(card_url(kept.contact_id))
        except AlreadyTaken as taken:
            messages.info(request, str(taken))
            return HttpResponseRedirect(card_url(kept.contact_id))
        except UploadRefused as refused:
            problem = str(refused)
    return _check_page(request, kept, problem)


def _receive(request: HttpRequest, contact: Contact) -> HistoryUpload:
    """:raises UploadRefused: no file, or one that cannot be taken."""
    sent = request.FILES.get("file")
    if sent is None:
        raise UploadRefused(_("Choose a file."))
    return taking.receive(
        contact=contact,
        content=sent.read(taking.MOST_BYTES + 1),
        name=sent.name or "chat.csv",
        by=user_of(request),
        now=timezone.now(),
    )


def _answer(request: HttpRequest, kept: HistoryUpload) -> None:
    count = len(kept.answers["meanings"])
    words = request.POST.getlist("word")
    sides = {word: request.POST.get(f"side-{place}", "") for place, word in enumerate(words)}
    taking.answer(
        upload=kept,
        meanings=[request.POST.get(f"column-{place}", "") for place in range(count)],
        sides={word: side for word, side in sides.items() if side},
        zone=request.POST.get("zone", ""),
        order=request.POST.get("order", ""),
    )


def _check_page(request: HttpRequest, kept: HistoryUpload, problem: str) -> HttpResponse:
    try:
        look = taking.look_at(kept, now=timezone.now())
    except UploadRefused:
        raise Http404 from None
    shown = {
        "contact": kept.contact,
        "upload": kept,
        "look": look,
        "problem": problem,
        "before": taking.taken_before(kept),
        "other_number": taking.number_in_name(kept),
        "lacking": [str(LABELS[meaning]) for meaning in look.chat.lacking],
        "sample": _sample(look),
        "bad": look.chat.bad[:SHOWN_BAD],
        "more_bad": max(0, len(look.chat.bad) - SHOWN_BAD),
        "columns": list(_columns(look)),
        "words": look.chat.unknown_words,
        "sides": _SIDES.items(),
        "zones": [(value, label, value == look.answers.zone) for value, label in _ZONES.items()],
        "orders": [
            (value.value, label, value == look.answers.order) for value, label in _ORDERS.items()
        ],
        "is_asking": bool(look.chat.lacking or look.chat.unknown_words),
    }
    title = _("Check the chat before it is taken")
    status = UNPROCESSABLE if problem else 200
    return framed(
        request, "conversations/card/upload_check.html", shown, title=title, status=status
    )


def _sample(look: Look) -> list[dict[str, Any]]:
    """Return the first messages and the last one, to recognise the customer by."""
    pairs = list(zip(look.chat.told, look.is_here, strict=True))
    chosen = pairs if len(pairs) <= SHOWN else [*pairs[: SHOWN - 2], *pairs[-2:]]
    return [{"told": told, "is_here": is_here} for told, is_here in chosen]


def _columns(look: Look) -> Any:
    for place, heading in enumerate(look.sheet.headings):
        meaning = look.answers.meanings[place]
        yield {
            "name": f"column-{place}",
            "heading": heading or "–",
            "samples": look.sheet.values(place)[:3],
            "choices": [
                ("", _("Leave out"), not meaning),
                *((value, label, value == meaning) for value, label in LABELS.items()),
            ],
        }


def _told(joined: Joined) -> str:
    if not joined.added:
        return _("Nothing new: every message of the file was here already.")
    words = ngettext("%(count)d message came in", "%(count)d messages came in", joined.added)
    return _("%(new)s, %(known)d were here already.") % {
        "new": words % {"count": joined.added},
        "known": joined.known,
    }


def _to_check(kept: HistoryUpload) -> HttpResponse:
    return HttpResponseRedirect(reverse("customer-history-check", args=[kept.contact_id, kept.pk]))
