"""Automations: listed with the key, started by URL without it. https://api.spoki.com/wh/ap/…

The secret of the trigger goes in the body; the key of the account has no business there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from spoki.reading import as_flag, as_list, as_moment, as_object, as_text, need_int, need_object


@dataclass(frozen=True, slots=True)
class AutomationTrigger:
    """What starts an automation by URL. Spoki lists its secret in clear: it is never shown."""

    uuid: str
    secret: str = field(repr=False)
    is_active: bool = True

    @classmethod
    def from_payload(cls, value: object) -> Self:
        """Read a trigger; what Spoki left out is empty."""
        payload = as_object(value)
        return cls(
            uuid=as_text(payload.get("uuid")) or "",
            secret=as_text(payload.get("secret")) or "",
            is_active=as_flag(payload.get("is_active")) is not False,
        )


@dataclass(frozen=True, slots=True)
class Automation:
    """An automation as people made it on Spoki; no raw copy is kept, it would hold secrets."""

    id: int
    name: str
    is_active: bool
    first_message: str = ""
    updated_at: datetime | None = None
    triggers: tuple[AutomationTrigger, ...] = ()

    @classmethod
    def from_payload(cls, value: object) -> Self:
        """Read an automation; triggers without an id are left out.

        :raises SpokiProtocolError: where there is no object or no id.
        """
        payload = need_object(value, "automation")
        triggers = map(AutomationTrigger.from_payload, as_list(payload.get("webhook_set")))
        return cls(
            id=need_int(payload, "id", "automation.id"),
            name=as_text(payload.get("name")) or "",
            is_active=as_flag(payload.get("is_active")) is True,
            first_message=as_text(payload.get("first_message_text")) or "",
            updated_at=as_moment(payload.get("updated_datetime")),
            triggers=tuple(trigger for trigger in triggers if trigger.uuid),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomationContact:
    """The person an automation is started for. The call creates or updates the contact."""

    phone: str = field(repr=False)
    first_name: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    language: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    metadata: Mapping[str, str] = field(default_factory=dict)

    def to_payload(self) -> dict[str, object]:
        payload: dict[str, object] = {"phone": self.phone}
        for key in ("first_name", "last_name", "email", "language"):
            if value := getattr(self, key):
                payload[key] = value
        if self.variables:
            payload["custom_fields"] = dict(self.variables)
        if self.metadata:
            payload["metadata"] = dict(self.metadata)
        return payload


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomationStart:
    """Start the automation behind `uuid`, which is its trigger's, not the automation's own id."""

    uuid: str = field(repr=False)
    secret: str = field(repr=False)
    contact: AutomationContact

    def to_payload(self) -> dict[str, object]:
        return {"secret": self.secret, **self.contact.to_payload()}
