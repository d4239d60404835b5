"""Automations: read with the key, started with their own secret and without the key."""

import hmac
from typing import Any

from spoki.simulator import faults
from spoki.simulator.contacts import PLAIN_FIELDS, save_fields
from spoki.simulator.sending import blank_message, filled_values, take, write_template
from spoki.simulator.wire import E164, Answer, Call, Json, Refused, not_found, page_of, wrong
from spoki.simulator.world import Automation

LANE = "automation"


def list_automations(call: Call) -> Answer:
    search, is_active = call.query.get("search", "").lower(), call.query.get("is_active")
    found = [
        one
        for one in call.world.automations.values()
        if search in one.name.lower()
        and (is_active is None or str(one.is_active).lower() == is_active.lower())
    ]
    return page_of(call, found, lambda one: _linked(call, one))


def get_automation(call: Call) -> Answer:
    for one in call.world.automations.values():
        if one.id == call.id():
            return Answer(200, _linked(call, one))
    raise not_found()


def fields_used(call: Call) -> Answer:
    for one in call.world.automations.values():
        if one.id == call.id():
            template = call.world.templates.get(one.template)
            entries = template.localizations if template else []
            return Answer(200, list(dict.fromkeys(c for entry in entries for c in entry.codes)))
    raise not_found()


def _linked(call: Call, automation: Automation) -> Json:
    row = automation.as_json()
    template = call.world.templates.get(automation.template)
    if template is not None and template.localizations:
        row["first_message_text"] = template.localizations[0].body
    for webhook in row["webhook_set"]:
        webhook["link"] = call.origin + webhook["link"]
    return row


def start_one(call: Call) -> Answer:
    automation, body = _trusted(call)
    _start(call, automation, body)
    return Answer(200, None)


def start_many(call: Call) -> Answer:
    automation, body = _trusted(call)
    contacts = body.get("contacts")
    if not isinstance(contacts, list):
        raise wrong(contacts="Expected a list of contacts.")
    most = call.world.config.automation_bulk_most
    if len(contacts) > most:
        raise wrong(contacts=f"Expected at most {most} contacts.")
    for entry in contacts:
        if not isinstance(entry, dict):
            raise wrong(contacts="Expected objects.")
    for entry in contacts:
        call.world.arrivals.note_key(entry.get("metadata"))
        _start(call, automation, entry)
    return Answer(200, None)


def _trusted(call: Call) -> tuple[Automation, Json]:
    automation, body = call.world.automations.get(call.params["uuid"]), call.object_body()
    if automation is None or not automation.is_active:
        raise not_found()
    if not hmac.compare_digest(str(body.get("secret", "")).encode(), automation.secret.encode()):
        raise Refused(403, {"detail": "Wrong secret."})
    return automation, body


def _start(call: Call, automation: Automation, entry: Json) -> None:
    """Take the message of one contact. What Spoki cannot send is lost without a word here."""
    world, phone = call.world, entry.get("phone")
    world.arrivals.count_arrival(LANE, call.now)
    if not isinstance(phone, str) or not E164.fullmatch(phone):
        return
    contact = world.contact_for(phone)
    for name in PLAIN_FIELDS:
        if entry.get(name):
            setattr(contact, name, str(entry[name]))
    save_fields(contact, entry.get("custom_fields"))
    template = world.templates.get(automation.template)
    localization = template.localization(_language(entry, phone)) if template else None
    if template is None or localization is None or localization.state != "approved":
        return
    try:
        values = filled_values(localization, entry, phone=phone, contact=contact, world=world)
    except Refused:
        return
    message = blank_message(world, phone, _carried(call, entry))
    write_template(message, template, localization, values, [])
    take(world, message, faults.by_number(phone), lane=LANE)


def _carried(call: Call, entry: Json) -> Json:
    metadata: Any = entry.get("metadata") if call.world.config.automation_metadata else None
    return {"metadata": metadata if isinstance(metadata, dict) else {}}


def _language(entry: Json, phone: str) -> str:
    """Spoki picks the language by the number's prefix, unless one is given."""
    return str(entry.get("language") or ("it" if phone.startswith("+39") else "en"))
