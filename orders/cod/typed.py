"""Addresses as customers type them. Pure: a guess for the form that an agent looks at, never more."""

import re
from collections.abc import Mapping

from audiences.provinces import PROVINCES, province_code

_STREET = re.compile(
    r"\b(?:via|viale|v\.le|vicolo|piazza|p\.?za|piazzale|piazzetta|corso|c\.so|largo|strada|contrada|c\.da|localit[àa]"
    r"|loc\.|frazione|fraz\.|borgo|salita|lungo\w+|rione|vico|street|road|avenue|square)\b",
    re.IGNORECASE,
)
_HOUSE = re.compile(
    r"^\W*(?:(?:il|è|e'|al|civico|numero|num|nr?|n°)\W*){0,4}(\d{1,4}(?:\s*[/\\-]?\s*(?:[a-z]|bis|ter|int\w*))?)\b",
    re.IGNORECASE,
)
_ZIP = re.compile(r"\b\d{5}\b")
_PLATE = re.compile(r"(?:\(\s*([A-Za-z]{2})\s*\)|\b([A-Z]{2}))\s*\.?\s*$")
_EDGES = " ,;.-\n\t"
# Longer than this it tells a story.
_LONGEST_HOUSE = 40
_LONGEST_ADDRESS = 250


def looks_like_address(text: str) -> bool:
    """Say whether a text names a street with a number, and asks nothing."""
    is_told = "?" not in text and len(text) <= _LONGEST_ADDRESS
    return is_told and bool(_STREET.search(text)) and any(letter.isdigit() for letter in text)


def house_number(text: str) -> str:
    """Return the house number that a short text begins with ("civico 12/B" → "12/B"), "" if it does not."""
    if "?" in text or len(text) > _LONGEST_HOUSE:
        return ""
    found = _HOUSE.match(text)
    return "".join(found[1].split()) if found else ""


def guess(text: str, old: Mapping[str, str]) -> dict[str, str]:
    """Return the fields of `old` with what `text` says of them; what it does not say stays.

    The province stays only with the town: of another one it is the capital's own, or left for the agent to fill in.
    """
    line = " ".join(text.split())
    number = house_number(line)
    if number and not _STREET.search(line):
        street = str(old.get("address1") or "").rstrip(_EDGES)
        return dict(old) | {"address1": f"{street} {number}".strip()}
    parts = _parts(line)
    return dict(old) | _province_of_another_town(parts, old) | parts


def _parts(line: str) -> dict[str, str]:
    """Street before the postcode, town after it, the plate of the province at the end."""
    found: dict[str, str] = {}
    postcode = _ZIP.search(line)
    street, town = (
        (line[: postcode.start()], line[postcode.end() :]) if postcode else _by_comma(line)
    )
    if postcode:
        found["zip"] = postcode[0]
    town = town.strip(_EDGES)
    if (plate := _PLATE.search(town)) and (plate[1] or plate[2]).upper() in PROVINCES:
        found["province_code"] = (plate[1] or plate[2]).upper()
        town = town[: plate.start()].strip(_EDGES)
    if town:
        found["city"] = town[:100]
    if street := _from_street(street):
        found |= {"address1": street[:255], "address2": ""}
    return found


def _province_of_another_town(parts: Mapping[str, str], old: Mapping[str, str]) -> dict[str, str]:
    """The first two figures of a postcode are the region's: with others the old province is wrong."""
    town, postcode = parts.get("city", ""), parts.get("zip", "")
    if (code := province_code(town)) in PROVINCES and len(town) > len(code):
        return {"province": "", "province_code": code}
    is_far = bool(postcode) and postcode[:2] != str(old.get("zip") or "")[:2]
    return {"province": "", "province_code": ""} if is_far else {}


def _by_comma(line: str) -> tuple[str, str]:
    """Without a postcode the town is what comes last, after a comma and without a number."""
    head, comma, tail = line.rpartition(",")
    is_town = bool(comma) and not any(letter.isdigit() for letter in tail)
    return (head, tail) if is_town else (line, "")


def _from_street(text: str) -> str:
    """People begin with a greeting; the street begins with its own word."""
    found = _STREET.search(text)
    return (text[found.start() :] if found else text).strip(_EDGES)
