"""What a customer does: writes, taps a button, sends a picture, asks to be left alone."""

from collections.abc import Callable
from typing import Any

from spoki.simulator.journey import tell
from spoki.simulator.media import FILES
from spoki.simulator.messages import STATUS_OF_INBOUND, Message
from spoki.simulator.wire import E164, Json, Refused, wrong
from spoki.simulator.world import World

STOP_WORDS = frozenset({"stop", "stopp", "cancellami", "disiscrivimi", "disiscriviti", "basta"})
STOP_LABELS = frozenset({"non inviarmi più offerte", "stop promozioni", "unsubscribe"})
# Where its own files are while nobody has asked it by an address yet.
_ELSEWHERE = "https://media.example.com"


def receive(world: World, body: Json) -> Message:
    """Take a message of a customer and deliver it. `kind` is `text` when left out.

    :raises Refused: when the number or the kind cannot be read, or no button fits.
    """
    phone, kind = body.get("phone"), str(body.get("kind", "text"))
    if not isinstance(phone, str) or not E164.fullmatch(phone):
        raise wrong(phone="A number with + is needed.")
    fill = _KINDS.get(kind)
    if fill is None:
        raise wrong(kind=f"One of: {', '.join(sorted(_KINDS))}.")
    message = _blank(world, phone, body)
    fill(world, message, body)
    world.contact_for(phone)
    world.messages.add(message)
    if kind == "unknown_event":
        deliver_raw(world, {"event": "message.mystery", "data": {"uuid": message.uuid}})
    else:
        tell(world, message)
    _unsubscribe_if_asked(world, message)
    return message


def _blank(world: World, phone: str, body: Json) -> Message:
    world.messages.next_id += 1
    return Message(
        uuid=world.new_uuid(),
        id=world.messages.next_id,
        phone=phone,
        business=world.business_phone(body.get("channel_id")),
        created=float(body.get("at") or world.clock.epoch()),
        is_inbound=True,
        status=STATUS_OF_INBOUND,
        reply_to=_reply_to(world, phone, body.get("reply_to")),
    )


def _reply_to(world: World, phone: str, asked: Any) -> str | None:
    """A uuid, or `last` for the newest message that the business sent."""
    if asked != "last":
        return str(asked) if asked else None
    for message in reversed(world.messages.with_phone(phone)):
        if not message.is_inbound:
            return message.uuid
    return None


def _text(_: World, message: Message, body: Json) -> None:
    message.text = str(body.get("text") or "Ciao!")


def _stop(_: World, message: Message, body: Json) -> None:
    message.text = str(body.get("text") or "STOP")


def _button(world: World, message: Message, body: Json) -> None:
    """`button` is a label or a position; `with_payload` and `with_reply` default to true."""
    source = _message_with_buttons(world, message.phone, body.get("reply_to"))
    taps = [one for one in source.buttons if one["type"] in {"quick_reply", "row"}]
    wanted = body.get("button", 0)
    found = [one for n, one in enumerate(taps) if wanted in (n, one["text"])]
    if not found:
        raise wrong(button="The message has no such button.")
    message.text = found[0]["text"]
    message.payload = found[0]["payload"] if body.get("with_payload", True) else None
    message.reply_to = source.uuid if body.get("with_reply", True) else None


def _message_with_buttons(world: World, phone: str, uuid: Any) -> Message:
    if isinstance(uuid, str) and uuid in world.messages.by_uuid:
        return world.messages.by_uuid[uuid]
    for message in reversed(world.messages.with_phone(phone)):
        if not message.is_inbound and message.buttons:
            return message
    raise wrong(button="Nothing with buttons was sent to this number.")


def _file(world: World, message: Message, body: Json) -> None:
    """A picture, a document, a voice, a film; `url` and `filename` may say another one."""
    word, name, told = FILES[str(body.get("kind"))]
    message.content_type, message.text = word, str(body.get("text") or body.get("caption") or "")
    url = str(body.get("url") or f"{world.origin or _ELSEWHERE}/_media/{name}")
    message.media = [
        {
            "id": message.id,
            "media": url,
            "content_type": str(body.get("content_type") or told),
            "filename": str(body.get("filename") or name),
        }
    ]


def _location(_: World, message: Message, body: Json) -> None:
    message.content_type = "Location"
    place = {
        "latitude": 45.4642,
        "longitude": 9.19,
        "name": "Casa",
        "address": "Via Roma 1, Milano",
    }
    message.extra = {"location": {name: body.get(name, value) for name, value in place.items()}}


def _contact(_: World, message: Message, body: Json) -> None:
    message.content_type = "Contacts"
    name = str(body.get("name") or "Veterinario Bianchi")
    phone = str(body.get("card_phone") or "+390212345678")
    message.extra = {"contacts": [{"name": {"formatted_name": name}, "phones": [{"phone": phone}]}]}


def _reaction(world: World, message: Message, body: Json) -> None:
    message.content_type = "Reaction"
    to = _reply_to(world, message.phone, body.get("to", "last")) or ""
    message.extra = {"reaction": {"emoji": str(body.get("emoji", "❤️")), "message_id": to}}


def _empty_media(_: World, message: Message, body: Json) -> None:
    message.content_type, message.text, message.media = "Image", str(body.get("text") or ""), []


def _unknown_content(_: World, message: Message, body: Json) -> None:
    message.content_type, message.text = "Hologram", str(body.get("text") or "")


_KINDS: dict[str, Callable[[World, Message, Json], None]] = {
    "text": _text,
    "stop": _stop,
    "button": _button,
    **dict.fromkeys(FILES, _file),
    "location": _location,
    "contact": _contact,
    "reaction": _reaction,
    "empty_media": _empty_media,
    "unknown_content": _unknown_content,
    "unknown_event": _text,
}


def _unsubscribe_if_asked(world: World, message: Message) -> None:
    """The ready-made automation of an account: who asks to stop becomes Unsubscribed."""
    said = message.text.strip().lower().rstrip(".!")
    if not world.config.auto_unsubscribe or said not in STOP_WORDS | STOP_LABELS:
        return
    for contact in world.contacts.with_phone(message.phone):
        if contact.status != "Unsubscribed":
            contact.status = "Unsubscribed"
            world.tell_contact("contact.updated", contact)


def deliver_raw(world: World, body: Json) -> Json:
    """Deliver anything: `event` and `data` in an envelope, or `body` as it is (JSON or text).

    `signature` may be right, wrong, stale, missing or malformed, for this delivery only.

    :raises Refused: when no webhook is active.
    """
    event = str(body.get("event", "message.outbound"))
    active = [one for one in world.courier.webhooks.values() if one.is_active]
    targets = [one for one in active if one.event == event] or active[:1]
    if not targets:
        raise Refused(400, {"detail": "No webhook is active."})
    raw = body.get("body")
    if raw is None:
        uuid = str(body.get("event_uuid") or world.event_uuid(world.new_uuid()))
        raw = world.courier.envelope(event, body.get("data") or {}, uuid)
    for webhook in targets:
        how = str(body.get("signature") or "")
        world.courier.post(webhook, raw, event=event, signature=how)
    return {"deliveries": len(targets)}
