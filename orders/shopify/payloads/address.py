"""A postal address as Shopify writes it. Its phone is free text ("555-555-SHIP")."""

from __future__ import annotations

import re
from dataclasses import dataclass

from orders.shopify.payloads.reading import as_object, text

_SPACES = re.compile(r"\s+")
_PLATE = re.compile(r"[A-Z]{2}")
_NAMES = {"ITALY": "IT", "ITALIA": "IT"}
LIMIT = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """`zip` keeps its zeros in front; `country_code` and `province_code` are in capitals, "" when missing."""

    name: str = ""
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    address1: str = ""
    address2: str = ""
    zip: str = ""
    city: str = ""
    province: str = ""
    province_code: str = ""
    country: str = ""
    country_code: str = ""
    phone: str = ""

    def as_json(self) -> dict[str, str]:
        """Return every field, as it is kept with the order."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def read_address(value: object) -> Address | None:
    """Return the address; None for null, an empty list or one with nothing in it."""
    body = as_object(value)
    read = {field: _line(body.get(field)) for field in Address.__dataclass_fields__}
    read["zip"] = read["zip"] or _line(body.get("postal_code"))
    read["country_code"] = _country(read["country_code"], read["country"])
    read["province_code"] = _province(read["province_code"], read["province"])
    if not read["name"]:
        read["name"] = f"{read['first_name']} {read['last_name']}".strip()
    return Address(**read) if any(read.values()) else None


def _line(value: object) -> str:
    """People type doorbells with double spaces and line breaks."""
    return _SPACES.sub(" ", text(value))[:LIMIT].strip() if value is not None else ""


def _country(code: str, name: str) -> str:
    """Some bodies write the code where the name belongs, others the name alone."""
    for candidate in (code.upper(), name.upper()):
        if _PLATE.fullmatch(candidate):
            return candidate
    return _NAMES.get(name.upper(), "")


def _province(code: str, name: str) -> str:
    """`province` is normally the name, but can hold the code as well."""
    return code.upper() or (name if _PLATE.fullmatch(name) else "")
