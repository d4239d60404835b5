"""Language codes as contacts and templates carry them: it, en, pt_br."""

import re

_CODE = re.compile(r"[a-z]{2,3}([_-][a-z]{2,4})?")


def is_language(code: str) -> bool:
    """Tell whether `code` has the shape of a language code, in small letters."""
    return _CODE.fullmatch(code) is not None
