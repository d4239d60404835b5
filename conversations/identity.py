"""How a conversation follows a person who was merged into another contact."""

from django.utils.translation import gettext_lazy as _

from audiences import movers
from audiences.movers import Figures, Follow, Mover
from conversations.models import Message


def follow_person(step: Follow) -> Figures:
    """Hand over the messages; each keeps the phone it was written from or to."""
    if not step.is_merge:
        return {}
    mine = Message.objects.filter(contact=step.merged_id)
    return {"conversation": mine.update(contact=step.contact_id)}


def count_messages(contact_id: int) -> Figures:
    """Return how many messages of the conversation a contact has."""
    return {"conversation": Message.objects.filter(contact=contact_id).count()}


def register_mover() -> None:
    """Have conversations follow their person; called when the application starts."""
    words = {"conversation": _("messages of the conversation")}
    movers.register("conversations", Mover(follow=follow_person, count=count_messages, words=words))
