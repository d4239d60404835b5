"""How Shopify writes things down: money as text, times with the shop's offset, identifiers, provinces."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]
ROME = ZoneInfo("Europe/Rome")

COUNTRIES = {
    "IT": "Italy", "DE": "Germany", "FR": "France", "ES": "Spain", "AT": "Austria",
    "CH": "Switzerland", "PT": "Portugal", "GB": "United Kingdom", "US": "United States",
    "SM": "San Marino", "SI": "Slovenia", "BE": "Belgium", "NL": "Netherlands",
}  # fmt: skip
PROVINCES = {
    "AN": "Ancona", "BA": "Bari", "BG": "Bergamo", "BO": "Bologna", "BS": "Brescia", "CA": "Cagliari",
    "CT": "Catania", "CZ": "Catanzaro", "FI": "Firenze", "GE": "Genova", "LE": "Lecce", "MI": "Milano",
    "MO": "Modena", "NA": "Napoli", "PA": "Palermo", "PD": "Padova", "PG": "Perugia", "PI": "Pisa",
    "PR": "Parma", "RC": "Reggio Calabria", "RE": "Reggio Emilia", "RM": "Roma", "SA": "Salerno",
    "TN": "Trento", "TO": "Torino", "TS": "Trieste", "UD": "Udine", "VE": "Venezia", "VI": "Vicenza",
    "VR": "Verona",
}  # fmt: skip


def money(cents: int) -> str:
    """`"84.60"`: a decimal as text."""
    return f"{Decimal(cents) / 100:.2f}"


def converted(cents: int, rate: str) -> int:
    """Return the cents of the currency the buyer saw."""
    return int((Decimal(cents) * Decimal(rate)).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def local(at: datetime | None) -> str | None:
    """As in the bodies of orders: the shop's time, with its offset of that day."""
    return at.astimezone(ROME).isoformat(timespec="seconds") if at else None


def zulu(at: datetime | None) -> str | None:
    """As in the Admin API: UTC, to the second."""
    return at.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def number_of(name: str, kind: str) -> int | None:
    """Read the number at the end of a global id; None where it names another kind of thing."""
    begins = f"gid://shopify/{kind}/"
    tail = name.removeprefix(begins)
    return int(tail) if name.startswith(begins) and tail.isdecimal() else None


def province_name(code: str, country: str) -> str:
    """The name where it is known; some addresses hold the code there, so does ours for the others."""
    return PROVINCES.get(code, code) if country == "IT" else code


def country_name(code: str) -> str:
    return COUNTRIES.get(code, code)
