"""A conversation of a thousand messages, and an inbox of sixty thousand: for measuring."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connection

from audiences.models import Contact
from campaigns.models import FlowEntry, Lane, OutboundMessage
from conversations.models import Conversation, MediaFile, Message, Reply
from conversations.recount import recount
from orders.models import Order, Parcel
from tests.factories.audiences import make_contact
from tests.factories.campaigns import ensure_number, make_campaign, make_user
from tests.factories.conversations import make_inbound, make_reply, make_window
from tests.factories.crowds import make_crowd, multiply
from tests.factories.flows import make_flow
from tests.factories.orders import make_line, make_order, make_product

LAST_WORDS = "Grazie, a domani!"
_CAMPAIGNS = 20
# One message every few hours, for months.
_APART = timedelta(hours=7)


def make_long_conversation(*, messages: int, orders: int, now: datetime) -> Contact:
    """A customer of years: half of the messages are hers, the rest agents', flows' and campaigns'.

    Her last words came a minute ago, so that the window is open.
    """
    contact = make_contact(attributes={"pet_name": "Argo"}, tags=["vip", "cane"])
    moments = [now - timedelta(minutes=1) - _APART * n for n in range(messages)]
    _write_hers(contact, moments[::2])
    _write_replies(contact, moments[1::4])
    _write_automatic(contact, moments[3::4])
    make_window(contact=contact, last_inbound_at=moments[0], closes_at=now + timedelta(hours=23))
    for number in range(orders):
        _make_order(contact, at=now - timedelta(days=20 * number))
    recount(contact_ids=[contact.pk])
    return contact


def _write_hers(contact: Contact, moments: list[datetime]) -> None:
    """One in twenty is a picture, one in ten quotes something."""
    template = {
        "direction": Message.Direction.INBOUND,
        "contact": contact,
        "number": ensure_number(),
        "phone": contact.phone or "",
    }
    rows = [
        Message(
            **template,
            uuid=f"a{n:031x}",
            content_type="image" if n % 20 == 5 else "text",
            media=[{"url": f"https://media.example.it/{n}.jpg"}] if n % 20 == 5 else [],
            reply_to=f"b{n:031x}" if n % 10 == 3 else "",
            text=f"Messaggio {n}: il pacco è arrivato, tutto bene" if n else LAST_WORDS,
            at=at,
            news_at=at,
            noted_at=at,
        )
        for n, at in enumerate(moments)
    ]
    MediaFile.objects.bulk_create(
        MediaFile(
            message=row,
            state="kept",
            file=f"received/{row.uuid}.jpg",
            content_type="image/jpeg",
            size=80_000,
            due_at=row.at,
        )
        for row in Message.objects.bulk_create(rows)
        if row.media
    )


def _outbound(contact: Contact, at: datetime, **changes: Any) -> OutboundMessage:
    number = ensure_number()
    fields: dict[str, Any] = {
        "account": number.account,
        "number": number,
        "contact": contact,
        "phone": contact.phone,
        "language": "it",
        "status": OutboundMessage.Status.READ,
        "created_at": at,
        "due_at": at,
        "sending_at": at,
        "sent_at": at,
        "delivered_at": at,
        "read_at": at,
    }
    return OutboundMessage(**fields | changes)


def _write_replies(contact: Contact, moments: list[datetime]) -> None:
    agents = [make_user(first_name=name) for name in ("Sara", "Luca", "Anna")]
    written = OutboundMessage.objects.bulk_create(
        _outbound(
            contact,
            at,
            lane=Lane.REPLY,
            kind=OutboundMessage.Kind.TEXT,
            text=f"Risposta {n}: certo, la nota per il corriere è aggiunta",
            provider_uuid=f"b{n:031x}",
        )
        for n, at in enumerate(moments)
    )
    Reply.objects.bulk_create(
        Reply(contact=contact, key=row.key, message=row, by=agents[n % 3], at=row.created_at)
        for n, row in enumerate(written)
    )


def _write_automatic(contact: Contact, moments: list[datetime]) -> None:
    """Campaigns write to a person once each; what is more, a flow sends."""
    flow = make_flow(enabled=True)
    campaigns = [make_campaign(status="done") for _ in range(min(_CAMPAIGNS, len(moments)))]
    version = flow.versions.get()
    rows = [
        _outbound(
            contact,
            at,
            lane=Lane.MARKETING if n < len(campaigns) else Lane.TRANSACTIONAL,
            campaign=campaigns[n] if n < len(campaigns) else None,
            template_version=campaigns[n].template_version
            if n < len(campaigns)
            else flow.template_version,
            params={"FIRST_NAME": contact.first_name},
            provider_uuid=f"c{n:031x}",
        )
        for n, at in enumerate(moments)
    ]
    FlowEntry.objects.bulk_create(
        FlowEntry(
            flow=flow,
            version=version,
            subject=f"bench:{n}",
            contact=contact,
            status=FlowEntry.Status.QUEUED,
            message=row,
            happened_at=row.created_at,
            due_at=row.created_at,
        )
        for n, row in enumerate(OutboundMessage.objects.bulk_create(rows))
        if row.campaign_id is None
    )


def _make_order(contact: Contact, *, at: datetime) -> Order:
    order = make_order(contact=contact, is_cod=True, placed_at=at)
    make_line(order=order, product=make_product())
    Parcel.objects.create(
        order=order,
        status=Parcel.Status.SUCCESS,
        shipment=Parcel.Shipment.DELIVERED,
        courier="BRT",
        tracking_number=f"BRT{order.pk}",
        tracking_url=f"https://example.it/{order.pk}",
        shipped_at=at,
        delivered_at=at,
    )
    return order


def make_inbox(*, conversations: int, agent: User, now: datetime) -> None:
    """As many people who wrote, with every state an inbox sorts by; a third of them ordered something.

    One in ten waits, one in three is somebody's, one in nine of those `agent`'s; some are put off or done. One in two
    was answered by an agent the day before.
    """
    make_crowd(conversations)
    ensure_number()
    first = Contact.objects.earliest("pk")
    colleague = make_user(first_name="Luca")
    others = conversations - 1
    her = f"{first.pk} + n"
    phone = "'+39340' || lpad(n::text, 7, '0')"
    at = "source.at - n * interval '37 seconds'"
    message = make_inbound(contact=first, at=now, noted_at=now, uuid="f" * 32)
    multiply(
        message,
        others,
        contact_id=her,
        phone=phone,
        uuid="lpad(to_hex(n), 32, '0')",
        at=at,
        news_at=at,
        noted_at=at,
        text="'Quando arriva il pacco ' || n || '?'",
    )
    _answer_every_other(first, others, agent=agent, at=now)
    order = make_order(contact=first, name="#200000")
    multiply(
        order,
        others // 3,
        contact_id=f"{first.pk} + n * 3",
        name="'#' || (200000 + n)",
        phone=phone,
    )
    recount(contact_ids=[first.pk])
    last = "source.last_message_at - n * interval '37 seconds'"
    multiply(
        Conversation.objects.get(contact=first),
        others,
        contact_id=her,
        last_message_at=last,
        last_inbound_at=last,
        preview="'Quando arriva il pacco ' || n || '?'",
        unanswered_since=f"CASE WHEN mod(n, 10) = 0 THEN {last} END",
        unread_count="CASE WHEN mod(n, 10) = 0 THEN 1 ELSE 0 END",
        window_closes_at=f"{last} + interval '23 hours 50 minutes'",
        assignee_id=f"CASE WHEN mod(n, 9) = 0 THEN {agent.pk} WHEN mod(n, 3) = 0 THEN {colleague.pk} END",
        snoozed_until=f"CASE WHEN mod(n, 50) = 0 THEN {last} + interval '400 days' END",
        done_at=f"CASE WHEN mod(n, 10) > 4 THEN {last} END",
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE audiences_contact SET "
            "first_name = (ARRAY['Giulia', 'Marco', 'Francesca', 'Luca', 'Anna'])[1 + id %% 5], "
            "last_name = (ARRAY['Rossi', 'Bianchi', 'D''Angelo', 'Neri'])[1 + id %% 4] || id",
            [],
        )


def _answer_every_other(first: Contact, others: int, *, agent: User, at: datetime) -> None:
    """Have agents have answered every other person, in words of their own, before they wrote again."""
    answer = make_reply(contact=first, by=agent, at=at - timedelta(days=1))
    earlier = "source.{name} - n * interval '74 seconds'"
    moments = ("created_at", "due_at", "sending_at", "sent_at")
    multiply(
        answer.message,
        others // 2,
        key="gen_random_uuid()",
        contact_id=f"{first.pk} + n * 2",
        phone="'+39340' || lpad((n * 2)::text, 7, '0')",
        provider_uuid="'e' || lpad(to_hex(n), 31, '0')",
        text="'Parte domani con il corriere, etichetta ' || n",
        **{name: earlier.format(name=name) for name in moments},
    )
    multiply(
        answer,
        others // 2,
        key="gen_random_uuid()",
        contact_id=f"{first.pk} + n * 2",
        message_id=f"{answer.message_id} + n",
        at=earlier.format(name="at"),
    )
