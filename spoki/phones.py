"""Phone numbers as Spoki writes them: with and without "+", as WhatsApp ids, as plain numbers.

Only what comes from Spoki passes here, and that is always international. A national number, as a
person writes it, is not guessed: turning it into E.164 needs a country.
"""

import re
from functools import lru_cache

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_NOT_A_DIGIT = re.compile(r"[^0-9]")
_LONG_NUMBER = re.compile(r"(?:\+|%2[Bb])?[0-9](?:[ ./()-]?[0-9]){6,}")
# WhatsApp ids that are not people's numbers: groups, hidden ids, broadcast lists, channels.
_NOT_PEOPLE = ("g.us", "lid", "broadcast", "newsletter")


def is_e164(phone: str) -> bool:
    """Say whether `phone` is "+" and 7 to 15 digits, the first not zero."""
    return _E164.fullmatch(phone) is not None


@lru_cache(maxsize=4096)
def _from_text(text: str) -> str | None:
    number, _, domain = text.partition("@")
    if domain.lower().endswith(_NOT_PEOPLE):
        return None
    # "393330000001:12@…" names the twelfth device of the same person.
    digits = _NOT_A_DIGIT.sub("", number.partition(":")[0]).removeprefix("00")
    phone = f"+{digits}"
    return phone if is_e164(phone) else None


def normalise(raw: object) -> str | None:
    """Return `raw` as E.164 ("+393330000001"), or None where it is no international number."""
    if isinstance(raw, bool) or not isinstance(raw, str | int):
        return None
    return _from_text(str(raw))


def redact(text: str) -> str:
    """Blank every run of seven digits or more, so that `text` may be shown or logged."""
    return _LONG_NUMBER.sub("…", text)
