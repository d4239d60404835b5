"""Templates, as Spoki shows them and as we write them. https://api.spoki.com/api/1/templates/

Three families of field names are in use for the parts of a localization; all are read here, and
nowhere else.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from spoki.exceptions import SpokiProtocolError
from spoki.reading import (
    JsonObject,
    as_flag,
    as_int,
    as_list,
    as_moment,
    as_object,
    as_text,
    as_word,
    first_text,
    need_int,
    need_object,
)
from spoki.types.media import Media

_PLACEHOLDER = re.compile(r"%%([A-Z0-9_]+)%%")


class TemplateStatus(StrEnum):
    """The state of a localization. `unknown` is never sendable."""

    DRAFT = "draft"
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    PAUSED = "paused"
    DISABLED = "disabled"
    UNKNOWN = "unknown"


# Words of the API, of the web application, and the numbers of older answers: 2 and 4 both mean
# approved, nobody knows why there are two.
_STATUS = {
    "draft": TemplateStatus.DRAFT,
    "0": TemplateStatus.DRAFT,
    "pending": TemplateStatus.PENDING,
    "review": TemplateStatus.PENDING,
    "in review": TemplateStatus.PENDING,
    "in_review": TemplateStatus.PENDING,
    "queued": TemplateStatus.PENDING,
    "1": TemplateStatus.PENDING,
    "approved": TemplateStatus.APPROVED,
    "2": TemplateStatus.APPROVED,
    "4": TemplateStatus.APPROVED,
    "rejected": TemplateStatus.REJECTED,
    "refused": TemplateStatus.REJECTED,
    "3": TemplateStatus.REJECTED,
    "paused": TemplateStatus.PAUSED,
    "disabled": TemplateStatus.DISABLED,
}


def template_status(raw: object) -> TemplateStatus:
    """Return our name for Spoki's word or number, `unknown` for any that is new."""
    return _STATUS.get(as_word(raw), TemplateStatus.UNKNOWN)


def placeholders(text: str) -> tuple[str, ...]:
    """Return the codes between double percent signs in `text`, each once, in order."""
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(text)))


@dataclass(frozen=True, slots=True)
class Component:
    """A header, body or footer. `format` is the kind of a header: text, image, video, document."""

    text: str = ""
    format: str | None = None

    @classmethod
    def from_payload(cls, value: object, path: str) -> Self:
        """Read a component object, or a plain string.

        :raises SpokiProtocolError: naming `path`.
        """
        if isinstance(value, str):
            return cls(text=value)
        payload = need_object(value, path)
        text = payload.get("text")
        if text is not None and not isinstance(text, str):
            raise SpokiProtocolError(field=f"{path}.text")
        return cls(text=text or "", format=as_word(payload.get("format")) or None)

    def to_payload(self) -> dict[str, object]:
        return {"format": self.format, "text": self.text}


@dataclass(frozen=True, slots=True)
class Button:
    """A button. `kind` is open: "quick_reply", "url" and "call" have been seen."""

    kind: str
    text: str
    order: int = 0
    url: str | None = None
    phone_number: str | None = None

    @classmethod
    def from_payload(cls, value: object, path: str, position: int) -> Self:
        payload = need_object(value, path)
        order = as_int(payload.get("order"))
        return cls(
            kind=as_word(payload.get("button_type") or payload.get("type")) or "unknown",
            text=as_text(payload.get("text")) or "",
            order=position if order is None else order,
            url=as_text(payload.get("url")) or None,
            phone_number=as_text(payload.get("phone_number")) or None,
        )

    def to_payload(self) -> dict[str, object]:
        payload: dict[str, object] = {
            "button_type": self.kind,
            "text": self.text,
            "order": self.order,
        }
        if self.url:
            payload["url"] = self.url
        if self.phone_number:
            payload["phone_number"] = self.phone_number
        return payload


@dataclass(frozen=True, slots=True)
class Localization:
    """One language of a template. `language` is lower-case; `status_word` is Spoki's own."""

    id: int | None
    language: str
    status: TemplateStatus
    body: Component
    status_word: str = ""
    rejection_reason: str | None = None
    header: Component | None = None
    footer: Component | None = None
    buttons: tuple[Button, ...] = ()
    examples: Mapping[str, str] = field(default_factory=dict)
    header_media: Media | None = None
    default_header_media: Media | None = None
    has_carousel: bool = False
    status_changed_at: datetime | None = None
    raw: JsonObject = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_payload(cls, value: object, path: str = "templatelocalization_set") -> Self:
        """Read one localization, under any of the known names of its parts.

        :raises SpokiProtocolError: naming the part that is missing or of another kind.
        """
        payload = need_object(value, path)
        language = as_word(payload.get("language"))
        if not language:
            raise SpokiProtocolError(field=f"{path}.language")
        body = _component(payload, "body", path)
        if body is None:
            raise SpokiProtocolError(field=f"{path}.body_template_component")
        return cls(
            id=as_int(payload.get("id")),
            language=language,
            status=template_status(payload.get("status")),
            status_word=_word(payload.get("status")),
            rejection_reason=_rejection(payload),
            header=_component(payload, "header", path),
            body=body,
            footer=_component(payload, "footer", path),
            buttons=_buttons(payload, path),
            examples=_examples(payload.get("example_custom_fields")),
            header_media=Media.from_payload(payload.get("example_header_media")),
            default_header_media=Media.from_payload(payload.get("default_header_media")),
            has_carousel=bool(as_list(payload.get("templatecarouselcomponent_set"))),
            status_changed_at=as_moment(payload.get("status_updated_at")),
            raw=payload,
        )


