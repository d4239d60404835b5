"""A row per variable of the chosen template: where its value comes from, typed in the form."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from audiences import parameters
from templates_sync.models import TemplateVersion

FIXED = "value"


@dataclass(frozen=True, slots=True)
class Row:
    """One variable; `source` is FIXED, a parameter's key, or empty while nothing was chosen."""

    name: str
    example: str
    source: str
    text: str
    fallback: str


def rows_of(
    version: TemplateVersion | None, variables: Mapping[str, Any], *, own: Collection[str] = ()
) -> list[Row]:
    """Return the rows that the template needs, filled with what is known of them.

    `own` are parameters offered here besides those of contacts.
    """
    if version is None:
        return []
    keys = {*own, *(key for key, _label in parameters.choices())}
    return [
        _row(name, version.examples.get(name, ""), variables.get(name), keys)
        for name in version.variables
    ]


def read_variables(data: Mapping[str, Any], version: TemplateVersion | None) -> dict[str, Any]:
    """Return the mapping typed in the form; a variable without a source is left out of it."""
    if version is None:
        return {}
    read = {name: _read_row(data, name) for name in version.variables}
    return {name: entry for name, entry in read.items() if entry is not None}


def field_name(variable: str, part: str) -> str:
    """Return the name of an input: `part` is from, text or fallback."""
    return f"variable-{variable}-{part}"


def _read_row(data: Mapping[str, Any], name: str) -> dict[str, str] | None:
    source = str(data.get(field_name(name, "from")) or "")
    if not source:
        return None
    if source == FIXED:
        return {"value": str(data.get(field_name(name, "text")) or "")}
    fallback = str(data.get(field_name(name, "fallback")) or "")
    return {"parameter": source} | ({"fallback": fallback} if fallback else {})


def _row(name: str, example: object, entry: object, keys: set[str]) -> Row:
    known = entry if isinstance(entry, Mapping) else {}
    source = FIXED if "value" in known else str(known.get("parameter") or _guess(name, keys))
    return Row(
        name=name,
        example=str(example),
        source=source,
        text=str(known.get("value") or ""),
        fallback=str(known.get("fallback") or ""),
    )


def _guess(name: str, keys: set[str]) -> str:
    """Return the parameter that the variable is named after, if there is one.

    ORDER_NAME is order.name, TRACKING_URL whatever ends in .tracking_url.
    """
    word = name.lower()
    for key in (f"contact.{word}", f"contact.attributes.{word}", f"orders.{word}"):
        if key in keys:
            return key
    alike = sorted(k for k in keys if k.endswith(f".{word}") or k.replace(".", "_") == word)
    return alike[0] if alike else ""
