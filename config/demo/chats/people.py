"""The customers of the conversations, with their consent and what they bought."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from audiences.models import ConsentPurpose, ConsentRecord, ConsentState, Contact
from config.demo.chats.script import Chat
from config.demo.scale import NAMED_ORDERS_FROM
from orders.models import Order, OrderLine, Parcel, Product

_YEAR: Final = timedelta(days=365)
_PURPOSES: Final = (ConsentPurpose.WHATSAPP_MARKETING, ConsentPurpose.ORDER_UPDATES)
# Beside the orders of those to whom something goes wrong (#901 to #908).
_FIRST_ORDER: Final = 100
# A customer of years orders about four times in each, the last one three weeks ago.
_EVERY, _LATEST = timedelta(days=88), timedelta(days=21)
_ASKED: Final = timedelta(hours=3)
_SHIPPING: Final = 490
_POSTCODES: Final = {
    "MI": "20121", "NA": "80121", "BO": "40121", "TO": "10121", "CA": "09124", "GE": "16121", "VR": "37121",
    "PD": "35121", "BA": "70121", "CO": "22100",
}  # fmt: skip


def make_people(chats: Sequence[Chat], *, now: datetime) -> dict[str, Contact]:
    """Write the customers with consent and orders; return phone → contact."""
    people = [_contact(chat, now=now) for chat in chats]
    Contact.objects.bulk_create(people)
    for chat, contact in zip(chats, people, strict=True):
        contact.created_at = now - _YEAR * chat.years
    Contact.objects.bulk_update(people, ["created_at"])
    ConsentRecord.objects.bulk_create(
        _consent(contact, purpose) for contact in people for purpose in _PURPOSES
    )
    _write_orders(chats, people, now=now)
    return {chat.phone: contact for chat, contact in zip(chats, people, strict=True)}


def _contact(chat: Chat, *, now: datetime) -> Contact:
    since = now - _YEAR * chat.years
    return Contact(
        phone=chat.phone,
        can_receive_whatsapp=True,
        first_name=chat.first_name,
        last_name=chat.last_name,
        email=f"{chat.first_name}.{chat.last_name}@example.it".lower(),
        country="IT",
        province=chat.province,
        attributes={"pet_name": chat.pet_name, "pet_kind": chat.pet_kind, "city": chat.city},
        tags=list(chat.tags),
        marketing_consent=ConsentState.GIVEN,
        marketing_consent_at=since,
        orders_consent=ConsentState.GIVEN,
        orders_consent_at=since,
    )


def _consent(contact: Contact, purpose: str) -> ConsentRecord:
    at = contact.marketing_consent_at or contact.created_at
    return ConsentRecord(
        contact=contact,
        purpose=purpose,
        state=ConsentRecord.State.GIVEN,
        phone=contact.phone or "",
        source="checkout",
        evidence="Casella «Offerte e aggiornamenti su WhatsApp» spuntata al checkout",
        at=at,
        recorded_at=at,
    )


def _write_orders(chats: Sequence[Chat], people: Sequence[Contact], *, now: datetime) -> None:
    shelf = list(Product.objects.filter(is_active=True).order_by("pk")[:40])
    told = [
        (chat, contact, at)
        for chat, contact in zip(chats, people, strict=True)
        for at in ([now - _ASKED] if chat.cod_cents else _moments(chat, now=now))
    ]
    bought = [
        (chat, _order(number, chat, contact, product, at=at), product)
        for number, (chat, contact, at) in enumerate(told, _FIRST_ORDER)
        for product in [shelf[number * 7 % len(shelf)]]
    ]
    Order.objects.bulk_create(order for _chat, order, _product in bought)
    OrderLine.objects.bulk_create(_line(*one) for one in bought)
    Parcel.objects.bulk_create(_parcel(order) for _chat, order, _product in bought if order.paid_at)


def _moments(chat: Chat, *, now: datetime) -> list[datetime]:
    """When she ordered, the oldest first: four times a year, and once for who has come a year ago."""
    begins, at, found = now - _YEAR * chat.years, now - _LATEST, []
    step = _EVERY if chat.years > 1 else _YEAR
    while at > begins:
        found.append(at)
        at -= step
    return found[::-1]


def _order(number: int, chat: Chat, contact: Contact, product: Product, *, at: datetime) -> Order:
    total = chat.cod_cents or product.price_cents * 2 + _SHIPPING
    return Order(
        shopify_id=NAMED_ORDERS_FROM + number,
        # Before the first of those that are drawn, and as short.
        name=f"#{number + 300}",
        contact=contact,
        phone=contact.phone or "",
        email=contact.email,
        placed_at=at,
        total_cents=total,
        shipping_address=_address(chat),
        **(_at_the_door(total) if chat.cod_cents else _delivered(at)),
    )


def _line(chat: Chat, order: Order, product: Product) -> OrderLine:
    return OrderLine(
        order=order,
        product=product,
        title=product.title,
        quantity=1 if chat.cod_cents else 2,
        price_cents=chat.cod_cents - _SHIPPING if chat.cod_cents else product.price_cents,
        product_type=product.product_type,
        tags=product.tags,
    )


def _at_the_door(total: int) -> dict[str, Any]:
    return {
        "is_cod": True,
        "cod_status": Order.CodStatus.TO_ASK,
        "cod_rule": "keyword",
        "gateway_names": ["Contrassegno"],
        "amount_due_cents": total,
        "asked_amount_cents": total,
        "financial_status": "pending",
    }


def _delivered(at: datetime) -> dict[str, Any]:
    return {
        "financial_status": "paid",
        "fulfillment_status": "fulfilled",
        "delivery_state": Order.DeliveryState.DELIVERED,
        "paid_at": at,
        "shipped_at": at + timedelta(days=1),
        "outcome": Order.Outcome.DELIVERED,
        "outcome_at": at + timedelta(days=3),
    }


def _parcel(order: Order) -> Parcel:
    tracking = f"IT{order.shopify_id}"
    return Parcel(
        order=order,
        status=Parcel.Status.SUCCESS,
        shipment=Parcel.Shipment.DELIVERED,
        courier="BRT",
        tracking_number=tracking,
        tracking_url=f"https://track.example.com/{tracking}",
        shipped_at=order.shipped_at,
        delivered_at=order.outcome_at,
    )


def _address(chat: Chat) -> dict[str, str]:
    return {
        "first_name": chat.first_name,
        "last_name": chat.last_name,
        "address1": "Via dei Tigli 12",
        "zip": _POSTCODES[chat.province],
        "city": chat.city,
        "province_code": chat.province,
        "country_code": "IT",
    }
