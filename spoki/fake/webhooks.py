"""Webhooks in memory, with secrets that look like Spoki's."""

from spoki.fake.store import Row, Store
from spoki.types import (
    Webhook,
)


class WebhookShelf(Store):
    """The calls about webhooks."""

    def __init__(self) -> None:
        super().__init__()
        self.webhook_rows: dict[int, Row] = {}

    def webhooks(self) -> list[Webhook]:
        return list(self._rows("webhooks", self.webhook_rows, Webhook.from_payload))

    def create_webhook(self, *, event: str, url: str, is_active: bool = False) -> Webhook:
        id = next(self._numbers)
        payload = {
            "id": id,
            "event": event,
            "version": 2,
            "url": url,
            "is_active": is_active,
            "secret": f"whsec_fake_{id}",
        }
        return self._do(
            "create_webhook", lambda: self._store(self.webhook_rows, payload, Webhook.from_payload)
        )

    def update_webhook(
        self, id: int, *, url: str | None = None, is_active: bool | None = None
    ) -> Webhook:
        def update() -> Webhook:
            payload = {**self._need("update_webhook", self.webhook_rows, id)}
            changes = {"url": url, "is_active": is_active}
            payload.update({key: value for key, value in changes.items() if value is not None})
            return self._store(self.webhook_rows, payload, Webhook.from_payload)

        return self._do("update_webhook", update)

    def delete_webhook(self, id: int) -> None:
        self._remove("delete_webhook", self.webhook_rows, id)

    def test_webhook(self, id: int) -> None:
        self._do("test_webhook", lambda: self._need("test_webhook", self.webhook_rows, id))

    def rotate_webhook_secret(self, id: int) -> str:
        def rotate() -> str:
            payload = {**self._need("rotate_webhook_secret", self.webhook_rows, id)}
            payload["secret"] = f"whsec_fake_{next(self._numbers)}"
            self.webhook_rows[id] = payload
            return str(payload["secret"])

        return self._do("rotate_webhook_secret", rotate)
