"""What each floor keeps of a person, told by it: registered from below, called by `audiences.privacy`. No signals."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audiences.models import Contact, ContactAlias, PhoneChange

# Section → rows, each a flat object fit for JSON.
Told = Mapping[str, Sequence[Mapping[str, Any]]]
Figures = Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A contact with the doubles that were merged into it, and every number and e-mail address it had."""

    contact_id: int
    contact_ids: tuple[int, ...]
    phones: tuple[str, ...]
    emails: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """`tell` what is kept of a person; `erase` it and return how many rows of each kind were blanked."""

    tell: Callable[[Person], Told]
    erase: Callable[[Person, datetime], Figures]


_KEEPERS: dict[str, Keeper] = {}


def register(key: str, keeper: Keeper) -> None:
    """Add a floor; called from `AppConfig.ready`. Registering a key again replaces it."""
    _KEEPERS[key] = keeper


def person_of(contact: Contact) -> Person:
    """Gather by what a contact is known, now and before."""
    whole = contact.merged_into or contact
    people = [whole, *Contact.objects.filter(merged_into=whole)]
    ids = [one.pk for one in people]
    aliases = ContactAlias.objects.filter(contact__in=ids, kind=ContactAlias.Kind.PHONE)
    changes = PhoneChange.objects.filter(contact__in=ids)
    phones = [
        *(one.phone for one in people),
        *aliases.values_list("value", flat=True),
        *changes.values_list("old_phone", flat=True),
        *changes.values_list("new_phone", flat=True),
    ]
    return Person(
        contact_id=whole.pk,
        contact_ids=tuple(ids),
        phones=tuple(dict.fromkeys(phone for phone in phones if phone and phone.startswith("+"))),
        emails=tuple(dict.fromkeys(one.email.lower() for one in people if one.email)),
    )


def all_keepers() -> list[Keeper]:
    """Return them from the lowest floor up."""
    return list(_KEEPERS.values())
