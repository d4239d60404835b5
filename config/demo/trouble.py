"""People to whom something goes wrong on purpose, so that the pages have errors to show.

The simulator of Spoki decides by the last six digits of a number (`spoki.simulator.faults`). All of
these agreed to marketing and bought wet food lately, so the campaign that is ready reaches them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from audiences.models import ConsentPurpose, ConsentRecord, ConsentState, Contact
from config.demo.scale import NAMED_ORDERS_FROM
from orders.models import Order, OrderLine, Product


@dataclass(frozen=True, slots=True)
class Troubled:
    first_name: str
    last_name: str
    digits: str
    pet_name: str
    pet_kind: str


PEOPLE = (
    # Accepted, then reported as failed.
    Troubled("Ada", "Non-Raggiungibile", "131026", "Argo", "cane"),
    Troubled("Bruno", "Troppe-Offerte", "131049", "Birba", "gatto"),
    Troubled("Carla", "Stop-Offerte", "131050", "Milo", "cane"),
    Troubled("Dario", "In-Esperimento", "130472", "Nala", "gatto"),
    # Refused at once.
    Troubled("Elena", "Non-Contattabile", "901044", "Otto", "cane"),
    # It may have left: unknown until somebody looks.
    Troubled("Fabio", "Senza-Ricevuta", "900200", "Luna", "cane"),
    Troubled("Gaia", "Risposta-Persa", "900409", "Micio", "gatto"),
    # Accepted, and never heard of again.
    Troubled("Ivo", "Senza-Notizie", "900000", "Rocky", "cane"),
)
_SINCE = timedelta(days=200)
_BOUGHT = timedelta(days=9)


def make_troubled(*, now: datetime) -> None:
    """Write these people, their consent and an order of wet food of nine days ago."""
    contacts = [_contact(person, now=now) for person in PEOPLE]
    Contact.objects.bulk_create(contacts)
    ConsentRecord.objects.bulk_create(_consent(contact, now=now) for contact in contacts)
    for number, (contact, person) in enumerate(zip(contacts, PEOPLE, strict=True), 1):
        _order(contact, number, animal=person.pet_kind, now=now)


def _contact(person: Troubled, *, now: datetime) -> Contact:
    return Contact(
        phone=f"+393330{person.digits}",
        can_receive_whatsapp=True,
        first_name=person.first_name,
        last_name=person.last_name,
        country="IT",
        province="MI",
        attributes={"pet_name": person.pet_name, "pet_kind": person.pet_kind},
        tags=["prova"],
        marketing_consent=ConsentState.GIVEN,
        marketing_consent_at=now - _SINCE,
    )


def _consent(contact: Contact, *, now: datetime) -> ConsentRecord:
    return ConsentRecord(
        contact=contact,
        purpose=ConsentPurpose.WHATSAPP_MARKETING,
        state=ConsentRecord.State.GIVEN,
        phone=contact.phone or "",
        source="checkout",
        evidence="Persona di prova della demo",
        at=now - _SINCE,
        recorded_at=now - _SINCE,
    )


def _order(contact: Contact, number: int, *, animal: str, now: datetime) -> None:
    product = Product.objects.filter(product_type="umido", tags__contains=[animal]).order_by("pk")[
        number
    ]
    order = Order.objects.create(
        shopify_id=NAMED_ORDERS_FROM + number,
        name=f"#{900 + number}",
        contact=contact,
        phone=contact.phone or "",
        placed_at=now - _BOUGHT,
        total_cents=product.price_cents * 6 + 490,
        financial_status="paid",
        fulfillment_status="fulfilled",
        delivery_state=Order.DeliveryState.DELIVERED,
    )
    OrderLine.objects.create(
        order=order,
        product=product,
        title=product.title,
        quantity=6,
        price_cents=product.price_cents,
        product_type=product.product_type,
        tags=product.tags,
    )
