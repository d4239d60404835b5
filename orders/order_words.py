"""What messages say of an order, in the language of whoever reads them; read when a message is written."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from babel.core import UnknownLocaleError
from babel.numbers import format_currency
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from orders.models import Order, OrderLine

# What a flow about an order may put into its message.
ORDER_PARAMETERS: Final[Mapping[str, str | Promise]] = {
    "order.name": gettext_lazy("Order number"),
    "order.amount_due": gettext_lazy("Amount to pay"),
    "order.summary": gettext_lazy("What was ordered"),
    "order.shipping_address": gettext_lazy("Shipping address"),
}
SPOKEN: Final = ("it", "en")
_LINES_SHOWN = 3
_TITLE_LENGTH = 60
# "SNC", "s.n.c.": a street that has no numbers says so.
_WITHOUT_NUMBER = re.compile(r"\bs\.?\s?n\.?\s?c?\.?\b|senza numero", re.IGNORECASE)
_NUMBER = re.compile(r"\d")
# Streets that are called after a day, a king or a road: their number is no house number.
_NUMBER_IN_NAME = re.compile(
    r"\b\d{1,2}\s*(?:°|º)?\s*(?:gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre"
    r"|dicembre)\b|\b(?:ss|sp|sr|strada (?:statale|provinciale))\s*\.?\s*\d+\b|\b(?:km|chilometro)\s*\.?\s*[\d.,]+",
    re.IGNORECASE,
)
# Their numbers are the house's, or there is none.
_COUNTRIES_WITH_NUMBERS = frozenset({"", "IT", "SM", "VA"})


def order_values(order: Order, *, language: str) -> dict[str, str]:
    """Return parameter → text; a missing house number is asked for where the address stands."""
    with override(spoken(language)):
        return {
            "order.name": order.name,
            "order.amount_due": money(order.amount_due_cents, order.due_currency, language),
            "order.summary": summary(list(order.lines.order_by("pk"))),
            "order.shipping_address": address_to_check(order.shipping_address),
        }


def spoken(language: str) -> str:
    """Return the language in which we write to somebody: hers where we have it, English abroad."""
    code = language.partition("-")[0].lower()
    if not code:
        return SPOKEN[0]
    return code if code in SPOKEN else "en"


def money(cents: int, currency: str, language: str) -> str:
    """Return "64,90 €", in English "€64.90", of an amount in cents."""
    try:
        text = format_currency(cents / 100, currency or "EUR", locale=language or SPOKEN[0])
    except (UnknownLocaleError, ValueError):
        text = format_currency(cents / 100, currency or "EUR", locale=SPOKEN[0])
    # WhatsApp wants plain blanks.
    return " ".join(text.split())


def summary(lines: Sequence[OrderLine]) -> str:
    """Return "2 × Crocchette, 1 × Umido": what is left of the order, the first lines of a long one."""
    kept = [line for line in lines if line.quantity > 0]
    told = [f"{line.quantity} × {_short(line.title)}" for line in kept[:_LINES_SHOWN]]
    more = len(kept) - _LINES_SHOWN
    if more > 0:
        told.append(_("%(count)d more") % {"count": more})
    return ", ".join(told)


def address_line(address: Mapping[str, str]) -> str:
    """Return the address on one line: street, town, and the name on the bell where it is a company's."""
    street = " ".join(_filled(address, "address1", "address2"))
    town = " ".join(_filled(address, "zip", "city", "province_code"))
    country = address.get("country_code", "")
    parts = [address.get("company", ""), street, town, "" if country in {"", "IT"} else country]
    return ", ".join(part for part in parts if part)


def address_to_check(address: Mapping[str, str]) -> str:
    """Return the address on one line, with a question where the house number is missing."""
    line = address_line(address)
    if not line or not lacks_house_number(address):
        return line
    return _("%(address)s (the house number is missing: please write it to us)") % {"address": line}


def lacks_house_number(address: Mapping[str, str]) -> bool:
    """Say whether an Italian address has a street without a house number; one that says it has none is complete."""
    street = " ".join(_filled(address, "address1", "address2"))
    if not street or address.get("country_code", "").upper() not in _COUNTRIES_WITH_NUMBERS:
        return False
    if _WITHOUT_NUMBER.search(street) or re.search(r"\bkm\b", street, re.IGNORECASE):
        return False
    return not _NUMBER.search(_NUMBER_IN_NAME.sub(" ", street))


def _short(title: str) -> str:
    return title if len(title) <= _TITLE_LENGTH else f"{title[: _TITLE_LENGTH - 1].rstrip()}…"


def _filled(address: Mapping[str, str], *names: str) -> list[str]:
    texts = (str(address.get(name) or "").strip() for name in names)
    return [text for text in texts if text]
