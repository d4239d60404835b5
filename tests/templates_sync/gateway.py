"""Templates as Spoki lists them, and a gateway that lists them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import spoki


def localization(**changes: Any) -> dict[str, Any]:
    return {
        "id": 11,
        "language": "it",
        "status": "APPROVED",
        "rejection_reason": None,
        "header_template_component": None,
        "body_template_component": {"format": None, "text": "Ciao %%FIRST_NAME%%, sconto 20%."},
        "footer_template_component": {"format": None, "text": "Rispondi STOP"},
        "templatebuttoncomponent_set": [],
        "example_custom_fields": {"FIRST_NAME": "Ada"},
    } | changes


def template(*languages: Any, **changes: Any) -> spoki.Template:
    return spoki.Template.from_payload(
        {
            "id": 1001,
            "name": "promo_umido",
            "category": "MARKETING",
            "is_approved": True,
            "templatelocalization_set": list(languages) or [localization()],
        }
        | changes
    )


class Listing:
    """Lists `templates`, then raises `error` if there is one: a list may break half way."""

    def __init__(self, *templates: spoki.Template, error: spoki.SpokiError | None = None) -> None:
        self.listed = templates
        self.error = error
        self.is_closed = False

    def templates(self) -> Iterator[spoki.Template]:
        yield from self.listed
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        self.is_closed = True
