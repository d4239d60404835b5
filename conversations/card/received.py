"""What campaigns and flows had to do with a person: one line each, the latest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from audiences.models import Contact, SnapshotMember
from campaigns.flows.words import reason_in_words
from campaigns.models import Campaign, FlowEntry, OutboundMessage
from conversations.card.why import ids_of, of_message_in_words

# One screenful; older ones are found by name.
MOST: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """`at` is when the audience froze, or when the thing happened that set the flow off."""

    name: str
    at: datetime | None
    text: str
    tone: str
    campaign_id: int | None = None


def campaign_lines(contact: Contact, *, wanted: str = "") -> list[Line]:
    """Return the latest campaigns, or those whose name holds `wanted`, each with what it was to the person."""
    ids = ids_of(contact)
    found = list(_campaigns(wanted)[:MOST])
    messages = {
        message.campaign_id: message
        for message in OutboundMessage.objects.filter(campaign__in=found, contact__in=ids)
    }
    held_out = set(
        SnapshotMember.objects.filter(
            snapshot__in=[one.snapshot_id for one in found if one.snapshot_id],
            contact__in=ids,
            is_holdout=True,
        ).values_list("snapshot_id", flat=True)
    )
    return [_line(one, messages.get(one.pk), held_out) for one in found]


def flow_lines(contact: Contact) -> list[Line]:
    """Return her latest passages through flows."""
    entries = (
        FlowEntry.objects.filter(contact__in=ids_of(contact))
        .select_related("flow", "message")
        .order_by("-happened_at", "-pk")[:MOST]
    )
    return [_passage(entry) for entry in entries]


def _campaigns(wanted: str) -> QuerySet[Campaign]:
    named = Campaign.objects.filter(name__icontains=wanted) if wanted else Campaign.objects.all()
    return named.order_by(Coalesce("launched_at", "updated_at").desc(), "-pk")


def _line(
    campaign: Campaign, message: OutboundMessage | None, held_out: Sequence[int] | set[int]
) -> Line:
    if message is not None:
        text, tone = of_message_in_words(message)
    elif campaign.snapshot_id is None:
        text, tone = _("Not launched yet."), ""
    elif campaign.snapshot_id in held_out:
        text, tone = _("In the control group: not written to."), "warn"
    else:
        text, tone = _("Not among the chosen."), ""
    return Line(
        name=campaign.name,
        at=campaign.launched_at,
        text=text,
        tone=tone,
        campaign_id=campaign.pk,
    )


def _passage(entry: FlowEntry) -> Line:
    if entry.message is not None:
        text, tone = of_message_in_words(entry.message)
    elif entry.status == FlowEntry.Status.LEFT:
        text, tone = reason_in_words(entry.reason), "warn"
    else:
        text, tone = entry.get_status_display(), ""
    return Line(name=entry.flow.name, at=entry.happened_at, text=text, tone=tone)
