"""`/_control/seed` and its sisters: tests put their own things into the world."""

from collections.abc import Callable
from typing import Any

from spoki.simulator.endpoints.templates import review
from spoki.simulator.journey import tell
from spoki.simulator.past import past_message
from spoki.simulator.seeds import custom_field
from spoki.simulator.templates import Localization, Review, StoredTemplate, button
from spoki.simulator.wire import Json, not_found
from spoki.simulator.world import Automation, World


def plant_all(world: World, body: Json) -> Json:
    """Lists of `templates`, `contacts`, `messages`, `custom_fields`, `automations`."""
    if unknown := set(body) - set(_PLANTERS):
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    return {name: [_PLANTERS[name](world, one) for one in rows] for name, rows in body.items()}


def _template(world: World, row: Json) -> int:
    """`id`, `name`, `category`, `body`; optional `status`, `language`, `header`, `footer`,
    `buttons` (labels or objects), `variant`, `review` (`outcome`, `reason`, `category`)."""
    id_ = int(row.get("id") or world.new_id())
    buttons = [
        button(order, "quick_reply", one)
        if isinstance(one, str)
        else {**button(order, "", ""), **one}
        for order, one in enumerate(row.get("buttons", []))
    ]
    header = row.get("header")
    entry = Localization(
        id=id_ * 10,
        language=row.get("language", "it"),
        status=row.get("status", "APPROVED"),
        body=row.get("body", "Ciao %%FIRST_NAME%%, una prova."),
        header={"format": "text", "text": header} if isinstance(header, str) else header,
        footer=row.get("footer"),
        buttons=buttons,
    )
    entry.examples = dict.fromkeys(entry.codes, "esempio")
    world.templates[id_] = StoredTemplate(
        id=id_,
        name=row.get("name", f"template_{id_}"),
        category=row.get("category", "MARKETING"),
        localizations=[entry],
        variant=row.get("variant", "current"),
        review=Review(**row.get("review", {})),
    )
    return id_


def _contact(world: World, row: Json) -> int:
    values = {name: value for name, value in row.items() if name not in {"phone", "custom_fields"}}
    contact = world.contacts.add(row["phone"], now=world.clock.epoch(), **values)
    contact.fields.update(row.get("custom_fields", {}))
    return contact.id


def _message(world: World, row: Json) -> str:
    """A message of the past, told to nobody; see `past_message`. The same `uuid` again changes nothing."""
    uuid = str(row.get("uuid") or world.new_uuid())
    if uuid in world.messages.by_uuid:
        return uuid
    world.messages.next_id += 1
    message = past_message(
        row,
        uuid=uuid,
        number=world.messages.next_id,
        business=world.business_phone(),
        now=world.clock.epoch(),
    )
    world.messages.add(message)
    return uuid


def _field(world: World, row: Json) -> int:
    id_ = int(row.get("id") or world.new_id())
    world.custom_fields[id_] = custom_field(
        id_, row["label"], row["code"], row.get("field_type", 1), row.get("example")
    )
    return id_


def _automation(world: World, row: Json) -> Json:
    uuid = str(row.get("uuid") or world.event_uuid(world.new_uuid()))
    secret = str(row.get("secret") or world.new_secret())
    world.automations[uuid] = Automation(
        id=world.new_id(),
        name=str(row.get("name", "Automazione")),
        uuid=uuid,
        secret=secret,
        template=int(row["template"]),
    )
    return {"uuid": uuid, "secret": secret}


_PLANTERS: dict[str, Callable[[World, Json], Any]] = {
    "templates": _template,
    "contacts": _contact,
    "messages": _message,
    "custom_fields": _field,
    "automations": _automation,
}


def change_template(world: World, body: Json) -> Json:
    """Change template `id` as Meta or a person would: `status`, `language`, `body`, `name`,
    `category`, `rejection_reason`, `variant`, `review`, `decide` (end a review now), `gone`."""
    template = world.templates.get(int(body["id"]))
    if template is None:
        raise not_found()
    if body.get("gone"):
        del world.templates[template.id]
        return {"gone": True}
    for name in ("name", "category", "variant", "is_favorite"):
        if name in body:
            setattr(template, name, body[name])
    if "review" in body:
        template.review = Review(**body["review"])
    wanted = body.get("language")
    chosen = [one for one in template.localizations if wanted in {None, one.language}]
    template.localizations = [
        _changed(world, template, one, body) if one in chosen else one
        for one in template.localizations
    ]
    return template.as_json()


def _changed(
    world: World, template: StoredTemplate, entry: Localization, body: Json
) -> Localization:
    if body.get("decide"):
        review(world, template, entry)
    names = ("status", "body", "header", "footer", "buttons", "rejection_reason", "examples")
    given = {name: body[name] for name in names if name in body}
    if not given:
        return entry
    old = {name: getattr(entry, name) for name in entry.__dataclass_fields__}
    return Localization(**{**old, **given, "status_updated_at": world.stamp()})


def force_status(world: World, body: Json) -> Json:
    """Say a status of message `uuid` or `msg` now, whatever came before: `status`, `error_code`."""
    message = world.messages.by_uuid.get(str(body.get("uuid")))
    for one in world.messages.by_uuid.values() if message is None else ():
        if body.get("msg") and one.metadata.get("msg") == body["msg"]:
            message = one
    if message is None:
        raise not_found()
    message.status = str(body.get("status", message.status))
    message.error_code = body.get("error_code", message.error_code)
    message.error_text = body.get("error_text", message.error_text)
    world.messages.touch(message)
    tell(world, message)
    return {"uuid": message.uuid, "status": message.status}
