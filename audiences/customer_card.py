"""Where the card of a customer is: a page of a higher floor, linked to from wherever a customer is named."""

from __future__ import annotations

from typing import Final

from django.contrib.auth.models import AnonymousUser, User
from django.urls import reverse

# Of whoever may read what was written.
_OPENS: Final = "conversations.view_message"


def may_open_cards(user: User | AnonymousUser) -> bool:
    return user.has_perm(_OPENS)


def card_url(contact_id: int) -> str:
    return reverse("customer", args=[contact_id])


def card_url_for(user: User | AnonymousUser, contact_id: int | None) -> str:
    """Return the address of the card for who may open it, "" for the others and for nobody's card."""
    return card_url(contact_id) if contact_id is not None and may_open_cards(user) else ""
