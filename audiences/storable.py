"""What PostgreSQL keeps in jsonb, asked before it is tried."""

import json
import re
from typing import Any

# json writes NUL as this escape; one after an even number of backslashes is a person's own text.
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def is_whole_text(data: Any) -> bool:
    """Tell whether every text in JSON `data` can be written as UTF-8: no half of a surrogate pair."""
    try:
        json.dumps(data, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        return False
    return True


def is_storable(data: Any) -> bool:
    """Tell whether JSON `data` can be kept: whole texts without NUL."""
    return is_whole_text(data) and _NUL.search(json.dumps(data, default=str)) is None
