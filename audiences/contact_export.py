"""The contacts as a file: django-import-export says what the columns are, the lines are streamed.

The library itself would build the whole file in memory, and of the formulas it takes away only the
first equals sign.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils import dateformat
from django.utils.formats import get_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from import_export.resources import ModelResource

from audiences.conditions.contact import attributes_in_use
from audiences.export import csv_lines
from audiences.importing.values import MOST_DIGITS
from audiences.models import ConsentState, Contact

PERSONAL = ("phone", "email")
_ORDER = (
    "id",
    "phone",
    "first_name",
    "last_name",
    "email",
    "language",
    "timezone",
    "province",
    "country",
    "tags",
    "marketing_consent",
    "marketing_consent_at",
    "orders_consent",
    "is_blocked",
    "has_invalid_phone",
    "created_at",
    "updated_at",
)
# A sheet with more columns helps nobody.
MOST_ATTRIBUTES = 100
# As many digits as an import takes.
_NOT_ONLY_NUMBERS = """
SELECT DISTINCT said.key FROM audiences_contact, jsonb_each(attributes) AS said
WHERE merged_into_id IS NULL AND (jsonb_typeof(said.value) <> 'number' OR length(said.value::text) > %s)
"""


class ContactResource(ModelResource):  # type: ignore[misc] # no types
    """What a contact's row holds; headings and words are in the reader's language."""

    class Meta:
        model = Contact
        fields = _ORDER
        export_order = _ORDER

    def __init__(self) -> None:
        """The words are looked up once, not for every row: that took half of the time."""
        super().__init__()
        self._consents = {state.value: str(state.label) for state in ConsentState}
        self._answers = {True: _("yes"), False: _("no")}
        self._form = get_format("SHORT_DATETIME_FORMAT")

    def dehydrate_id(self, contact: Contact) -> str:
        """Not as a number: the library would write 30.875."""
        return str(contact.pk)

    def dehydrate_tags(self, contact: Contact) -> str:
        return ", ".join(contact.tags)

    def dehydrate_marketing_consent(self, contact: Contact) -> str:
        return self._consents[contact.marketing_consent]

    def dehydrate_orders_consent(self, contact: Contact) -> str:
        return self._consents[contact.orders_consent]

    def dehydrate_marketing_consent_at(self, contact: Contact) -> str:
        return self._moment(contact.marketing_consent_at)

    def dehydrate_created_at(self, contact: Contact) -> str:
        return self._moment(contact.created_at)

    def dehydrate_updated_at(self, contact: Contact) -> str:
        return self._moment(contact.updated_at)

    def dehydrate_is_blocked(self, contact: Contact) -> str:
        return self._answers[contact.is_blocked]

    def dehydrate_has_invalid_phone(self, contact: Contact) -> str:
        return self._answers[contact.has_invalid_phone]

    def attribute(self, contact: Contact, name: str) -> str:
        """As Italians write it: a decimal has a comma."""
        value = contact.attributes.get(name)
        if value is None:
            return ""
        if isinstance(value, bool):
            return self._answers[value]
        return str(value).replace(".", ",") if isinstance(value, float) else str(value)

    def _moment(self, moment: datetime | None) -> str:
        return dateformat.format(localtime(moment), self._form) if moment else ""


def contact_lines(contacts: QuerySet[Contact], *, shows_phones: bool) -> Iterator[str]:
    """Yield the lines of the file, the heading first; without phone and email unless `shows_phones`."""
    names = [name for name in _ORDER if shows_phones or name not in PERSONAL]
    return csv_lines(_rows(ContactResource(), contacts, names))


def _rows(
    resource: ContactResource, contacts: QuerySet[Contact], names: list[str]
) -> Iterator[list[Any]]:
    headings = _headings()
    attributes = attributes_in_use()[:MOST_ATTRIBUTES]
    titles = list(_titles(attributes))
    yield [*(headings[name] for name in names), *titles]
    fields = resource.get_export_fields(names)
    for contact in resource.iter_queryset(contacts):
        yield [
            *(resource.export_field(field, contact) for field in fields),
            *(resource.attribute(contact, name) for name in attributes),
        ]


def _titles(attributes: Sequence[str]) -> Iterator[str]:
    """What is a number everywhere says so, or an import would make a text of it."""
    with connection.cursor() as cursor:
        cursor.execute(_NOT_ONLY_NUMBERS, [MOST_DIGITS])
        others = {row[0] for row in cursor.fetchall()}
    for name in attributes:
        title = _("attribute: %(name)s") if name in others else _("attribute number: %(name)s")
        yield title % {"name": name}


def _headings() -> dict[str, str]:
    """Headings that an import understands again."""
    return {
        "id": _("contact"),
        "phone": _("phone"),
        "first_name": _("first name"),
        "last_name": _("last name"),
        "email": _("email"),
        "language": _("language"),
        "timezone": _("time zone"),
        "province": _("province"),
        "country": _("country"),
        "tags": _("tags"),
        "marketing_consent": _("marketing on WhatsApp"),
        "marketing_consent_at": _("marketing on WhatsApp, since"),
        "orders_consent": _("order updates on WhatsApp"),
        "is_blocked": _("blocked at Spoki"),
        "has_invalid_phone": _("number not on WhatsApp"),
        "created_at": _("created"),
        "updated_at": _("updated"),
    }
