"""WhatsApp's inline formatting as runs of styled text. Pure.

`*bold*`, `_italic_`, `~struck~` and three backticks for monospace, as WhatsApp's help centre
describes them: a marker counts only at the edge of a word and around text without line breaks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

_MONO = re.compile(r"```(.+?)```", re.DOTALL)
_INLINE = {
    "strong": re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])"),
    "em": re.compile(r"(?<![^\W_])_(?=\S)([^_\n]+?)(?<=\S)_(?![^\W_])"),
    "s": re.compile(r"(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])"),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """Text with one origin: fixed (""), a filled variable, or a variable without value."""

    text: str
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring characters that look the same; `tags` are HTML elements, outermost first."""

    text: str
    origin: str
    tags: tuple[str, ...]


def styled_runs(pieces: Sequence[Piece]) -> list[Run]:
    """Return `pieces` with the markers taken out and their effect on each run.

    A style may begin in fixed text and end within a value, as it does on the phone.
    """
    text = "".join(piece.text for piece in pieces)
    origins = [piece.origin for piece in pieces for _ in piece.text]
    tags: list[list[str]] = [[] for _ in text]
    hidden = [False] * len(text)
    _apply(_MONO, "code", text, tags, hidden)
    for tag, pattern in _INLINE.items():
        _apply(pattern, tag, text, tags, hidden)
    shown = [i for i in range(len(text)) if not hidden[i]]
    grouped = groupby(shown, key=lambda i: (origins[i], tuple(tags[i])))
    return [
        Run(text="".join(text[i] for i in places), origin=origin, tags=look)
        for (origin, look), places in grouped
    ]


def _apply(
    pattern: re.Pattern[str],
    tag: str,
    text: str,
    tags: list[list[str]],
    hidden: list[bool],
) -> None:
    for match in pattern.finditer(text):
        start, end = match.span()
        inner_start, inner_end = match.span(1)
        # Markers inside monospace are plain characters.
        if "code" in tags[start] or "code" in tags[end - 1]:
            continue
        for i in range(inner_start, inner_end):
            tags[i].append(tag)
        for i in (*range(start, inner_start), *range(inner_end, end)):
            hidden[i] = True
