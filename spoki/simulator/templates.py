"""Templates as Spoki keeps them: localizations, statuses, placeholders, review."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from spoki.simulator.wire import Json

PLACEHOLDER = re.compile(r"%%([A-Z0-9_]+)%%")
STANDARD_CODES = ("FIRST_NAME", "LAST_NAME", "EMAIL", "PHONE", "ACCOUNT_NAME", "LANGUAGE")

# Words and numbers that Spoki uses for one and the same state; 4 is a second "approved".
_STATES: dict[Any, str] = {
    "DRAFT": "draft",
    "PENDING": "pending",
    "REVIEW": "pending",
    "APPROVED": "approved",
    "REJECTED": "rejected",
    "PAUSED": "paused",
    "DISABLED": "disabled",
    0: "draft",
    1: "pending",
    2: "approved",
    3: "rejected",
    4: "approved",
}


@dataclass
class Localization:
    """One language of a template. `status` is kept as the raw word or number to be shown."""

    id: int
    language: str
    status: str | int
    body: str
    header: Json | None = None
    footer: str | None = None
    buttons: list[Json] = field(default_factory=list)
    examples: Json = field(default_factory=dict)
    rejection_reason: str | None = None
    status_updated_at: str | None = None
    header_media: Json | None = None

    @property
    def state(self) -> str:
        raw = self.status
        return _STATES.get(raw.upper() if isinstance(raw, str) else raw, "unknown")

    @cached_property
    def _parts(self) -> dict[str, list[str]]:
        texts = {
            "header": str((self.header or {}).get("text") or ""),
            "body": self.body,
            "footer": self.footer or "",
        }
        texts |= {f"url{i}": str(button.get("url") or "") for i, button in enumerate(self.buttons)}
        return {name: PLACEHOLDER.split(text) for name, text in texts.items()}

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Placeholders in order of appearance, header first."""
        return tuple(dict.fromkeys(code for parts in self._parts.values() for code in parts[1::2]))

    def fill(self, part: str, values: Mapping[str, str]) -> str:
        """Return the text of `header`, `body`, `footer` or `url<n>` with its values."""
        parts = self._parts[part]
        if len(parts) == 1:
            return parts[0]
        filled = list(parts)
        filled[1::2] = [values.get(code, "") for code in parts[1::2]]
        return "".join(filled)


@dataclass(slots=True)
class Review:
    """What Meta will say after `submit`; `category` is what it turns the template into."""

    outcome: str = "APPROVED"
    reason: str | None = None
    category: str | None = None


@dataclass(slots=True)
class StoredTemplate:
    """`variant` is the shape it is printed in: `current`, `short` or `plain`."""

    id: int
    name: str
    category: str
    localizations: list[Localization]
    variant: str = "current"
    subcategory: str = "CLASSIC"
    is_favorite: bool = False
    groups: list[int] = field(default_factory=list)
    review: Review = field(default_factory=Review)
    channel_id: int | None = None

    @property
    def is_approved(self) -> bool:
        return any(entry.state == "approved" for entry in self.localizations)

    def localization(self, language: str) -> Localization | None:
        """Return the one of `language`, in any case (sends say `IT`, templates say `it`)."""
        wanted = language.lower()
        for entry in self.localizations:
            if entry.language.lower() == wanted:
                return entry
        return None

    def as_json(self) -> Json:
        codes = dict.fromkeys(code for entry in self.localizations for code in entry.codes)
        shown: list[Any] = list(codes)
        if self.variant == "short":
            shown = [{"key": code, "name": code.replace("_", " ").title()} for code in codes]
        return {
            "id": self.id,
            "name": self.name,
            "category": self.category,
            "subcategory": self.subcategory,
            "integration": 1,
            "is_approved": self.is_approved,
            "is_favorite": self.is_favorite,
            "customfield_set": shown,
            "template_groups": [{"id": group, "name": f"Gruppo {group}"} for group in self.groups],
            "templatelocalization_set": [_SHAPES[self.variant](e) for e in self.localizations],
        }


def _component(kind: str, text: str | None, format_: str | None = None) -> Json | None:
    if text is None:
        return None
    return {"component_type": kind, "format": format_, "text": text, "parameters": []}


def _common(entry: Localization) -> Json:
    return {
        "id": entry.id,
        "language": entry.language,
        "status": entry.status,
        "rejection_reason": entry.rejection_reason,
        "status_updated_at": entry.status_updated_at,
        "example_custom_fields": entry.examples,
    }


def _header(entry: Localization) -> Json | None:
    if entry.header is None:
        return None
    return _component("HEADER", entry.header.get("text"), entry.header.get("format", "text")) or {
        "component_type": "HEADER",
        "format": entry.header.get("format"),
        "text": None,
        "parameters": [],
    }


def _current(entry: Localization) -> Json:
    return {
        **_common(entry),
        "header_template_component": _header(entry),
        "body_template_component": _component("BODY", entry.body),
        "footer_template_component": _component("FOOTER", entry.footer),
        "templatebuttoncomponent_set": entry.buttons,
        "example_header_media": entry.header_media,
        "default_header_media": None,
        "templatecarouselcomponent_set": None,
    }


def _short(entry: Localization) -> Json:
    return {
        **_common(entry),
        "header": _header(entry),
        "body": _component("BODY", entry.body),
        "footer": _component("FOOTER", entry.footer),
        "button_set": entry.buttons,
        "example_header_media": entry.header_media,
    }


def _plain(entry: Localization) -> Json:
    return {**_common(entry), "body": entry.body, "button_set": entry.buttons}


_SHAPES = {"current": _current, "short": _short, "plain": _plain}


def button(order: int, kind: str, text: str, **extra: Any) -> Json:
    """A button as Spoki prints it."""
    return {
        "component_type": None,
        "order": order,
        "button_type": kind,
        "text": text,
        "phone_number": None,
        "url": None,
        "form_id": None,
        "send_as_shortlink": False,
        "shortlink_code": None,
        **extra,
    }
