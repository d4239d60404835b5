"""What campaigns and flows keep of a person: the messages to her. What was sent and when stays, without the words."""

from datetime import datetime

from audiences.keepers import Figures, Keeper, Person, Told, register
from audiences.marks import mark
from campaigns.flows.engine import skip_messages
from campaigns.models import FlowEntry, OutboundMessage, TierRecipient

ERASED = "–"
_TOLD = (
    "created_at",
    "phone",
    "lane",
    "kind",
    "params",
    "text",
    "status",
    "sent_at",
    "delivered_at",
    "read_at",
)


def tell_messages(person: Person) -> Told:
    """Every message we meant to send her, by what it said."""
    rows = OutboundMessage.objects.filter(contact__in=person.contact_ids).order_by(
        "created_at", "pk"
    )
    return {"messages_to_her": list(rows.values(*_TOLD, "template_version__template__name"))}


def erase_messages(person: Person, now: datetime) -> Figures:
    """Nothing that waits is sent any more; of what left, number, values and text go."""
    mine = OutboundMessage.objects.filter(contact__in=person.contact_ids)
    waiting = mine.filter(status=OutboundMessage.Status.QUEUED)
    skip_messages(list(waiting.values_list("pk", flat=True)), "contact_gone", now)
    entries = FlowEntry.objects.filter(contact__in=person.contact_ids)
    entries.filter(status=FlowEntry.Status.WAITING).update(
        status=FlowEntry.Status.LEFT, reason="contact_gone", ended_at=now
    )
    mine.filter(kind=OutboundMessage.Kind.TEXT).update(text=ERASED)
    erased = mine.exclude(phone="").update(phone="", params={}, error_text="")
    _rename_in_tier(person)
    return {"messages": erased}


def register_keeper() -> None:
    """Have campaigns answer for the messages; called when the application starts."""
    register("campaigns", Keeper(tell=tell_messages, erase=erase_messages))


def _rename_in_tier(person: Person) -> None:
    """She still counts as one of the people of the last 24 hours, without her number."""
    for phone in person.phones:
        TierRecipient.objects.filter(phone=phone).update(phone=f"-{mark(phone)[:18]}")
