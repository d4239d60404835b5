"""Which customers are meant: by a phone however it is spelled, a name, an e-mail address, the number of an order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Q, QuerySet

from audiences.admin.finding import search_contacts
from audiences.identity import Phone, normalise_phone
from audiences.models import Contact
from audiences.new_owner import FormerOwner, former_owners
from audiences.patience import OutOfPatience, at_most
from orders.models import Order

MOST: Final = 25
# Longer than this nobody waits on the phone.
_PATIENCE_MS: Final = 2_000
# Fewer digits are the number of an order rather than a part of a phone; still fewer are neither.
_DIGITS_OF_A_PHONE: Final = 5
_FIGURES_OF_AN_ORDER: Final = 4
_NOT_DIGITS = re.compile(r"\D")
_ORDER_PREFIXES = re.compile(r"^#?\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """`phone` is what was asked for where it reads as one; `is_part` says that there are more, or took too long.

    `contacts` have the number now, or are meant by a name; `had` are those who had the number and have it no more.
    """

    contacts: Sequence[Contact]
    orders: Sequence[Order]
    phone: Phone | None = None
    is_part: bool = False
    had: Sequence[FormerOwner] = ()

    @property
    def is_free(self) -> bool:
        """Whether a number is meant that nobody has now."""
        has_owner = (
            any(one.phone == self.phone.e164 for one in self.contacts) if self.phone else True
        )
        return not has_owner

    @property
    def only(self) -> Contact | None:
        """The one customer who is meant, if there is no doubt."""
        people = {contact.pk: contact for contact in self.contacts}
        people |= {order.contact.pk: order.contact for order in self.orders if order.contact}
        # Somebody else may have the number by now: whoever had it is offered, never opened by itself.
        is_sure = len(people) == 1 and not self.is_part and not self.had
        return next(iter(people.values())) if is_sure else None


def by_phone(text: str) -> Found:
    """Find who has the number, else who had it; nobody for what is no number."""
    phone = normalise_phone(text)
    if not phone.e164:
        return Found(contacts=(), orders=())
    # Who has the number now is meant, not who had it before.
    owners = list(_alive(Contact.objects.filter(phone=phone.e164)))
    had = () if owners else former_owners(phone.e164)[:MOST]
    return Found(contacts=owners, orders=(), phone=phone, had=had)


def by_text(text: str) -> Found:
    """Find by whatever was typed: orders by their number, people by phone, name or e-mail address."""
    wanted = text.strip().replace("\x00", "")
    if not wanted:
        return Found(contacts=(), orders=())
    phone = normalise_phone(wanted)
    try:
        with at_most(_PATIENCE_MS):
            orders = list(orders_named(wanted))
            people = list(_alive(_people(wanted, phone))[: MOST + 1])
            had = former_owners(phone.e164, among=people) if phone.e164 else ()
    except OutOfPatience:
        return Found(contacts=(), orders=(), is_part=True)
    gone = {one.contact.pk for one in had}
    return Found(
        contacts=[one for one in people[:MOST] if one.pk not in gone],
        had=had,
        orders=orders,
        phone=phone if phone.e164 else None,
        is_part=len(people) > MOST,
    )


def _people(wanted: str, phone: Phone) -> QuerySet[Contact]:
    digits = _NOT_DIGITS.sub("", wanted)
    is_part_of_phone = not phone.e164 and len(digits) >= _DIGITS_OF_A_PHONE
    if is_part_of_phone and not re.search(r"[^\d\s()+./-]", wanted):
        return Contact.objects.filter(phone__contains=digits).order_by("-updated_at")
    return search_contacts(wanted)


def _alive(contacts: QuerySet[Contact]) -> QuerySet[Contact]:
    """Whoever was merged is found by the contact that stayed."""
    return contacts.filter(merged_into__isnull=True)


def orders_named(wanted: str) -> QuerySet[Order]:
    """By the number as the shop writes it (#1042, ZP104871), or by its figures alone."""
    bare = _ORDER_PREFIXES.sub("", wanted)
    spelled = {bare, bare.upper(), f"#{bare}", f"#{bare.upper()}"}
    meant = Q(name__in=spelled)
    if bare.isdecimal() and len(bare) >= _FIGURES_OF_AN_ORDER:
        meant |= Q(name__endswith=bare)
    found = Order.objects.filter(meant).exclude(Q(contact=None) & Q(phone=""))
    return found.select_related("contact").order_by("-placed_at")[:MOST]
