"""Webhooks registered at Spoki. https://api.spoki.com/api/1/external-webhooks/"""

from dataclasses import dataclass, field
from typing import Self

from spoki.reading import JsonObject, as_flag, as_int, as_text, need_int, need_object


@dataclass(frozen=True, slots=True)
class Webhook:
    """One webhook: one event, one address, one secret.

    `secret` comes with the answer to a creation or a rotation; whether a later read still shows it
    is not known, so store it at once. `raw` never holds it.
    """

    id: int
    event: str
    url: str
    is_active: bool
    version: int | None = None
    secret: str | None = field(default=None, repr=False)
    raw: JsonObject = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_payload(cls, value: object) -> Self:
        """Read a webhook.

        :raises SpokiProtocolError: where there is no object or no id.
        """
        payload = need_object(value, "webhook")
        return cls(
            id=need_int(payload, "id", "webhook.id"),
            event=as_text(payload.get("event")) or "",
            url=as_text(payload.get("url")) or "",
            is_active=as_flag(payload.get("is_active")) is True,
            version=as_int(payload.get("version")),
            secret=as_text(payload.get("secret")) or None,
            raw={key: value for key, value in payload.items() if key != "secret"},
        )
