"""Two texts side by side, word by word. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

# A word, a placeholder, blanks, or one other character.
_TOKEN = re.compile(r"%%[A-Z0-9_]+%%|\w+|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Neighbouring words that are the same on both sides, or stand on one side alone."""

    text: str
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a template, such as the body, on both sides."""

    name: str
    left: Sequence[Chunk]
    right: Sequence[Chunk]

    @property
    def is_changed(self) -> bool:
        return any(chunk.is_changed for chunk in (*self.left, *self.right))


def compare(left: Mapping[str, str], right: Mapping[str, str]) -> list[Part]:
    """Return the parts of both in the order of `left`; a part that both lack is left out."""
    names = list(dict.fromkeys([*left, *right]))
    return [
        Part(name, *changes(left.get(name, ""), right.get(name, "")))
        for name in names
        if left.get(name) or right.get(name)
    ]


def changes(left: str, right: str) -> tuple[list[Chunk], list[Chunk]]:
    """Return both texts in chunks; joined, the chunks are the texts again."""
    old, new = _TOKEN.findall(left), _TOKEN.findall(right)
    shown: tuple[list[Chunk], list[Chunk]] = ([], [])
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        for side, words in zip(shown, (old[a:b], new[c:d]), strict=True):
            if words:
                side.append(Chunk("".join(words), kind != "equal"))
    return shown
