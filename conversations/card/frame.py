"""What the pages about customers share: the admin's frame, one customer, the way back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from audiences.models import Contact
from conversations.card.people import find_person

CONFLICT: Final = 409
UNPROCESSABLE: Final = 422


class Elsewhere(Exception):
    """The contact was merged: the card is that of the one that was kept."""

    def __init__(self, contact_id: int) -> None:
        super().__init__(f"merged into {contact_id}")
        self.contact_id = contact_id


def framed(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    title: str,
    status: int = 200,
) -> HttpResponse:
    """Return a page inside the admin's frame."""
    request.current_app = admin.site.name
    shown = {**admin.site.each_context(request), "title": title, **context}
    return TemplateResponse(request, template, shown, status=status)


def person_or_404(pk: int) -> Contact:
    """Return the customer with all that the top of the card needs.

    :raises Http404: nobody has this id.
    :raises Elsewhere: it was merged into another contact.
    """
    contact = find_person(pk)
    if contact is None:
        raise Http404
    if contact.merged_into_id is not None:
        raise Elsewhere(contact.merged_into_id)
    return contact


def card_url(contact_id: int) -> str:
    return reverse("customer", args=[contact_id])


def to_card(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Lead to a card: the whole page, also where only a part of it was asked for."""
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": card_url(contact_id)})
    return HttpResponseRedirect(card_url(contact_id))


def is_part(request: HttpRequest) -> bool:
    """Say whether htmx asks for a part of a page."""
    return bool(request.headers.get("HX-Request"))
