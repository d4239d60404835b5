"""What agents do on a card besides answering: notes, whose conversation it is, no more messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audiences.models import ConsentPurpose, ConsentState, Contact
from campaigns.access import user_of
from conversations.access import ASSIGN, CHANGE, NOTE, for_colleagues
from conversations.assigning import AssignmentRefused, assign, colleagues
from conversations.card.frame import (
    UNPROCESSABLE,
    Elsewhere,
    card_url,
    framed,
    is_part,
    person_or_404,
    to_card,
)
from conversations.card.people import conversation_of, header_of
from conversations.models import Note
from conversations.notes import LONGEST, NoteRefused, notes_of, remove_note, write_note
from conversations.opting_out import OptOutRefused, opt_out
from conversations.standing import settle


@require_POST
@for_colleagues(NOTE)
def add_note(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep a note; refused, what was typed stays in the box."""
    contact = get_object_or_404(Contact, pk=pk)
    text, problem = request.POST.get("text", ""), ""
    try:
        note = write_note(contact=contact, text=text, by=user_of(request), now=timezone.now())
    except NoteRefused as refused:
        problem = str(refused)
    else:
        text, contact = "", note.contact
    return _notes(request, contact, typed=text, problem=problem)


@require_POST
@for_colleagues(NOTE)
def drop_note(request: HttpRequest, pk: int, note: int) -> HttpResponse:
    """Take back a note of one's own; gone already is gone."""
    contact = get_object_or_404(Contact, pk=pk)
    found = Note.objects.filter(pk=note, contact=contact).first()
    problem = ""
    try:
        if found is not None:
            remove_note(note=found, by=user_of(request))
    except NoteRefused as refused:
        problem = str(refused)
    return _notes(request, contact, typed="", problem=problem)


@require_POST
@for_colleagues(ASSIGN)
def give(request: HttpRequest, pk: int) -> HttpResponse:
    """Assign the conversation: `to` is a user's id, “me”, or empty for nobody."""
    try:
        contact = person_or_404(pk)
    except Elsewhere as elsewhere:
        return to_card(request, elsewhere.contact_id)
    by, problem = user_of(request), ""
    try:
        conversation = assign(contact=contact, to=_wanted(request, by), by=by, now=timezone.now())
    except AssignmentRefused as refused:
        problem = str(refused)
    else:
        contact.conversation = conversation
    return _header(request, contact, problem=problem)


@require_POST
@for_colleagues(ASSIGN)
def done(request: HttpRequest, pk: int) -> HttpResponse:
    """Nobody needs to answer any more: settled by phone, or by mail. `seen` is the last message the agent has read."""
    try:
        contact = person_or_404(pk)
    except Elsewhere as elsewhere:
        return to_card(request, elsewhere.contact_id)
    seen = _moment(request.POST.get("seen", ""))
    settle(contact=contact, by=user_of(request), now=timezone.now(), seen=seen)
    contact = person_or_404(pk)
    conversation = conversation_of(contact)
    is_waiting = conversation is not None and conversation.unanswered_since is not None
    problem = _("Something new has arrived: read it first.") if is_waiting else ""
    return _header(request, contact, problem=problem)


@never_cache
@require_safe
@for_colleagues(ASSIGN)
def whom(request: HttpRequest, pk: int) -> HttpResponse:
    """The colleagues who may be given the conversation, asked for when somebody looks."""
    contact = get_object_or_404(Contact, pk=pk)
    shown = {"contact": contact, "colleagues": colleagues().exclude(pk=user_of(request).pk)}
    return render(request, "conversations/card/parts/colleagues.html", shown)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_colleagues(CHANGE)
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """No more messages: GET asks what is meant, POST withdraws it."""
    try:
        contact = person_or_404(pk)
    except Elsewhere as elsewhere:
        return HttpResponseRedirect(card_url(elsewhere.contact_id))
    if request.method != "POST":
        return _stop_page(request, contact, chosen=[ConsentPurpose.WHATSAPP_MARKETING])
    chosen, words = request.POST.getlist("purposes"), request.POST.get("words", "")[:1000]
    try:
        fresh = opt_out(
            contact=contact, purposes=chosen, words=words, by=user_of(request), now=timezone.now()
        )
    except OptOutRefused as refused:
        return _stop_page(
            request, contact, chosen=chosen, words=words, problem=str(refused), status=UNPROCESSABLE
        )
    done = _("Recorded: it counts from now on, also for what waits to leave.")
    messages.success(request, done if fresh else _("That was recorded before: nothing changed."))
    return HttpResponseRedirect(card_url(contact.pk))


def _moment(text: str) -> datetime | None:
    """Return the moment that the page wrote down, with its zone; None for anything else."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if timezone.is_aware(at) else None


def _wanted(request: HttpRequest, by: User) -> User | None:
    """:raises Http404: there is no such colleague."""
    to = request.POST.get("to", "")
    if to in {"", "me"}:
        return by if to else None
    found = User.objects.filter(pk=int(to)).first() if to.isdecimal() and len(to) < 10 else None
    if found is None:
        raise Http404
    return found


def _notes(request: HttpRequest, contact: Contact, *, typed: str, problem: str) -> HttpResponse:
    if not is_part(request):
        return _whole_card(request, contact, problem)
    shown = {
        "contact": contact,
        "notes": notes_of(contact)[:100],
        "note_length": LONGEST,
        "typed": typed,
        "problem": problem,
        "may_note": True,
    }
    return render(request, "conversations/card/notes.html", shown)


def _header(request: HttpRequest, contact: Contact, *, problem: str) -> HttpResponse:
    if not is_part(request):
        return _whole_card(request, contact, problem)
    header = header_of(contact, now=timezone.now(), language=get_language() or "it")
    shown = {"contact": contact, "header": header, "problem": problem}
    may = {"may_assign": True, "may_change": request.user.has_perm(CHANGE)}
    return render(request, "conversations/card/header.html", shown | may)


def _whole_card(request: HttpRequest, contact: Contact, problem: str) -> HttpResponse:
    """Where no script asked for a part: the card again, with what was wrong on top."""
    if problem:
        messages.error(request, problem)
    return HttpResponseRedirect(card_url(contact.pk))


def _stop_page(
    request: HttpRequest,
    contact: Contact,
    *,
    chosen: list[Any],
    words: str = "",
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    states = {
        ConsentPurpose.WHATSAPP_MARKETING: contact.marketing_consent,
        ConsentPurpose.ORDER_UPDATES: contact.orders_consent,
    }
    shown = {
        "contact": contact,
        "purposes": [
            {
                "value": purpose.value,
                "label": purpose.label,
                "is_chosen": purpose.value in chosen,
                "is_over": state == ConsentState.WITHDRAWN,
            }
            for purpose, state in states.items()
        ],
        "words": words,
        "problem": problem,
    }
    title = _("No more messages?")
    return framed(request, "conversations/card/opt_out.html", shown, title=title, status=status)
