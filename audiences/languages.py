"""Language codes as contacts and templates carry them: it, en, pt_br."""

import re

_CODE = re.compile(r"[a-z]{2,3}([_-][a-z]{2,4})?")


def is_language(code: str) -> bool:
    """Tell whether `code` has the shape of a language code, in small letters."""
    return _CODE.fullmatch(code) is not None


def language_of(code: str) -> str:
    """Return the language of a contact without the region that systems add: “en” of “en-US”; "" where it is none.

    Segments choose by language, and regions of one language understand each other.
    """
    small = code.strip().lower()
    return re.split("[_-]", small)[0] if is_language(small) else ""
