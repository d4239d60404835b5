"""Writing one message to one person into the outbox; campaigns write theirs by the thousand (`campaigns.outbox`)."""

from datetime import datetime
from typing import Any

from audiences.models import Contact
from campaigns.models import OutboundMessage, WhatsAppNumber


def default_number() -> WhatsAppNumber | None:
    """Return the number that messages leave from where nobody chose one; None while none is known."""
    defaults = WhatsAppNumber.objects.filter(is_default=True).select_related("account")
    return defaults.order_by("account_id").first()


def queue_message(
    *,
    contact: Contact,
    number: WhatsAppNumber,
    lane: int,
    expires_at: datetime | None,
    now: datetime,
    due_at: datetime | None = None,
    phone: str | None = None,
    **content: Any,
) -> OutboundMessage:
    """Queue one message, to the contact's own phone unless another is given.

    `content` is `template_version` with `params`, or `kind` and `text`.
    """
    return OutboundMessage.objects.create(
        account_id=number.account_id,
        number=number,
        contact=contact,
        lane=lane,
        phone=contact.phone or "" if phone is None else phone,
        language=contact.language,
        zone=contact.timezone,
        created_at=now,
        due_at=due_at or now,
        expires_at=expires_at,
        **content,
    )
