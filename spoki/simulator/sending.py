"""`POST /api/1/messages/send/`: what is checked, what is taken, what is answered."""

from collections.abc import Callable
from typing import Any

from spoki.simulator import faults
from spoki.simulator.contacts import Contact, save_fields
from spoki.simulator.faults import ERROR_TEXTS, Effect
from spoki.simulator.journey import start_journey
from spoki.simulator.messages import Message
from spoki.simulator.templates import Localization, StoredTemplate
from spoki.simulator.wire import E164, Answer, Call, Json, Refused, wrong
from spoki.simulator.world import World

_HTML = "<!doctype html><title>Spoki</title><h1>Please try again</h1>"


def lane_of_send(body: Any) -> str:
    """Texts have a limit of their own; templates and every other free message share one."""
    if isinstance(body, dict) and body.get("type") == "Message":
        return "text" if body.get("content_type", "Text") == "Text" else "template"
    return "template"


def send_message(call: Call) -> Answer:
    body = call.object_body()
    phone = _phone(body)
    draft = _DRAFTS.get(str(body.get("type")))
    if draft is None:
        raise wrong(type='"Template" or "Message" expected.')
    contact = call.world.contacts.first(phone)
    message = draft(call.world, body, phone, contact)
    refuse_if_impossible(call.world, contact, message)
    effect = call.effect = call.effect or faults.by_number(phone)
    if effect is not None:
        call.arrival.fault = effect.name
        if not effect.accepts:
            return failed_answer(call.world, effect)
    take(call.world, message, effect, lane=call.arrival.lane)
    save_fields(call.world.contact_for(phone), body.get("custom_fields"))
    call.arrival.uuid = message.uuid
    return _answer(call.world, message, effect)


def take(world: World, message: Message, effect: Effect | None, *, lane: str) -> None:
    """Accept the message: from here on it goes out."""
    key = str(message.metadata.get("msg") or "")
    now = world.clock.monotonic()
    world.arrivals.count_accepted(lane=lane, msg=key, phone=message.phone, at=now)
    start_journey(world, message, effect)


def _phone(body: Json) -> str:
    phone = body.get("phone")
    if not isinstance(phone, str) or not E164.fullmatch(phone):
        raise wrong(phone="Enter a valid phone number in E.164 form, with +.")
    return phone


def business_error(world: World, code: str, *, status: int | None = None) -> Refused:
    """An error of the account or the contact, as `{"error", "error_code"}`."""
    text = ERROR_TEXTS.get(code, "Message refused.")
    return Refused(
        status or world.config.business_error_status, {"error": text, "error_code": code}
    )


def refuse_if_impossible(world: World, contact: Contact | None, message: Message) -> None:
    """:raises Refused: no credit, or a contact that Spoki does not write to."""
    if world.account.get("current_credit", 0) <= 0 and message.template is not None:
        raise business_error(world, "spoki::1029")
    if contact is None:
        return
    if contact.is_blocked and world.config.refuse_blocked:
        raise business_error(world, "spoki::1044")
    is_marketing = message.category == "MARKETING"
    if is_marketing and contact.status == "Unsubscribed" and world.config.refuse_unsubscribed:
        raise business_error(world, "spoki::1044")


def blank_message(world: World, phone: str, body: Json) -> Message:
    metadata = body.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise wrong(metadata="Value must be valid JSON object.")
    channel = body.get("channel_id")
    if channel is not None and channel not in world.channels:
        raise wrong(channel_id=f'Invalid pk "{channel}" - object does not exist.')
    world.messages.next_id += 1
    return Message(
        uuid=world.new_uuid(),
        id=world.messages.next_id,
        phone=phone,
        business=world.business_phone(channel),
        created=world.clock.epoch(),
        metadata=metadata,
    )


def _template_draft(world: World, body: Json, phone: str, contact: Contact | None) -> Message:
    template = world.templates.get(_pk(body.get("template")))
    if template is None:
        raise wrong(template=f'Invalid pk "{body.get("template")}" - object does not exist.')
    localization = _sendable(world, template, body.get("language"))
    values = filled_values(localization, body, phone=phone, contact=contact, world=world)
    message = blank_message(world, phone, body)
    write_template(message, template, localization, values, body.get("buttons") or [])
    return message


