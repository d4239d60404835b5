"""Phones as people write them, made into the one form we keep (E.164)."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import phonenumbers
from django.utils.translation import gettext as _
from phonenumbers import PhoneNumber, PhoneNumberType, timezone

HOME_ZONE = "Europe/Rome"
ITALY = 39


class PhoneKind(StrEnum):
    MOBILE = "mobile"
    LANDLINE = "landline"
    UNKNOWN = "unknown"
    INVALID = "invalid"


# Where one prefix spans several zones: the one most of its people live in.
_MAIN_ZONES = {
    "GB": "Europe/London",
    "ES": "Europe/Madrid",
    "PT": "Europe/Lisbon",
    "DE": "Europe/Berlin",
    "FR": "Europe/Paris",
    "NL": "Europe/Amsterdam",
    "UA": "Europe/Kiev",
    "US": "America/Chicago",
    "CA": "America/Toronto",
    "BR": "America/Sao_Paulo",
    "AU": "Australia/Sydney",
    "NZ": "Pacific/Auckland",
    "RU": "Europe/Moscow",
    # The library answers with the Canary Islands, an hour behind.
    "MA": "Africa/Casablanca",
    "ID": "Asia/Jakarta",
    "MX": "America/Mexico_City",
    "MN": "Asia/Ulaanbaatar",
    "PF": "Pacific/Tahiti",
    "RE": "Indian/Reunion",
    "JM": "America/Jamaica",
    "TT": "America/Port_of_Spain",
    "BS": "America/Nassau",
}
# The islands of the North American plan lie near this one.
_CARIBBEAN = "America/Puerto_Rico"
NORTH_AMERICA = 1

_KINDS = {
    PhoneNumberType.MOBILE: PhoneKind.MOBILE,
    # North America and others share one range between mobiles and landlines.
    PhoneNumberType.FIXED_LINE_OR_MOBILE: PhoneKind.UNKNOWN,
    PhoneNumberType.PERSONAL_NUMBER: PhoneKind.UNKNOWN,
    PhoneNumberType.VOIP: PhoneKind.UNKNOWN,
    PhoneNumberType.UNKNOWN: PhoneKind.UNKNOWN,
    # An Italian mobile with a digit too many reads as the mailbox of another one.
    PhoneNumberType.VOICEMAIL: PhoneKind.INVALID,
}
# The library reads letters as the digits of their keys; in a list of customers they are a mistake.
_WORDS = re.compile(r"[^\W\d_]")


class PhoneRefused(Exception):
    """This text is not a phone WhatsApp could reach; `str()` says why, for a person."""


@dataclass(frozen=True, slots=True)
class Phone:
    """`e164` is empty when the text is not a phone at all."""

    e164: str
    kind: PhoneKind
    country: str
    zone: str

    @property
    def can_receive_whatsapp(self) -> bool:
        return self.kind in {PhoneKind.MOBILE, PhoneKind.UNKNOWN}


NOT_A_PHONE = Phone(e164="", kind=PhoneKind.INVALID, country="", zone=HOME_ZONE)


# One person's number is read several times in a row: for the account, for its consents, for its orders.
@lru_cache(maxsize=4096)
def normalise_phone(text: str, region: str = "IT") -> Phone:
    """Read a phone written with or without prefix (`region` is assumed without)."""
    number = _parse(text, region)
    if number is None:
        return NOT_A_PHONE
    kind = _kind(number)
    if kind is PhoneKind.INVALID:
        return NOT_A_PHONE
    # Nearly everybody: asking for country and zone costs more than all the rest.
    is_italian_mobile = number.country_code == ITALY and kind is PhoneKind.MOBILE
    return Phone(
        e164=phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
        kind=kind,
        country="IT" if is_italian_mobile else phonenumbers.region_code_for_number(number) or "",
        zone=HOME_ZONE if is_italian_mobile else _zone(number),
    )


def whatsapp_phone(text: str, region: str = "IT") -> Phone:
    """The phone, if WhatsApp can reach it.

    :raises PhoneRefused: empty, unreadable, or a landline.
    """
    if not text.strip():
        raise PhoneRefused(_("The phone is missing."))
    phone = normalise_phone(text, region)
    if phone.kind is PhoneKind.INVALID:
        raise PhoneRefused(_("“%(phone)s” is not a valid phone number.") % {"phone": text.strip()})
    if not phone.can_receive_whatsapp:
        raise PhoneRefused(
            _("“%(phone)s” is a landline: WhatsApp needs a mobile number.")
            % {"phone": text.strip()}
        )
    return phone


def _kind(number: PhoneNumber) -> PhoneKind:
    """In Italy mobiles have prefixes of their own: what is no mobile there is a fixed or a special number."""
    kind = _KINDS.get(phonenumbers.number_type(number), PhoneKind.LANDLINE)
    is_special = kind is PhoneKind.UNKNOWN and number.country_code == ITALY
    return PhoneKind.LANDLINE if is_special else kind


def _parse(text: str, region: str) -> PhoneNumber | None:
    """Spreadsheets drop the plus: “39347…” of 12 digits is tried with it when it fails without."""
    cleaned = text.strip().strip("'").removeprefix("tel:")
    if _WORDS.search(cleaned):
        return None
    for candidate in (cleaned, f"+{cleaned}"):
        try:
            number = phonenumbers.parse(candidate, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number) and not number.extension:
            return number
    return None


def _zone(number: PhoneNumber) -> str:
    region = phonenumbers.region_code_for_number(number) or ""
    zones = timezone.time_zones_for_number(number)
    if not zones or zones[0] == timezone.UNKNOWN_TIMEZONE:
        return _MAIN_ZONES.get(region, HOME_ZONE)
    if len(zones) == 1 and region != "MA":
        return zones[0]
    is_island = number.country_code == NORTH_AMERICA and region not in _MAIN_ZONES
    return _MAIN_ZONES.get(region, _CARIBBEAN if is_island else zones[0])