@dataclass(frozen=True, slots=True)
class Template:
    """A template with its languages.

    `category` is upper-case, as Meta writes it. `status` is the state of the whole template, which
    few answers carry. `problems` are the paths of localizations that could not be read: those
    languages are missing from `localizations`.
    """

    id: int
    name: str
    category: str
    is_approved: bool
    customfields: tuple[str, ...] = ()
    localizations: tuple[Localization, ...] = ()
    subcategory: str = ""
    status: TemplateStatus | None = None
    status_word: str = ""
    problems: tuple[str, ...] = ()
    raw: JsonObject = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_payload(cls, value: object) -> Self:
        """Read a template; a localization of an unknown shape becomes one of its `problems`.

        :raises SpokiProtocolError: where there is no object, id or name.
        """
        payload = need_object(value, "template")
        name = as_text(payload.get("name"))
        if name is None:
            raise SpokiProtocolError(field="template.name")
        status = payload.get("status")
        localizations, problems = _localizations(payload)
        return cls(
            id=need_int(payload, "id", "template.id"),
            name=name,
            category=as_word(payload.get("category")).upper(),
            is_approved=as_flag(payload.get("is_approved")) is True,
            customfields=_codes(payload.get("customfield_set")),
            localizations=localizations,
            subcategory=as_word(payload.get("subcategory")).upper(),
            status=None if status is None else template_status(status),
            status_word=_word(status),
            problems=problems,
            raw=payload,
        )


@dataclass(frozen=True, slots=True)
class LocalizationDraft:
    """One language as we write it. `id` addresses an existing one in an update."""

    language: str
    body: str
    header: Component | None = None
    footer: str | None = None
    buttons: Sequence[Button] = ()
    examples: Mapping[str, str] = field(default_factory=dict)
    header_media: Media | None = None
    id: int | None = None

    def to_payload(self) -> dict[str, object]:
        payload: dict[str, object] = {
            "language": self.language,
            "body_template_component": {"format": None, "text": self.body},
            "templatebuttoncomponent_set": [button.to_payload() for button in self.buttons],
            "example_custom_fields": dict(self.examples),
        }
        if self.id is not None:
            # A change is partial: a part that is to go must be named.
            payload |= {
                "id": self.id,
                "header_template_component": None,
                "footer_template_component": None,
            }
        if self.header is not None:
            payload["header_template_component"] = self.header.to_payload()
        if self.footer:
            payload["footer_template_component"] = {"format": None, "text": self.footer}
        if self.header_media is not None:
            payload["example_header_media"] = self.header_media.to_payload()
        return payload


@dataclass(frozen=True, slots=True)
class TemplateDraft:
    """A template as we write it. The status is left out: what writing it does is not known."""

    name: str
    category: str
    localizations: Sequence[LocalizationDraft]
    subcategory: str = "CLASSIC"

    def to_payload(self) -> dict[str, object]:
        return {
            "name": self.name,
            "category": self.category,
            "subcategory": self.subcategory,
            "templatelocalization_set": [item.to_payload() for item in self.localizations],
        }


def _word(value: object) -> str:
    return "" if value is None else str(value)


def _component(payload: JsonObject, part: str, path: str) -> Component | None:
    for key in (f"{part}_template_component", part):
        if payload.get(key) is not None:
            return Component.from_payload(payload[key], f"{path}.{key}")
    return None


def _buttons(payload: JsonObject, path: str) -> tuple[Button, ...]:
    for key in ("templatebuttoncomponent_set", "button_set", "buttons"):
        if payload.get(key) is not None:
            read = [
                Button.from_payload(item, f"{path}.{key}", position)
                for position, item in enumerate(as_list(payload[key]))
            ]
            return tuple(sorted(read, key=lambda button: button.order))
    return ()


def _examples(value: object) -> dict[str, str]:
    return {key: str(text) for key, text in as_object(value).items() if text is not None}


def _rejection(payload: JsonObject) -> str | None:
    keys = ("rejection_reason", "rejection_detail", "rejection_recommendation")
    said = [text for key in keys if (text := as_text(payload.get(key)))]
    return " · ".join(said) or None


def _codes(value: object) -> tuple[str, ...]:
    """Return field codes, given as strings or as objects, with or without percent signs."""
    codes: list[str] = []
    for item in as_list(value):
        text = (
            first_text(item, ("key", "code", "name")) if isinstance(item, dict) else as_text(item)
        )
        if text and text.strip("% "):
            codes.append(text.strip("% "))
    return tuple(dict.fromkeys(codes))


def _localizations(payload: JsonObject) -> tuple[tuple[Localization, ...], tuple[str, ...]]:
    """Return what could be read and the paths of what could not."""
    items: Any = payload.get("templatelocalization_set", payload.get("localizations"))
    if items is None and payload.get("language"):
        # The flat form: the template is its own single language, and the id is the template's.
        items = [{**payload, "id": None}]
    if items is not None and not isinstance(items, list):
        return (), ("templatelocalization_set",)
    found: list[Localization] = []
    problems: list[str] = []
    for position, item in enumerate(items or ()):
        try:
            found.append(Localization.from_payload(item, f"templatelocalization_set[{position}]"))
        except SpokiProtocolError as error:
            problems.append(error.field)
    return tuple(found), tuple(problems)
