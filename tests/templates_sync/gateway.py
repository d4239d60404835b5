"""Templates as Spoki lists them, and a gateway that lists them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    """Lists `templates`, then raises `error` if there is one: a list may break half way.

    `slipped` are there although the list, which moved while it was read, did not show them;
    `look_error` is raised when one template is asked for.
    """

    def __init__(
        self,
        *templates: spoki.Template,
        error: spoki.SpokiError | None = None,
        slipped: Sequence[spoki.Template] = (),
        look_error: spoki.SpokiError | None = None,
    ) -> None:
        self.listed = templates
        self.error = error
        self.slipped = slipped
        self.look_error = look_error
        self.is_closed = False

    def template(self, id: int, *, patience: float = 0.0) -> spoki.Template:
        if self.look_error is not None:
            raise self.look_error
        for read in (*self.slipped, *self.listed):
            if read.id == id:
                return read
        raise spoki.SpokiNotFound("template", status=404)

    def templates(self, *, patience: float = 0.0) -> Iterator[spoki.Template]:
        yield from self.listed
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        self.is_closed = True
