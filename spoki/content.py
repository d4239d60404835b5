"""What a message holds besides its text: which kind it is, files, a place, people, a reaction, a choice.

Spoki's page on outgoing webhooks shows `content_type`, `mediamessage_set` and `payload`. It shows no place, no
contact and no reaction: those are read under the names that Meta gives them (Meta, Messages webhook), which a
provider hands on as they are.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from spoki.reading import (
    JsonObject,
    as_list,
    as_number,
    as_object,
    as_text,
    as_word,
    first_text,
    normalise_uuid,
)
from spoki.types.media import Media

# More than a person sends at once, and few enough to keep.
_MOST_FILES, _MOST_PEOPLE, _MOST_NUMBERS, _MOST_BUTTONS = 30, 20, 10, 10
_LONGEST = 500


class ContentKind(StrEnum):
    """What a message is, in our words; EMPTY where a delivery does not say and nothing shows it."""

    EMPTY = ""
    TEXT = "text"
    TEMPLATE = "template"
    BUTTON = "button"
    BUTTONS = "buttons"
    LIST = "list"
    IMAGE = "image"
    VIDEO = "video"
    DOCUMENT = "document"
    AUDIO = "audio"
    LOCATION = "location"
    CONTACT = "contact"
    REACTION = "reaction"
    UNSUPPORTED = "unsupported"


FILES: Final = frozenset(
    {ContentKind.IMAGE, ContentKind.VIDEO, ContentKind.DOCUMENT, ContentKind.AUDIO}
)
_KINDS: Final = {
    "text": ContentKind.TEXT,
    "chat": ContentKind.TEXT,
    "template": ContentKind.TEMPLATE,
    "button": ContentKind.BUTTON,
    "button_reply": ContentKind.BUTTON,
    "quick_reply": ContentKind.BUTTON,
    "list_reply": ContentKind.LIST,
    "list": ContentKind.LIST,
    "image": ContentKind.IMAGE,
    "photo": ContentKind.IMAGE,
    "picture": ContentKind.IMAGE,
    "sticker": ContentKind.IMAGE,
    "gif": ContentKind.VIDEO,
    "video": ContentKind.VIDEO,
    "document": ContentKind.DOCUMENT,
    "file": ContentKind.DOCUMENT,
    "audio": ContentKind.AUDIO,
    "voice": ContentKind.AUDIO,
    "ptt": ContentKind.AUDIO,
    "location": ContentKind.LOCATION,
    "live_location": ContentKind.LOCATION,
    "contact": ContentKind.CONTACT,
    "contacts": ContentKind.CONTACT,
    "vcard": ContentKind.CONTACT,
    "reaction": ContentKind.REACTION,
}
_MEDIA_SETS = ("mediamessage_set", "media_set", "attachments", "media")
_MEDIA_ALONE = ("image", "video", "audio", "voice", "document", "sticker", "file")
_PEOPLE_KEYS = ("contacts", "contact_cards", "vcards")
_CHOICE_KEYS = ("list_reply", "button_reply", "button")
_NAME_KEYS = ("formatted_name", "name", "first_name")


def read_media(content: JsonObject) -> tuple[Media, ...]:
    """Return the files of a message in their order, each address once."""
    found: dict[str, Media] = {}
    for item in _media_items(content):
        media = Media.from_payload(item)
        if media is not None:
            found.setdefault(media.url, media)
    return tuple(found.values())[:_MOST_FILES]


def _media_items(content: JsonObject) -> Iterator[object]:
    for key in _MEDIA_SETS:
        value = content.get(key)
        yield from as_list(value) or (() if isinstance(value, list) else (value,))
    for key in _MEDIA_ALONE:
        yield as_object(content.get(key))
    yield content.get("media_url")


def read_details(content: JsonObject, kind: ContentKind, *, is_inbound: bool) -> JsonObject:
    """Return what is neither text nor file, flat enough to be kept and shown; {} where there is nothing.

    `place` {latitude, longitude, name, address}; `people` [{name, phones, emails, company}]; `reaction` (the sign,
    "" where it was taken back) and `to` (the message it is on); `choice` {title, description}; `buttons` (labels of
    what somebody else sent); `word` (Spoki's word for a kind that we do not know).
    """
    details: dict[str, object] = {}
    if place := _place(content):
        details["place"] = place
    if kind is ContentKind.REACTION:
        details |= _reaction(content)
    if people := _people(content):
        details["people"] = people
    if is_inbound and (choice := _choice(content)):
        details["choice"] = choice
    if not is_inbound and (labels := _labels(content)):
        details["buttons"] = labels
    if kind is ContentKind.UNSUPPORTED:
        details["word"] = as_word(content.get("content_type"))[:40]
    return details


def kind_of(content: JsonObject, media: tuple[Media, ...], *, is_inbound: bool) -> ContentKind:
    """Return what the message is, by Spoki's word, else by what it holds."""
    word = as_word(content.get("content_type")).replace(" ", "_").replace("-", "_")
    if word == "interactive":
        return _interactive(content, is_inbound=is_inbound)
    if word:
        known = _KINDS.get(word, ContentKind.UNSUPPORTED)
        # A tap on a button is told as a text with a payload.
        is_tap = known is ContentKind.TEXT and bool(content.get("payload"))
        return ContentKind.BUTTON if is_tap and is_inbound else known
    return _by_what_it_holds(content, media, is_inbound=is_inbound)


def _interactive(content: JsonObject, *, is_inbound: bool) -> ContentKind:
    if not is_inbound:
        return ContentKind.BUTTONS
    inner = as_object(content.get("interactive"))
    is_list = "list_reply" in content or "list_reply" in inner
    return ContentKind.LIST if is_list else ContentKind.BUTTON


def _by_what_it_holds(
    content: JsonObject, media: tuple[Media, ...], *, is_inbound: bool
) -> ContentKind:
    if isinstance(content.get("reaction"), dict):
        return ContentKind.REACTION
    if _place(content):
        return ContentKind.LOCATION
    if _people(content):
        return ContentKind.CONTACT
    if media:
        return _kind_of_file(media[0])
    if is_inbound and (content.get("payload") or _choice(content)):
        return ContentKind.BUTTON
    return ContentKind.TEXT if content.get("text") else ContentKind.EMPTY


def _kind_of_file(media: Media) -> ContentKind:
    family = (media.content_type or "").partition("/")[0]
    return _KINDS.get(family, ContentKind.DOCUMENT) if family != "text" else ContentKind.DOCUMENT


def read_choice_payload(content: JsonObject) -> str | None:
    """Return what we put behind the tapped button or row, under the names it may come by."""
    own = as_text(content.get("payload"))
    if own:
        return own
    for holder in _choice_holders(content):
        if found := first_text(holder, ("payload", "id")):
            return found
    return None


def read_choice_title(content: JsonObject) -> str | None:
    """Return the label of the tapped button or row, where it stands apart from the text."""
    for holder in _choice_holders(content):
        if found := first_text(holder, ("title", "text")):
            return found
    return None


def _choice_holders(content: JsonObject) -> Iterator[JsonObject]:
    for place in (content, as_object(content.get("interactive"))):
        for key in _CHOICE_KEYS:
            if isinstance(place.get(key), dict):
                yield as_object(place[key])


def _choice(content: JsonObject) -> dict[str, str]:
    for holder in _choice_holders(content):
        title = first_text(holder, ("title", "text"))
        if title:
            description = first_text(holder, ("description",)) or ""
            return {"title": _cut(title), "description": _cut(description)}
    return {}


def _place(content: JsonObject) -> dict[str, object]:
    inner = as_object(content.get("location")) or content
    latitude = as_number(inner.get("latitude", inner.get("lat")))
    longitude = as_number(inner.get("longitude", inner.get("lng", inner.get("lon"))))
    if latitude is None or longitude is None:
        return {}
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return {}
    texts = {key: _cut(as_text(inner.get(key)) or "") for key in ("name", "address")}
    return {"latitude": latitude, "longitude": longitude, **texts}


def _reaction(content: JsonObject) -> dict[str, object]:
    value = content.get("reaction")
    inner = as_object(value)
    # An empty one is a sign that was taken back.
    sign = as_text(value) if isinstance(value, str) else first_text(inner, ("emoji", "text"))
    target = first_text(inner, ("message_uuid", "message_uid", "message_id", "uuid", "id"))
    if sign is None:
        sign = first_text(content, ("emoji", "text", "body", "content")) or ""
    return {"reaction": sign[:20], "to": normalise_uuid(target) or ""}


def _people(content: JsonObject) -> list[dict[str, object]]:
    """Return the cards that were sent; `contact` is not among them: that is Spoki's own of the chat."""
    for key in _PEOPLE_KEYS:
        cards = [_person(as_object(item)) for item in as_list(content.get(key))[:_MOST_PEOPLE]]
        if found := [card for card in cards if card]:
            return found
    return []


def _person(card: JsonObject) -> dict[str, object]:
    name = as_text(card.get("name")) or first_text(as_object(card.get("name")), _NAME_KEYS) or ""
    phones = list(_values(card, "phones", ("phone", "wa_id")))
    emails = list(_values(card, "emails", ("email",)))
    company = first_text(as_object(card.get("org")), ("company",)) or ""
    if not (name or phones or emails):
        return {}
    return {"name": _cut(name), "phones": phones, "emails": emails, "company": _cut(company)}


def _values(card: JsonObject, key: str, names: tuple[str, ...]) -> Iterator[str]:
    for item in as_list(card.get(key))[:_MOST_NUMBERS]:
        value = as_text(item) or first_text(as_object(item), names)
        if value:
            yield value[:100]


def _labels(content: JsonObject) -> list[str]:
    """Return the buttons of a message that an operator or an automation sent."""
    labels = [as_text(as_object(button).get("text")) for button in as_list(content.get("buttons"))]
    return [_cut(label) for label in labels if label][:_MOST_BUTTONS]


def _cut(text: str) -> str:
    return text[:_LONGEST]
