"""Contacts as Spoki keeps them: several may share a number, written with or without `+`."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from spoki.simulator.clock import iso
from spoki.simulator.wire import Json, digits

CONSENTS = ("Not Declared", "Subscribed", "Unsubscribed")
PLAIN_FIELDS = ("first_name", "last_name", "email", "language")


@dataclass(slots=True)
class Contact:
    id: int
    phone: str
    created: float
    first_name: str = ""
    last_name: str = ""
    email: str | None = None
    language: str = "it"
    status: str = "Not Declared"
    is_blocked: bool = False
    is_restricted: bool = False
    has_invalid_phone: bool = False
    fields: dict[str, str] = field(default_factory=dict)
    tags: list[int] = field(default_factory=list)
    lists: list[int] = field(default_factory=list)
    operators: list[str] = field(default_factory=list)

    def code_value(self, code: str) -> str:
        """What Spoki knows by itself for a placeholder; an empty text when it knows nothing."""
        if code == "PHONE":
            return self.phone
        if code in {"FIRST_NAME", "LAST_NAME", "EMAIL", "LANGUAGE"}:
            return getattr(self, code.lower()) or ""
        return self.fields.get(code, "")

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "phone": self.phone,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "email": self.email,
            "language": self.language,
            "status": self.status,
            "is_blocked": self.is_blocked,
            "is_restricted": self.is_restricted,
            "has_invalid_phone": self.has_invalid_phone,
            "chat_link": f"https://app.spoki.com/chats/{self.id}/",
            "created_datetime": iso(self.created),
            "contactfield_set": [
                {"id": self.id * 100 + n, "field": n, "visual_code": f"%%{code}%%",
                 "value": value, "value_datetime": None}
                for n, (code, value) in enumerate(self.fields.items(), start=1)
            ],
            "tag_set": [{"id": t, "name": f"tag-{t}", "color": "#22aa66", "order": t}
                        for t in self.tags],
            "list_set": [{"id": one} for one in self.lists],
            "role_set": [{"id": n, "role": "Operator", "user": {"email": email}}
                         for n, email in enumerate(self.operators, start=1)],
        }  # fmt: skip


class ContactBook:
    def __init__(self, *, first_id: int) -> None:
        self.by_id: dict[int, Contact] = {}
        self._by_digits: dict[str, list[Contact]] = {}
        self._next_id = first_id

    def add(self, phone: str, *, now: float, **values: Any) -> Contact:
        contact = Contact(id=self._next_id, phone=phone, created=now, **values)
        self._next_id += 1
        self.by_id[contact.id] = contact
        self._by_digits.setdefault(digits(phone), []).append(contact)
        return contact

    def with_phone(self, phone: str) -> list[Contact]:
        return self._by_digits.get(digits(phone), [])

    def numbers(self) -> Iterable[str]:
        """The digits of every number of the book, oldest first."""
        return self._by_digits

    def first(self, phone: str) -> Contact | None:
        same = self.with_phone(phone)
        return same[0] if same else None

    def move(self, contact: Contact, phone: str) -> None:
        self._by_digits[digits(contact.phone)].remove(contact)
        contact.phone = phone
        self._by_digits.setdefault(digits(phone), []).append(contact)

    def remove(self, contact: Contact) -> None:
        del self.by_id[contact.id]
        self._by_digits[digits(contact.phone)].remove(contact)


def write(contact: Contact, values: Json) -> bool:
    """Put the given fields on the contact, leaving the omitted ones; tell whether any changed."""
    before = (contact.as_json(), dict(contact.fields))
    for name in (*PLAIN_FIELDS, "status", "is_blocked"):
        if name in values and values[name] is not None:
            setattr(contact, name, values[name])
    save_fields(contact, values.get("custom_fields"))
    return before != (contact.as_json(), contact.fields)


def save_fields(contact: Contact, values: Any) -> None:
    """Keep the custom fields of a send: Spoki stores them on the contact for good."""
    if isinstance(values, dict):
        for code, value in values.items():
            if code not in {"FIRST_NAME", "LAST_NAME", "EMAIL", "PHONE", "LANGUAGE"}:
                contact.fields[str(code)] = str(value)
