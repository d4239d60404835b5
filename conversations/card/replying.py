"""The place below the conversation in which an agent answers: a text, or a template once the window is closed.

Each answer of these views is the whole place, drawn anew. What was refused comes back with its words and its key, so
that a second click is the same click.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import wraps
from typing import Any, Final
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audiences.models import Contact
from campaigns.access import user_of
from campaigns.reasons import sentence
from conversations.access import REPLY, for_colleagues
from conversations.card.frame import Elsewhere, card_url, is_part, person_or_404, to_card
from conversations.card.slots import Scene, Slot
from conversations.models import Reply
from conversations.replies import (
    ReplyRefused,
    send_again,
    send_template,
    send_text,
    suggestion_of,
    suggestions,
)
from conversations.replies.checking import unreachable_code, unwanted_code
from conversations.replies.costing import FREE_TEXTS, SERVICE, price_for
from conversations.replies.wording import LONGEST, LONGEST_BUTTON, MOST_BUTTONS
from conversations.timeline.ours import words_of
from conversations.window import Window, window_of
from templates_sync.models import TemplateVersion

BOX: Final = "conversations/card/reply.html"
# How fields of variables are called in the form, so that no variable can pass for another field.
VALUE: Final = "value-"
# A list longer than this is searched, not read.
MANY: Final = 8
_LONGEST_KEY: Final = 18


def for_a_person(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Hand the view the customer and the moment; whoever was merged leads to the card of the one that was kept."""

    @wraps(view)
    def answer(request: HttpRequest, pk: int, **rest: int) -> HttpResponse:
        try:
            contact = person_or_404(pk)
        except Elsewhere as elsewhere:
            return to_card(request, elsewhere.contact_id)
        return view(request, contact, timezone.now(), **rest)

    return answer


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_colleagues(REPLY)
@for_a_person
def reply(request: HttpRequest, contact: Contact, now: datetime) -> HttpResponse:
    """GET draws the place as it must be now; POST sends what is in it."""
    if request.method != "POST":
        return _box(request, contact, now=now)
    key = _key(request)
    if "version" in request.POST:
        return _send_template(request, contact, key, now=now)
    return _send_text(request, contact, key, now=now)


@never_cache
@require_POST
@for_colleagues(REPLY)
@for_a_person
def again(request: HttpRequest, contact: Contact, now: datetime) -> HttpResponse:
    """Send an answer that did not arrive once more; of one that may have, warn first."""
    found = request.POST.get("message", "")
    if not found.isdecimal() or len(found) > _LONGEST_KEY:
        raise Http404
    failed = get_object_or_404(
        Reply.objects.select_related("message__template_version__template", "contact"),
        message=int(found),
        contact=contact,
    )
    try:
        send_again(
            reply=failed, by=user_of(request), now=now, is_sure=request.POST.get("sure") == "yes"
        )
    except ReplyRefused as refused:
        if refused.code == "may_have_arrived":
            shown = {
                "mode": "warning",
                "failed": failed.message,
                "words": words_of(failed.message),
                "problem": refused.sentence,
            }
            return _answer(request, contact, shown, now=now, problem=refused.sentence)
        return _box(request, contact, now=now, problem=refused.sentence, is_answer=True)
    return _sent(request, contact, now=now)


@never_cache
@require_safe
@for_colleagues(REPLY)
@for_a_person
def templates(request: HttpRequest, contact: Contact, now: datetime) -> HttpResponse:
    """The templates that may be sent, filled; `q` finds them by name or words."""
    window, wanted = window_of(contact, now=now), request.GET.get("q", "").strip()[:100]
    found = suggestions(contact=contact, now=now)
    is_long = len(found) > MANY
    if wanted:
        found = [one for one in found if wanted.casefold() in f"{one.version.template.name} {one.beginning}".casefold()]  # fmt: skip
    shown = {
        "mode": "templates",
        "suggestions": found,
        "advice": next((one.advice for one in found if one.advice), ""),
        "is_long": is_long,
        "wanted": wanted,
        "no_offers": sentence(unwanted_code(contact, TemplateVersion.Category.MARKETING)),
        "no_others": sentence(unwanted_code(contact, TemplateVersion.Category.UTILITY)),
    }
    return _answer(request, contact, shown, now=now, window=window)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_colleagues(REPLY)
@for_a_person
def template(request: HttpRequest, contact: Contact, now: datetime, version: int) -> HttpResponse:
    """GET: one template with its fields; POST: only its preview, with what stands in the fields by now."""
    found = _version(version)
    if request.method == "POST":
        chosen = suggestion_of(contact=contact, version=found, written=_written(request), now=now)
        return HttpResponse(chosen.preview)
    return _answer(request, contact, _template_mode(contact, found, None, now=now), now=now)


