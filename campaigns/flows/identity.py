"""How passages through flows follow a person who was merged into another contact."""

from django.utils.translation import gettext_lazy as _

from audiences import movers
from audiences.movers import Figures, Follow, Mover
from campaigns.models import FlowEntry


def follow_person(step: Follow) -> Figures:
    """Move the passages; whoever waits is judged as the person she is when her turn comes."""
    if not step.is_merge:
        return {}
    mine = FlowEntry.objects.filter(contact=step.merged_id)
    return {"flow_entries": mine.update(contact=step.contact_id)}


def count_entries(contact_id: int) -> Figures:
    """Return how many passages through flows the contact has."""
    return {"flow_entries": FlowEntry.objects.filter(contact=contact_id).count()}


def register_mover() -> None:
    """Have passages follow their person; called when the application starts."""
    words = {"flow_entries": _("passages through flows")}
    movers.register("flows", Mover(follow=follow_person, count=count_entries, words=words))
