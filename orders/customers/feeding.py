"""What an account of the shop tells about its person, as `audiences` takes it. Pure.

What Shopify says for the first time fills what is empty here; what it changes later overwrites. So a name that an
agent corrected is not undone by the next order, which repeats the old one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from audiences.languages import is_language
from audiences.models import Contact
from audiences.provinces import province_code
from orders.shopify.payloads.address import Address
from orders.shopify.payloads.customer import CustomerPayload

# The fields of Contact, then its attributes.
FIELDS = ("first_name", "last_name", "email", "language", "province", "country")
ATTRIBUTES = ("address", "city", "zip")
TAGS = "tags"
# Every contact speaks it until somebody says otherwise, so it does not tell that anybody did.
_HOME_LANGUAGE = "it"
_NAME, _EMAIL, MOST_TAG, _PROVINCE = 150, 254, 100, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What of it is to be written, in the words of `audiences.contacts.ContactData`."""

    fields: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    added_tags: Sequence[str] = ()
    removed_tags: Sequence[str] = ()


def said_by(payload: CustomerPayload) -> dict[str, Any]:
    """Return what the body says, without what it leaves open; `tags` only where it speaks of them."""
    said: dict[str, Any] = {
        "first_name": payload.first_name[:_NAME],
        "last_name": payload.last_name[:_NAME],
        "email": email_or_nothing(payload.email),
        "language": payload.language if is_language(payload.language) else "",
        **_of_address(payload.default_address),
    }
    said = {name: value for name, value in said.items() if value}
    if payload.tags is not None:
        said[TAGS] = sorted(tag for tag in payload.tags if len(tag) <= MOST_TAG)
    return said


def told(
    said: Mapping[str, Any], before: Mapping[str, Any], contact: Contact | None, *, is_move: bool
) -> Told:
    """Return what to write of `said` onto `contact` (None: a new one), `before` being what was said last.

    `is_move`: the account leads to another contact than before, so nothing was ever said of that one.
    """
    known = {} if is_move or contact is None else before
    fields = {name: said[name] for name in FIELDS if _is_news(name, said, known, contact)}
    attributes = {name: said[name] for name in ATTRIBUTES if _is_news(name, said, known, contact)}
    tags, tags_before = set(said.get(TAGS, ())), set(known.get(TAGS, ()))
    gone = tags_before - tags if TAGS in said else set()
    return Told(
        fields=fields,
        attributes=attributes,
        added_tags=sorted(tags - tags_before),
        removed_tags=sorted(gone),
    )


def of_recipient(address: Address | None) -> dict[str, str]:
    """Return the fields of a person known only by the address of a parcel."""
    if address is None:
        return {}
    first, _space, last = address.name.partition(" ")
    said = {
        "first_name": (address.first_name or first)[:_NAME],
        "last_name": (address.last_name or (last if not address.first_name else ""))[:_NAME],
        **_of_address(address),
    }
    return {name: value for name, value in said.items() if value}


def email_or_nothing(text: str) -> str:
    """Return an address that a column of e-mails can hold, else ""."""
    return text if len(text) <= _EMAIL and 0 < text.find("@") < len(text) - 1 else ""


def _of_address(address: Address | None) -> dict[str, str]:
    if address is None:
        return {}
    province = province_code(address.province_code) if address.province_code else ""
    return {
        "province": province if len(province) <= _PROVINCE else "",
        "country": address.country_code,
        "address": ", ".join(part for part in (address.address1, address.address2) if part),
        "city": address.city,
        "zip": address.zip,
    }


def _is_news(
    name: str, said: Mapping[str, Any], before: Mapping[str, Any], contact: Contact | None
) -> bool:
    if name not in said:
        return False
    if contact is None:
        return True
    if name in before:
        return bool(before[name] != said[name])
    have = contact.attributes.get(name) if name in ATTRIBUTES else getattr(contact, name)
    return not have or (name == "language" and have == _HOME_LANGUAGE)
