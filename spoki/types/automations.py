"""Automations started by URL. https://api.spoki.com/wh/ap/…

The secret of the trigger goes in the body; the key of the account has no business there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


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
