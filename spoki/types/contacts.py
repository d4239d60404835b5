"""Contacts and their custom fields. https://api.spoki.com/api/1/contacts/, …/custom-fields/"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Self

from spoki.exceptions import SpokiProtocolError
from spoki.phones import normalise
from spoki.reading import (
    JsonObject,
    as_flag,
    as_int,
    as_list,
    as_moment,
    as_object,
    as_text,
    as_word,
    need_int,
    need_object,
    need_text,
)


class ConsentStatus(StrEnum):
    """Marketing consent, in the words that Spoki reads and writes."""

    NOT_DECLARED = "Not Declared"
    SUBSCRIBED = "Subscribed"
    UNSUBSCRIBED = "Unsubscribed"


_CONSENT = {status.value.lower(): status for status in ConsentStatus}


class FieldType(IntEnum):
    TEXT = 1
    DATE = 2
    DATETIME = 3


@dataclass(frozen=True, slots=True)
class Contact:
    """A person as Spoki knows them. `phone` is E.164, None where Spoki holds no valid one.

    `status` is None for a word that we do not know. `fields` are custom fields, code → text.
    """

    id: int
    phone: str | None = field(repr=False)
    first_name: str = field(default="", repr=False)
    last_name: str = field(default="", repr=False)
    email: str | None = field(default=None, repr=False)
    language: str | None = None
    status: ConsentStatus | None = None
    status_word: str = ""
    is_blocked: bool = False
    has_invalid_phone: bool = False
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    tags: tuple[str, ...] = ()
    created_at: datetime | None = None
    raw: JsonObject = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_payload(cls, value: object) -> Self:
        """Read a contact.

        :raises SpokiProtocolError: where there is no object or no id.
        """
        payload = need_object(value, "contact")
        word = as_word(payload.get("status"))
        return cls(
            id=need_int(payload, "id", "contact.id"),
            phone=normalise(payload.get("phone")),
            first_name=as_text(payload.get("first_name")) or "",
            last_name=as_text(payload.get("last_name")) or "",
            email=as_text(payload.get("email")) or None,
            language=as_word(payload.get("language")) or None,
            status=_CONSENT.get(word),
            status_word=word,
            is_blocked=as_flag(payload.get("is_blocked")) is True,
            has_invalid_phone=as_flag(payload.get("has_invalid_phone")) is True,
            fields=_fields(payload),
            tags=_tags(payload.get("tag_set")),
            created_at=as_moment(payload.get("created_datetime")),
            raw=payload,
        )


def _fields(payload: JsonObject) -> dict[str, str]:
    values = {
        code.strip("%"): str(value)
        for code, value in as_object(payload.get("contactfield_values")).items()
        if value is not None
    }
    for item in as_list(payload.get("contactfield_set")):
        row = as_object(item)
        code = (as_text(row.get("visual_code")) or "").strip("%")
        value = row.get("value") or row.get("value_datetime")
        if code and value is not None:
            values[code] = str(value)
    return values


def _tags(value: object) -> tuple[str, ...]:
    names = (as_text(as_object(item).get("name")) for item in as_list(value))
    return tuple(name for name in names if name)


@dataclass(frozen=True, slots=True)
class ContactPage:
    """One page of the contacts, in Spoki's order; `has_more` says whether to ask for the next.

    `unreadable_count` rows were of an unknown shape and are not in `contacts`.
    """

    contacts: tuple[Contact, ...] = ()
    has_more: bool = False
    unreadable_count: int = 0

    @classmethod
    def from_payload(cls, value: object) -> Self:
        """Read an envelope of rows, or a bare array.

        :raises SpokiProtocolError: where there is neither.
        """
        payload = as_object(value)
        rows = value if isinstance(value, list) else payload.get("results")
        if not isinstance(rows, list):
            raise SpokiProtocolError("contact_page", field="results")
        readable = [row for row in rows if as_int(as_object(row).get("id")) is not None]
        return cls(
            contacts=tuple(Contact.from_payload(row) for row in readable),
            has_more=bool(rows) and bool(payload.get("next")),
            unreadable_count=len(rows) - len(readable),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactWrite:
    """What to write about the person with `phone` (E.164). A field left None keeps its value.

    Write `status` only when it changed: a change can start an automation at Spoki.
    """

    phone: str = field(repr=False)
    first_name: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    language: str | None = None
    status: ConsentStatus | None = None
    custom_fields: Mapping[str, str] = field(default_factory=dict, repr=False)

    def to_payload(self) -> dict[str, object]:
        payload: dict[str, object] = {"phone": self.phone}
        for key in ("first_name", "last_name", "email", "language"):
            value = getattr(self, key)
            if value is not None:
                payload[key] = value
        if self.status is not None:
            payload["status"] = self.status.value
        if self.custom_fields:
            payload["custom_fields"] = dict(self.custom_fields)
        return payload


@dataclass(frozen=True, slots=True)
class BulkSyncResult:
    """The answer of a bulk upsert, whose shape is not documented.

    `errors` are Spoki's own entries, unread; `contacts` those that the answer showed. An answer
    without either does not prove that every contact was taken: verify a sample.
    """

    contacts: tuple[Contact, ...] = ()
    errors: tuple[object, ...] = field(default=(), repr=False)
    raw: object = field(default=None, repr=False, compare=False)

    @classmethod
    def from_payload(cls, value: object) -> Self:
        payload = as_object(value)
        rows = as_list(value) or as_list(payload.get("results") or payload.get("contacts"))
        readable = [row for row in rows if as_int(as_object(row).get("id")) is not None]
        unreadable = [row for row in rows if as_int(as_object(row).get("id")) is None]
        return cls(
            contacts=tuple(Contact.from_payload(row) for row in readable),
            errors=(*as_list(payload.get("errors")), *unreadable),
            raw=value,
        )


@dataclass(frozen=True, slots=True)
class CustomField:
    """A field of a contact. `code` is what stands between percent signs in a template."""

    id: int
    code: str
    label: str
    field_type: int | None = FieldType.TEXT
    example: str | None = None
    raw: JsonObject = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_payload(cls, value: object) -> Self:
        """Read a custom field.

        :raises SpokiProtocolError: where there is no object, id or code.
        """
        payload = need_object(value, "custom_field")
        code = need_text(payload, "code", "custom_field.code").strip("%")
        return cls(
            id=need_int(payload, "id", "custom_field.id"),
            code=code,
            label=as_text(payload.get("label")) or code,
            field_type=as_int(payload.get("field_type")),
            example=as_text(payload.get("example")),
            raw=payload,
        )
