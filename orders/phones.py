"""Which of the phones of an order it will be talked about on."""

from collections.abc import Iterable
from dataclasses import dataclass

from audiences.identity import Phone, PhoneKind, normalise_phone
from orders.shopify.payloads.phones import FoundPhone

# Stands for the place where something was typed, but nowhere a phone.
UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class ChosenPhone:
    """`place` says which of the five won: "" none was typed, `UNREADABLE` none could be read."""

    phone: Phone | None
    place: str


def choose_phone(found: Iterable[FoundPhone]) -> ChosenPhone:
    """Return the first that WhatsApp may reach, else the first landline: an agent can call it."""
    landline: ChosenPhone | None = None
    is_any_typed = False
    for typed in found:
        is_any_typed = True
        phone = normalise_phone(typed.raw, typed.region)
        if phone.can_receive_whatsapp:
            return ChosenPhone(phone, typed.place)
        if phone.kind is PhoneKind.LANDLINE and landline is None:
            landline = ChosenPhone(phone, typed.place)
    return landline or ChosenPhone(None, UNREADABLE if is_any_typed else "")
