"""What a template says, as data: its placeholders and the hash that tells two contents apart.

Pure. Placeholders are written `%%FIELD_CODE%%`, upper case with underscores (Spoki's template
editor); the code may start with an underscore.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

PLACEHOLDER = re.compile(r"%%([A-Z0-9_]+)%%")

Header = Mapping[str, Any]
Button = Mapping[str, Any]


def placeholders(texts: Iterable[str]) -> list[str]:
    """Return the codes found in `texts`, each once, in order of appearance."""
    found = (code for text in texts for code in PLACEHOLDER.findall(text))
    return list(dict.fromkeys(found))


def variables_of(*, header: Header | None, body: str, buttons: Sequence[Button]) -> list[str]:
    """Return the codes that a send must fill: header first, then body, then links."""
    heading = str(header["text"]) if header else ""
    links = [str(button.get("url") or "") for button in buttons]
    return placeholders([heading, body, *links])


def content_hash(
    *, header: Header | None, body: str, footer: str, buttons: Sequence[Button]
) -> str:
    """Return 64 hex digits that are equal exactly when a customer would read the same message.

    `buttons` come in their order; whether they are numbered from 0 or from 1 nobody reads.
    """
    placed = [{**button, "order": place} for place, button in enumerate(buttons)]
    content = {"header": header, "body": body, "footer": footer, "buttons": placed}
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