def reply_context(request: HttpRequest, scene: Scene) -> Mapping[str, Any]:
    """Return what the place shows when the card is opened: nothing is asked that the card does not need at once."""
    return _text_mode(request, scene.contact, scene.window, now=scene.now)


SLOT: Final = Slot(template=BOX, context=reply_context)


def _send_text(request: HttpRequest, contact: Contact, key: UUID, *, now: datetime) -> HttpResponse:
    typed, buttons = request.POST.get("text", ""), request.POST.getlist("button")[:10]
    try:
        send_text(
            contact=contact, text=typed, buttons=buttons, key=key, by=user_of(request), now=now
        )
    except ReplyRefused as refused:
        # Another key where this one is used up: what stands there now is another message.
        kept = uuid4() if refused.code == "key_used" else key
        shown = {"typed": typed, "buttons": buttons, "key": kept}
        return _box(request, contact, now=now, problem=refused.sentence, is_answer=True, **shown)
    return _sent(request, contact, now=now)


def _send_template(
    request: HttpRequest, contact: Contact, key: UUID, *, now: datetime
) -> HttpResponse:
    found = _version(request.POST.get("version", ""))
    written = _written(request)
    try:
        send_template(
            contact=contact, version=found, variables=written, key=key, by=user_of(request), now=now
        )
    except ReplyRefused as refused:
        shown = _template_mode(contact, found, written, now=now) | {"problem": refused.sentence}
        shown["key"] = uuid4() if refused.code == "key_used" else key
        return _answer(request, contact, shown, now=now, problem=refused.sentence)
    return _sent(request, contact, now=now)


def _sent(request: HttpRequest, contact: Contact, *, now: datetime) -> HttpResponse:
    """Draw the place empty, and have the card look at once for what was sent."""
    answer = _box(request, contact, now=now, is_sent=True, is_answer=True)
    answer["HX-Trigger"] = "card:look"
    return answer


def _box(
    request: HttpRequest, contact: Contact, *, now: datetime, problem: str = "", **shown: Any
) -> HttpResponse:
    window = window_of(contact, now=now)
    shown = {**_text_mode(request, contact, window, now=now), "problem": problem, **shown}
    return _answer(request, contact, shown, now=now, window=window, problem=problem)


def _text_mode(
    request: HttpRequest, contact: Contact, window: Window, *, now: datetime
) -> dict[str, Any]:
    if not request.user.has_perm(REPLY):
        return {"mode": "none", "why": _("You may read conversations, but not answer them.")}
    if code := unreachable_code(contact):
        return {"mode": "none", "why": sentence(code)}
    if not window.is_open:
        return {"mode": "closed"}
    return {
        "mode": "text",
        "key": uuid4(),
        "longest": LONGEST,
        "longest_button": LONGEST_BUTTON,
        "button_places": range(1, MOST_BUTTONS + 1),
        "free_texts": FREE_TEXTS,
        "price": price_for(contact, SERVICE, now=now),
    }


def _template_mode(
    contact: Contact, version: TemplateVersion, written: Mapping[str, str] | None, *, now: datetime
) -> dict[str, Any]:
    chosen = suggestion_of(contact=contact, version=version, written=written, now=now)
    fields = [
        {
            "name": f"{VALUE}{name}",
            "label": chosen.labels[name],
            "value": text,
            "is_missing": name in chosen.missing,
        }
        for name, text in chosen.values.items()
    ]
    return {"mode": "template", "chosen": chosen, "fields": fields, "key": uuid4()}


def _answer(
    request: HttpRequest,
    contact: Contact,
    shown: dict[str, Any],
    *,
    now: datetime,
    window: Window | None = None,
    problem: str = "",
) -> HttpResponse:
    if not is_part(request):
        if problem:
            messages.error(request, problem)
        return HttpResponseRedirect(card_url(contact.pk))
    window = window or window_of(contact, now=now)
    return render(request, BOX, {"contact": contact, "window": window, "now": now, **shown})


def _written(request: HttpRequest) -> dict[str, str]:
    """Return the values that stand in the fields, by the name of their variable."""
    return {
        name.removeprefix(VALUE): str(text)
        for name, text in request.POST.items()
        if name.startswith(VALUE)
    }


def _version(pk: int | str) -> TemplateVersion:
    """:raises Http404: there is no such version."""
    if not str(pk).isdecimal() or len(str(pk)) > _LONGEST_KEY:
        raise Http404
    return get_object_or_404(TemplateVersion.objects.select_related("template"), pk=int(pk))


def _key(request: HttpRequest) -> UUID:
    """Return the key of the click; a form without one is a click of its own."""
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid4()
