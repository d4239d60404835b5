"""What is wrong with the values of a template: who is missing, what cannot be sent, what is too long.

The shape is `{"FIRST_NAME": {"parameter": "contact.first_name", "fallback": "amico"},
"CODE": {"value": "NATALE20"}}`.
"""

import re
from collections.abc import Container, Mapping
from typing import Any

from django.utils.translation import gettext as _

from audiences import parameters
from audiences.storable import is_storable
from templates_sync.content import PLACEHOLDER
from templates_sync.models import TemplateVersion
from templates_sync.rendering import fill

# Meta, Template components: the body may have 1,024 characters once it is filled.
MAX_BODY = 1024
# Meta's error 132018: no line break, no tab, at most four spaces in a row.
_FORBIDDEN = re.compile(r"[\n\r\t\v\f\u2028\u2029]| {5,}")


def problems_with(
    variables: object, version: TemplateVersion | None, *, own: Container[str] = ()
) -> list[str]:
    """Return a sentence for each thing wrong with `variables`; none means every value is there.

    Without a template only what no template could take is wrong. `own` are parameters beside those
    of the contact.
    """
    if not isinstance(variables, Mapping) or not is_storable(list(variables)):
        return [_("Variables must be given by name.")]
    names = list(variables) if version is None else version.variables
    found = parameters.variable_problems(names, variables, own=own)
    for name, entry in variables.items():
        if name not in found and _has_forbidden_text(entry):
            found[name] = _("WhatsApp takes no line break, no tab and no row of spaces in a value.")
    if found:
        return [f"{name}: {problem}" for name, problem in found.items()]
    return _length_problems(variables, version) if version is not None else []


def fixed_values(variables: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return what is known without knowing the person: fixed texts, and fallbacks elsewhere."""
    return {
        name: parameters.sanitise(str(entry.get("value") or entry.get("fallback") or ""))
        for name, entry in variables.items()
    }


def room_for_values(version: TemplateVersion) -> int:
    """Return how many characters the values may take together before the body is too long."""
    return max(0, MAX_BODY - len(PLACEHOLDER.sub("", version.body)))


def _has_forbidden_text(entry: Mapping[str, str]) -> bool:
    return any(_FORBIDDEN.search(entry.get(key, "")) for key in ("value", "fallback"))


def _length_problems(
    variables: Mapping[str, Mapping[str, Any]], version: TemplateVersion
) -> list[str]:
    """Measure the body with fixed texts and fallbacks; each person's own is measured at the freeze."""
    filled = len(fill(version.body, fixed_values(variables)))
    if filled <= MAX_BODY:
        return []
    return [
        _("With these values the message has %(length)d characters, WhatsApp allows %(max)d.")
        % {"length": filled, "max": MAX_BODY}
    ]
