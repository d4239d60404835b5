"""Conversations in every place of an inbox."""

from datetime import timedelta

from conversations.inbox.pages import read_page
from conversations.inbox.seen import mark_of
from conversations.inbox.tabs import Tab, parts_of
from conversations.models import Conversation
from tests.conftest import NOW
from tests.factories.audiences import make_contact

HTMX = {"HX-Request": "true"}


def talk(name="Giulia", *, waits=None, closes=None, **changes):
    """A conversation of a customer called `name`; `waits` and `closes` are minutes before and after NOW."""
    contact = changes.pop("contact", None) or make_contact(first_name=name, last_name="")
    since = NOW - timedelta(minutes=waits) if waits is not None else None
    fields = {
        "last_message_at": since or NOW - timedelta(days=1),
        "last_inbound_at": since or NOW - timedelta(days=1),
        "preview": "Quando arriva?",
        "is_preview_inbound": True,
        "unanswered_since": since,
        "unread_count": 1 if since else 0,
        "window_closes_at": NOW + timedelta(minutes=closes) if closes is not None else None,
    }
    return Conversation.objects.create(contact=contact, **fields | changes)


def mark(row, *, now=NOW):
    row.refresh_from_db()
    return mark_of(row, now=now)


def names(tab, user, *, now=NOW, **asked):
    page = read_page(parts_of(Tab(tab), user=user, now=now), **asked)
    return [row.contact.first_name for row in page.rows]
