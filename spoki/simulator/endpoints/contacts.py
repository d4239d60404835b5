"""Contacts: list, upsert one or many, change, operators."""

import re
from typing import Any

from spoki.simulator.contacts import CONSENTS, PLAIN_FIELDS, Contact, write
from spoki.simulator.wire import Answer, Call, Json, Refused, not_found, page_of, wrong
from spoki.simulator.world import World

MOST_AT_ONCE = 500
_PHONE = re.compile(r"\+?[1-9]\d{6,14}")
_EXACT = ("phone", "email", "first_name", "last_name", "language", "status")


def list_contacts(call: Call) -> Answer:
    found = [one for one in call.world.contacts.by_id.values() if _matches(one, call.query)]
    return page_of(call, found, Contact.as_json)


def _matches(contact: Contact, query: dict[str, str]) -> bool:
    """`phone` is compared as it is written: a number stored without `+` is not found with it."""
    if any(name in query and getattr(contact, name) != query[name] for name in _EXACT):
        return False
    if "is_blocked" in query and contact.is_blocked != (query["is_blocked"].lower() == "true"):
        return False
    if "tag" in query and query["tag"] not in map(str, contact.tags):
        return False
    search = query.get("search", "").lower()
    texts = (contact.phone, contact.email or "", contact.first_name, contact.last_name)
    return not search or any(search in text.lower() for text in texts)


def stored(call: Call) -> Contact:
    contact = call.world.contacts.by_id.get(call.id())
    if contact is None:
        raise not_found()
    return contact


def get_contact(call: Call) -> Answer:
    return Answer(200, stored(call).as_json())


def sync_contact(call: Call) -> Answer:
    contact = upsert(call.world, call.object_body())
    full = contact.as_json()
    names = ("id", "phone", *PLAIN_FIELDS, "status", "chat_link", "has_invalid_phone")
    return Answer(200, {name: full[name] for name in names})


def upsert(world: World, values: Any) -> Contact:
    """Create or change the contact of a number; what is left out keeps its value.

    :raises Refused: naming the wrong fields.
    """
    _check(values)
    existing = world.contacts.first(values["phone"])
    contact = existing or world.contacts.add(values["phone"], now=world.clock.epoch())
    changed = write(contact, values)
    if existing is None:
        world.tell_contact("contact.created", contact)
    elif changed:
        world.tell_contact("contact.updated", contact)
    return contact


def _check(values: Any) -> None:
    if not isinstance(values, dict):
        raise wrong(non_field_errors="Invalid data. Expected a dictionary.")
    problems: Json = {}
    phone = values.get("phone")
    if not isinstance(phone, str) or not _PHONE.fullmatch(phone):
        problems["phone"] = ["Enter a valid phone number."]
    problems |= _wrong_fields(values)
    if problems:
        raise Refused(400, problems)


def _wrong_fields(values: Json) -> Json:
    problems: Json = {}
    if values.get("status") is not None and values["status"] not in CONSENTS:
        problems["status"] = [f'"{values["status"]}" is not a valid choice.']
    if values.get("email") and "@" not in str(values["email"]):
        problems["email"] = ["Enter a valid email address."]
    if not isinstance(values.get("custom_fields", {}), dict):
        problems["custom_fields"] = ["Expected an object of code and value."]
    return problems


def sync_all(call: Call) -> Answer:
    """A bare array of at most 500; the good rows are kept when others are wrong."""
    if not isinstance(call.body, list):
        raise wrong(non_field_errors='Expected a list of items but got type "dict".')
    return upsert_many(call.world, call.body)


def upsert_many(world: World, rows: list[Any]) -> Answer:
    if not 1 <= len(rows) <= MOST_AT_ONCE:
        raise wrong(non_field_errors=f"Between 1 and {MOST_AT_ONCE} contacts at once.")
    errors = []
    for index, row in enumerate(rows):
        try:
            upsert(world, row)
        except Refused as refused:
            phone = row.get("phone") if isinstance(row, dict) else None
            errors.append({"index": index, "phone": phone, "errors": refused.answer.data})
    return Answer(200, {"errors": errors})


def update_contact(call: Call) -> Answer:
    contact, values = stored(call), call.object_body()
    if problems := _wrong_fields(values):
        raise Refused(400, problems)
    phone = values.get("phone")
    if phone is not None:
        if not isinstance(phone, str) or not _PHONE.fullmatch(phone):
            raise wrong(phone="Enter a valid phone number.")
        if phone != contact.phone:
            call.world.contacts.move(contact, phone)
    write(contact, {name: value for name, value in values.items() if name != "status"})
    call.world.tell_contact("contact.updated", contact)
    return Answer(200, contact.as_json())


def delete_contact(call: Call) -> Answer:
    contact = stored(call)
    call.world.contacts.remove(contact)
    call.world.tell_contact("contact.deleted", contact)
    return Answer(204)


def add_operator(call: Call) -> Answer:
    contact, email = stored(call), _operator(call)
    if email not in contact.operators:
        contact.operators.append(email)
    return Answer(200, contact.as_json())


def remove_operator(call: Call) -> Answer:
    contact, email = stored(call), _operator(call)
    if email in contact.operators:
        contact.operators.remove(email)
    return Answer(200, contact.as_json())


def _operator(call: Call) -> str:
    email = call.object_body().get("email")
    if email not in call.world.operators:
        raise wrong(email="No operator with this address.")
    return str(email)
