"""The conversations of the demo, written once; what people do with them afterwards is theirs."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils.timezone import get_current_timezone

from audiences.models import Contact
from campaigns.models import OutboundMessage, WhatsAppNumber
from config.demo.campaigns import DONE
from config.demo.chats.people import make_people
from config.demo.chats.script import CHATS, CLOSING, Chat, reader
from config.demo.chats.telling import Teller
from conversations import standing
from conversations.assigning import assign
from conversations.putting_off import snooze, tomorrow_morning


def are_prepared() -> bool:
    """Tell whether they were written before, whatever became of them."""
    return Contact.objects.filter(phone=CLOSING.phone).exists()


def prepare_conversations(*, now: datetime) -> bool:
    """Write them all or none; return False where they were written before.

    Call it after the first reading of account and templates, before any worker runs.
    """
    if are_prepared():
        return False
    number = WhatsAppNumber.objects.filter(is_default=True).select_related("account").get()
    colleagues = {user.username: user for user in User.objects.all()}
    with transaction.atomic():
        people = make_people(CHATS, now=now)
        teller = Teller(number, colleagues, now)
        for chat in CHATS:
            contact = people[chat.phone]
            teller.tell(chat, contact)
            _hand_over(chat, contact, colleagues, now=now)
        _ask_about_campaign(teller)
        standing.take_back_failed(now=now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE conversations_message, conversations_conversation")
    return True


def _ask_about_campaign(teller: Teller) -> None:
    """The last who read the campaign that is over answers it; nobody where nobody did.

    The first people are the customers whom the shop beside the demo knows: their chats are still to be written.
    """
    read = OutboundMessage.objects.filter(campaign__name=DONE, status="read", language="it")
    message = read.exclude(provider_uuid=None).select_related("contact").order_by("pk").last()
    if message is not None:
        teller.tell(reader(message.phone, message.provider_uuid or ""), message.contact)


def _hand_over(chat: Chat, contact: Contact, colleagues: dict[str, User], *, now: datetime) -> None:
    """To whom it belongs, and whether it is put off or done."""
    if not chat.assigned:
        return
    by, lately = colleagues[chat.assigned], now - timedelta(minutes=30)
    assign(contact=contact, to=by, by=by, now=lately)
    if chat.is_put_off:
        until = tomorrow_morning(now=now, zone=get_current_timezone())
        snooze(contact=contact, until=until, by=by, now=lately)
    if chat.is_done:
        standing.settle(contact=contact, by=by, now=lately)
