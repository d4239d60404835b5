"""Where the card of a customer is: a page of a higher floor, linked to from wherever a customer is named."""

from __future__ import annotations

from typing import Final

from django.contrib.auth.models import AnonymousUser, User
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

# Of whoever may read what was written.
_OPENS: Final = "conversations.view_message"
# Of the admin's own style sheet.
_LINK: Final = "text-primary-600 underline dark:text-primary-500"


def may_open_cards(user: User | AnonymousUser) -> bool:
    return user.has_perm(_OPENS)


def card_url(contact_id: int) -> str:
    return reverse("customer", args=[contact_id])


def card_link(contact_id: int, shown: object) -> SafeString:
    """Return a link to the card for a list of the admin, whose own style shows no links."""
    return format_html('<a class="{}" href="{}">{}</a>', _LINK, card_url(contact_id), shown)


def card_url_for(user: User | AnonymousUser, contact_id: int | None) -> str:
    """Return the address of the card for who may open it, "" for the others and for nobody's card."""
    return card_url(contact_id) if contact_id is not None and may_open_cards(user) else ""
