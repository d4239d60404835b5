"""Reading the environment so that a malformed value becomes a check's sentence and never a crash."""

import os
from collections.abc import Sequence

SWITCH_WORDS = {"on", "off", "true", "false", "yes", "no", "y", "n", "ok", "1", "0", ""}


def listed(name: str, *, default: Sequence[str] = ()) -> list[str]:
    """Return the values parted by commas, without the blanks around them."""
    values = (part.strip() for part in os.environ.get(name, "").split(","))
    return [value for value in values if value] or list(default)


def whole(name: str, *, default: int) -> int:
    """Return the number, at least 1; `default` where it is unset or malformed."""
    return default if is_malformed_whole(name) else int(os.environ.get(name) or default)


def is_malformed_whole(name: str) -> bool:
    text = os.environ.get(name, "")
    return bool(text) and not (text.isascii() and text.isdigit() and int(text[:9]) >= 1)


def is_malformed_switch(name: str) -> bool:
    return os.environ.get(name, "").lower() not in SWITCH_WORDS
