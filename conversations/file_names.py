"""Names of files as strangers write them. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_LONGEST: Final = 120
_PATH = re.compile(r"[/\\]")
# What a file system or a header could take for something else.
_UNSAFE = re.compile(r'[<>:"|?*;%]')
# Control signs, and those that turn the direction of writing: "gpj.exe" must not be shown as "exe.jpg".
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def safe_name(name: str) -> str:
    """Return the last part of a name without what could mislead, "" where nothing is left."""
    last = _PATH.split(name)[-1]
    plain = " ".join(unicodedata.normalize("NFC", last).split())
    shown = "".join(letter for letter in plain if unicodedata.category(letter) not in _HIDDEN)
    shown = " ".join(_UNSAFE.sub("_", shown).split()).strip(". ")
    return _cut(shown)


def _cut(name: str) -> str:
    """Shorten a long name and leave its ending."""
    if len(name) <= _LONGEST:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 10:
        return name[:_LONGEST]
    return f"{stem[: _LONGEST - len(ending) - 1]}.{ending}"
