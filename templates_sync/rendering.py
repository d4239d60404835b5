"""A version with its placeholders filled: as plain text, and as the bubble a customer sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from templates_sync.content import PLACEHOLDER
from templates_sync.formatting import Piece, Run, styled_runs
from templates_sync.models import TemplateVersion

FILLED = "filled"
MISSING = "missing"


@dataclass(frozen=True, slots=True)
class RenderedButton:
    """A button as the customer reads it; `url` and `phone` are empty unless it has one."""

    type: str
    text: str
    url: str
    phone: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """The four parts of a message in plain text; a part that is not there is empty."""

    header: str
    body: str
    footer: str
    buttons: tuple[RenderedButton, ...]


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with each `%%CODE%%` replaced; a code without value stays as it is."""
    return "".join(piece.text for piece in _pieces(text, values))


def render(version: TemplateVersion, values: Mapping[str, str]) -> Rendered:
    """Return what `version` says with `values`, formatting markers left in."""
    return Rendered(
        header=fill(_header_text(version), values),
        body=fill(version.body, values),
        footer=version.footer,
        buttons=tuple(
            RenderedButton(
                type=str(button.get("type") or ""),
                text=str(button.get("text") or ""),
                url=fill(str(button.get("url") or ""), values),
                phone=str(button.get("phone") or ""),
            )
            for button in version.buttons
        ),
    )


def bubble_html(
    version: TemplateVersion,
    values: Mapping[str, str],
    *,
    highlight: bool = True,
    media: SafeString | None = None,
) -> SafeString:
    """Return the message as a WhatsApp bubble, everything escaped.

    `media` stands at its head for a file, where the page can show more of it than what it is.

    With `highlight` filled variables stand in `<mark>`, those without value in a red one. The
    page must load `templates_sync/bubble.css`.
    """
    rendered = render(version, values)
    header_format = str(version.header.get("format") or "text") if version.header else "text"
    return render_to_string(
        "templates_sync/bubble.html",
        {
            "header_format": header_format,
            "media": media,
            # Meta allows no formatting in a header.
            "header": _marked(_pieces(_header_text(version), values), highlight),
            "body": _styled(_pieces(version.body, values), highlight),
            "footer": rendered.footer,
            "buttons": rendered.buttons,
        },
    )


def _header_text(version: TemplateVersion) -> str:
    return str(version.header.get("text") or "") if version.header else ""


def _pieces(text: str, values: Mapping[str, str]) -> list[Piece]:
    # split() with one group alternates: fixed text, code, fixed text, code, …
    pieces = []
    for index, part in enumerate(PLACEHOLDER.split(text)):
        if index % 2 == 0:
            pieces.append(Piece(part))
        elif values.get(part):
            pieces.append(Piece(values[part], FILLED))
        else:
            pieces.append(Piece(f"%%{part}%%", MISSING))
    return pieces


def _marked(pieces: list[Piece], highlight: bool) -> SafeString:
    return _joined([Run(piece.text, piece.origin, ()) for piece in pieces], highlight)


def _styled(pieces: list[Piece], highlight: bool) -> SafeString:
    return _joined(styled_runs(pieces), highlight)


def _joined(runs: list[Run], highlight: bool) -> SafeString:
    return format_html_join("", "{}", ((_run_html(run, highlight),) for run in runs if run.text))


def _run_html(run: Run, highlight: bool) -> SafeString:
    html = format_html("{}", run.text)
    for tag in reversed(run.tags):
        html = format_html("<{tag}>{html}</{tag}>", tag=mark_safe(tag), html=html)  # noqa: S308 - a tag of our own table
    if highlight and run.origin:
        html = format_html('<mark class="wa-value wa-value--{}">{}</mark>', run.origin, html)
    return html