def _pk(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else -1


def _sendable(world: World, template: StoredTemplate, language: Any) -> Localization:
    if not isinstance(language, str) or not language:
        raise wrong(language="This field is required.")
    found = template.localization(language)
    if found is None:
        raise business_error(world, "whatsapp::132001")
    codes = {"paused": "whatsapp::132015", "disabled": "whatsapp::132016"}
    if found.state in codes:
        raise business_error(world, codes[found.state])
    if found.state != "approved":
        raise wrong(template="The template is not approved in this language.")
    return found


def filled_values(
    localization: Localization, body: Json, *, phone: str, contact: Contact | None, world: World
) -> dict[str, str]:
    """Return the value of every placeholder: from the call, else from the contact.

    :raises Refused: when one is empty, or has what WhatsApp does not take in a value.
    """
    given = body.get("custom_fields") or {}
    if not isinstance(given, dict):
        raise wrong(custom_fields="Expected an object of code and value.")
    values: dict[str, str] = {}
    problems: dict[str, list[str]] = {}
    for code in localization.codes:
        value = given.get(code)
        if value is None:
            value = _known_value(code, body, phone=phone, contact=contact, world=world)
        text = values[code] = str(value)
        if not text.strip():
            problems[code] = ["This field may not be blank."]
        elif "\n" in text or "\t" in text or "     " in text:
            problems[code] = ["No new lines, tabs or more than four spaces in a row."]
    if problems:
        raise Refused(400, {"custom_fields": problems})
    return values


def _known_value(
    code: str, body: Json, *, phone: str, contact: Contact | None, world: World
) -> str:
    if code in {"FIRST_NAME", "LAST_NAME", "EMAIL"} and body.get(code.lower()):
        return str(body[code.lower()])
    if code == "ACCOUNT_NAME":
        return str(world.account.get("name", ""))
    if code == "PHONE":
        return phone
    return contact.code_value(code) if contact else ""


def write_template(
    message: Message,
    template: StoredTemplate,
    localization: Localization,
    values: dict[str, str],
    payloads: list[Json],
) -> None:
    by_order = {entry.get("order"): entry.get("payload") for entry in payloads}
    message.type, message.template, message.category = "Template", template.id, template.category
    message.language = localization.language
    message.header = localization.fill("header", values)
    message.text = localization.fill("body", values)
    message.footer = localization.fill("footer", values)
    message.buttons = [
        {
            "type": button["button_type"],
            "text": button["text"],
            "url": localization.fill(f"url{index}", values),
            "payload": by_order.get(button["order"]),
        }
        for index, button in enumerate(localization.buttons)
    ]


def _free_draft(world: World, body: Json, phone: str, contact: Contact | None) -> Message:
    content, text = body.get("content_type"), body.get("text")
    if content not in {"Text", "Interactive", "List"}:
        raise wrong(content_type='"Text", "Interactive" or "List" expected.')
    if not isinstance(text, str) or not text.strip():
        raise wrong(text="This field may not be blank.")
    if len(text) > (4096 if content == "Text" else 1024):
        raise wrong(text="Ensure this field has no more characters than WhatsApp takes.")
    buttons = _choices(body) if content != "Text" else []
    if not world.open_window(phone):
        raise business_error(world, "whatsapp::131047")
    message = blank_message(world, phone, body)
    message.content_type, message.text, message.buttons = content, text, buttons
    message.header = str((body.get("header") or {}).get("text") or "")
    message.footer = str((body.get("footer") or {}).get("text") or "")
    return message


def _choices(body: Json) -> list[Json]:
    """Return the buttons, or the rows of the list, of an interactive message."""
    if body.get("content_type") == "List":
        sections = (body.get("list") or {}).get("sections") or []
        rows = [row for section in sections for row in section.get("rows") or []]
        if not 1 <= len(rows) <= 10:
            raise wrong(list="Between 1 and 10 rows are needed.")
        return [
            {"type": "row", "text": str(row.get("title", "")), "payload": row.get("payload")}
            for row in rows
        ]
    buttons = body.get("buttons") or []
    if not 1 <= len(buttons) <= 3:
        raise wrong(buttons="Between 1 and 3 buttons are needed.")
    if any(not 1 <= len(str(button.get("text", ""))) <= 20 for button in buttons):
        raise wrong(buttons="A label has between 1 and 20 characters.")
    return [
        {"type": "quick_reply", "text": button["text"], "payload": button.get("payload")}
        for button in sorted(buttons, key=lambda button: button.get("order", 0))
    ]


_DRAFTS: dict[str, Callable[[World, Json, str, Contact | None], Message]] = {
    "Template": _template_draft,
    "Message": _free_draft,
}


def _answer(world: World, message: Message, effect: Effect | None) -> Answer:
    how = world.config.send_answer
    if effect is not None and effect.kind in {"no_identifier", "accepted_only"}:
        how = {"no_identifier": "queued", "accepted_only": "accepted"}[effect.kind]
    bodies: dict[str, Json] = {
        "identifiers": {"id": message.id, "uuid": message.uuid, "status": "Pending"},
        "uuid": {"uuid": message.uuid},
        "nested": {"data": {"messageId": message.uuid, "status": "Pending"}},
        "queued": {"detail": "Message queued"},
        "accepted": {"accepted": True},
    }
    return Answer(200, bodies[how])


def failed_answer(world: World, effect: Effect) -> Answer:
    """Return what the client sees of an effect; `hang` and `reset` show it nothing."""
    kind, _, _ = effect.kind.partition("_after")
    if kind in {"hang", "reset"}:
        return Answer(0, None, behave=kind)
    if kind in {"refuse", "refuse_200"}:
        status = 200 if kind == "refuse_200" else None
        return business_error(world, effect.argument, status=status).answer
    if kind == "429":
        text = "Request was throttled."
        headers = (("Retry-After", effect.argument),) if effect.argument else ()
        return Answer(429, {"detail": text}, headers=headers)
    if kind == "html":
        return Answer(200, _HTML)
    return Answer(int(effect.argument or 500), {"detail": "Something went wrong."})
