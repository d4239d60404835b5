"""What the shop answers by itself: a short text in the customer's window, in her language."""

from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from audiences.models import Contact
from campaigns.models import ConversationWindow, Lane, OutboundMessage, WhatsAppNumber
from campaigns.single import default_number, queue_message
from orders.models import Order
from orders.order_words import address_line, spoken

# An answer that comes later than this would surprise.
FRESH_FOR = timedelta(hours=1)

ASK_ADDRESS = _(
    "Of course! Please write the new address for order %(name)s here: street and house number, postcode and town."
)
ASK_NUMBER = _(
    "Thank you! One thing is missing for order %(name)s: the house number. Please write it here. (%(address)s)"
)
APPLIED = _("Done: order %(name)s goes to %(address)s.")


def say(
    text: str | Promise,
    *,
    order: Order,
    contact: Contact,
    number: WhatsAppNumber | None,
    now: datetime,
    address: str = "",
) -> OutboundMessage | None:
    """Queue the text for whoever wrote; None while no window is open, where nothing but a template may go."""
    number = number or default_number()
    if number is None or not contact.phone or not _is_open(number, contact, now=now):
        return None
    with override(spoken(contact.language)):
        told = {"name": order.name, "address": address or address_line(order.shipping_address)}
        words = str(text) % told
    return queue_message(
        contact=contact,
        number=number,
        lane=Lane.REPLY,
        kind=OutboundMessage.Kind.TEXT,
        text=words,
        expires_at=now + FRESH_FOR,
        now=now,
    )


def _is_open(number: WhatsAppNumber, contact: Contact, *, now: datetime) -> bool:
    return ConversationWindow.objects.filter(
        number=number, contact=contact, closes_at__gt=now
    ).exists()
