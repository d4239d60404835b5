"""Templates in memory: written, submitted and answered as Spoki and Meta do."""

from collections.abc import Iterator
from typing import Any

from spoki.fake.payloads import (
    template_payload,
)
from spoki.fake.store import Row, Store
from spoki.types import (
    Template,
    TemplateDraft,
)


class TemplateShelf(Store):
    """The calls about templates."""

    def __init__(self) -> None:
        super().__init__()
        self.template_rows: dict[int, Row] = {}

    def add_template(self, **changes: Any) -> Template:
        """Add a template (see `template_payload`); without an id it gets a new one."""
        payload = template_payload(**{"id": next(self._numbers), **changes})
        template = Template.from_payload(payload)
        self.template_rows[template.id] = payload
        return template

    def templates(
        self,
        *,
        search: str | None = None,
        channel_id: int | None = None,
        patience: float = 0.0,
    ) -> Iterator[Template]:
        found = self._rows("templates", self.template_rows, Template.from_payload)
        wanted = (search or "").lower()
        return (template for template in found if wanted in template.name.lower())

    def template(self, id: int, *, patience: float = 0.0) -> Template:
        return self._row("template", self.template_rows, id, Template.from_payload)

    def create_template(self, draft: TemplateDraft, *, patience: float = 0.0) -> Template:
        id = next(self._numbers)
        payload = {**draft.to_payload(), "id": id, "is_approved": False}
        self._set_status(payload, "DRAFT")
        return self._do(
            "create_template",
            lambda: self._store(self.template_rows, payload, Template.from_payload),
        )

    def update_template(self, id: int, draft: TemplateDraft, *, patience: float = 0.0) -> Template:
        def update() -> Template:
            payload = {**self._need("update_template", self.template_rows, id)}
            payload.update(draft.to_payload(), is_approved=False)
            self._set_status(payload, "DRAFT")
            return self._store(self.template_rows, payload, Template.from_payload)

        return self._do("update_template", update)

    def clone_template(self, id: int) -> Template:
        def clone() -> Template:
            source = self._need("clone_template", self.template_rows, id)
            payload = {**source, "id": next(self._numbers), "is_approved": False}
            self._set_status(payload, "DRAFT")
            return self._store(self.template_rows, payload, Template.from_payload)

        return self._do("clone_template", clone)

    def submit_template(self, id: int, *, patience: float = 0.0) -> None:
        self._do("submit_template", lambda: self.set_template_status(id, "PENDING"))

    def back_to_draft(self, id: int, *, patience: float = 0.0) -> None:
        self._do("back_to_draft", lambda: self.set_template_status(id, "DRAFT"))

    def delete_template(self, id: int) -> None:
        self._remove("delete_template", self.template_rows, id)

    def set_template_status(self, id: int, status: str) -> None:
        """Give every language of a template this status, as Meta's answer would."""
        payload = {**self._need("template", self.template_rows, id)}
        self._set_status(payload, status)
        self.template_rows[id] = payload

    def _set_status(self, payload: Row, status: str) -> None:
        payload["is_approved"] = status == "APPROVED"
        payload["templatelocalization_set"] = [
            {**localization, "status": status}
            for localization in payload["templatelocalization_set"]
        ]
