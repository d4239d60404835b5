"""What a template is going to say, as it is written here. Pure, and knows no gateway."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from templates_sync.content import PLACEHOLDER, content_hash, variables_of

QUICK_REPLY, URL, CALL = "quick_reply", "url", "call"
TEXT = "text"
MEDIA_HEADERS = ("image", "video", "document")


@dataclass(frozen=True, slots=True)
class ButtonWords:
    """A button; `type` is `quick_reply`, `url` or `call`, its target a link or a phone number."""

    type: str
    text: str
    url: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Wording:
    """A template in one language. `header_format` is empty, `text`, `image`, `video`, `document`.

    `category` is ours, lower case; `header_media` is the address of the example of a media header.
    """

    name: str = ""
    language: str = "it"
    category: str = ""
    header_format: str = ""
    header_text: str = ""
    header_media: str = ""
    body: str = ""
    footer: str = ""
    buttons: tuple[ButtonWords, ...] = ()
    examples: Mapping[str, str] = field(default_factory=dict)

    @property
    def header(self) -> dict[str, str] | None:
        """Return the header as a version keeps it."""
        if not self.header_format:
            return None
        text = self.header_text if self.header_format == TEXT else ""
        return {"format": self.header_format, "text": text}

    @property
    def button_rows(self) -> list[dict[str, Any]]:
        """Return the buttons as a version keeps them."""
        return [
            {
                "order": order,
                "type": button.type,
                "text": button.text,
                "url": button.url,
                "phone": button.phone,
            }
            for order, button in enumerate(self.buttons)
        ]

    @property
    def variables(self) -> list[str]:
        """Return the codes that need a value: header first, then body, then links."""
        return variables_of(header=self.header, body=self.body, buttons=self.button_rows)

    @property
    def content_hash(self) -> str:
        """Return the digest by which a version that was read is known to be this one."""
        return content_hash(
            header=self.header, body=self.body, footer=self.footer, buttons=self.button_rows
        )


def tidy(text: object) -> str:
    """Return `text` without outer blanks and with line feeds alone, as Spoki gives it back."""
    return str(text or "").replace("\r\n", "\n").replace("\r", "\n").strip()


def buttons_from(rows: Sequence[Mapping[str, Any]]) -> tuple[ButtonWords, ...]:
    """Return the buttons of a version or of a form, without targets that their type has not."""
    return tuple(_button(row) for row in rows)


def _button(row: Mapping[str, Any]) -> ButtonWords:
    kind = tidy(row.get("type"))
    return ButtonWords(
        type=kind,
        text=tidy(row.get("text")),
        url=tidy(row.get("url")) if kind == URL else "",
        phone=tidy(row.get("phone")) if kind == CALL else "",
    )


def examples_for(codes: Sequence[str], given: Mapping[str, object]) -> dict[str, str]:
    """Return the examples of the variables in use: those of a deleted variable do not go along.

    They are not tidied inside: a line break is a problem that the author must see.
    """
    return {code: str(given.get(code) or "").strip(" ") for code in codes if given.get(code)}


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with each placeholder replaced; one without value stays as it is."""
    return PLACEHOLDER.sub(lambda found: values.get(found[1]) or found[0], text)
