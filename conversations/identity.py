"""How a conversation follows a person who was merged into another contact.

Messages, answers, notes and files follow. What people did with the conversation, and who opened the card, is a log: it
stays with the contact it was done to, which points to whom it became.
"""

from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from audiences import movers
from audiences.movers import Figures, Follow, Mover
from conversations.models import (
    Conversation,
    HistoryFetch,
    HistoryUpload,
    Message,
    Note,
    Reply,
)
from conversations.recount import recount

# They name the contact and nothing of it is theirs alone.
_FOLLOWING: tuple[type[Model], ...] = (Reply, Note, HistoryFetch, HistoryUpload)


def follow_person(step: Follow) -> Figures:
    """Hand over the messages; each keeps the phone it was written from or to. Windows have followed before."""
    moved = 0
    if step.is_merge:
        moved = Message.objects.filter(contact=step.merged_id).update(contact=step.contact_id)
        for model in _FOLLOWING:
            model._default_manager.filter(contact=step.merged_id).update(contact=step.contact_id)
        _join(step)
    recount(contact_ids=[step.contact_id])
    return {"conversation": moved} if step.is_merge else {}


def _join(step: Follow) -> None:
    """Make one conversation of two: whoever had one of them at heart keeps it, what was put off comes sooner."""
    rows = Conversation.objects.select_for_update().order_by("pk")
    found = {
        row.contact_id: row for row in rows.filter(contact__in=[step.contact_id, step.merged_id])
    }
    theirs = found.get(step.merged_id)
    if theirs is None:
        return
    mine = found.get(step.contact_id)
    if mine is None:
        Conversation.objects.filter(pk=theirs.pk).update(contact=step.contact_id)
        return
    if mine.assignee_id is None:
        mine.assignee_id, mine.assigned_at = theirs.assignee_id, theirs.assigned_at
    put_off = [row.snoozed_until for row in (mine, theirs)]
    mine.snoozed_until = min((at for at in put_off if at), default=None) if all(put_off) else None
    mine.save(update_fields=["assignee", "assigned_at", "snoozed_until"])
    theirs.delete()


def count_messages(contact_id: int) -> Figures:
    """Return how many messages of the conversation a contact has."""
    return {"conversation": Message.objects.filter(contact=contact_id).count()}


def register_mover() -> None:
    """Have conversations follow their person; called when the application starts."""
    words = {"conversation": _("messages of the conversation")}
    movers.register("conversations", Mover(follow=follow_person, count=count_messages, words=words))
