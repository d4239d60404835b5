"""Everything about the simulator that a test may change while it runs, as one flat record."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from spoki.simulator.windows import Rules

# Calls per window of each endpoint class. Spoki publishes some of these and the rest is assumed:
# sends 60 templates and 120 texts, contacts 120 reads, sync_all 1, operators 5, fields 5, webhooks 30.
LIMITS: dict[str, Any] = {
    "template": 60,
    "text": 120,
    "contacts": 120,
    "contacts_sync": 60,
    "contacts_sync_all": 1,
    "contacts_write": 60,
    "lists": 60,
    "lists_sync": 1,
    "operators": 5,
    "custom_fields": 5,
    "webhooks": 30,
    "templates": 60,
    "accounts": 60,
    "channels": 60,
    "automations": 60,
    "messages": 60,
    "tags": 60,
    "unknown": 60,
    "automation": None,
}

CHOICES: dict[str, tuple[str, ...]] = {
    "event_uuid": ("message", "unique"),
    "signature": ("right", "wrong", "stale", "missing", "malformed"),
    "send_answer": ("identifiers", "uuid", "nested", "queued", "accepted"),
    "failed_word": ("Error", "Failed"),
}


class ConfigRefused(Exception):
    """The change names something that does not exist, or gives it a wrong kind of value."""


@dataclass(slots=True)
class Config:
    """Times are seconds, shares go from 0 to 1, prices are thousandths of a euro."""

    # Limits. A limit is a number per `window_seconds`, a list of [count, seconds], or null.
    window_seconds: float = 60.0
    limits: dict[str, Any] = field(default_factory=lambda: dict(LIMITS))
    windows: dict[str, Any] = field(default_factory=dict)
    retry_after_header: bool = True
    # Answers.
    latency_seconds: float = 0.0
    latency_jitter_seconds: float = 0.0
    send_answer: str = "identifiers"
    business_error_status: int = 400
    hang_seconds: float = 60.0
    history: bool = False
    page_size: int = 15
    # What becomes of a message.
    sent_seconds: float = 0.05
    delivered_seconds: float = 0.2
    read_seconds: float = 1.0
    jitter_seconds: float = 0.0
    read_share: float = 0.7
    failed_word: str = "Error"
    conversation_seconds: float = 86_400.0
    tier_seconds: float = 86_400.0
    pair_seconds: float = 0.0
    refuse_blocked: bool = True
    refuse_unsubscribed: bool = False
    auto_unsubscribe: bool = True
    automation_metadata: bool = True
    # Spoki documents no maximum of a bulk start: its lists of contacts end at 500.
    automation_bulk_most: int = 500
    prices: dict[str, Any] = field(
        default_factory=lambda: {"MARKETING": 57, "UTILITY": 25, "AUTHENTICATION": 25}
    )
    review_seconds: float = 20.0
    # Webhook deliveries.
    duplicate_share: float = 0.0
    reorder_share: float = 0.0
    reorder_seconds: float = 0.5
    loss_share: float = 0.0
    event_uuid: str = "message"
    signature: str = "right"
    stale_seconds: float = 3_600.0
    null_datetimes: bool = False
    delivery_attempts: int = 3
    delivery_retry_seconds: float = 1.0
    delivery_timeout_seconds: float = 5.0

    def change(self, changes: Mapping[str, Any]) -> None:
        """Apply all changes or none. `limits`, `windows` and `prices` are merged by name.

        :raises ConfigRefused: naming the first field that is unknown or of a wrong kind.
        """
        checked = {name: self._checked(name, value) for name, value in changes.items()}
        for name, value in checked.items():
            setattr(self, name, value)

    def _checked(self, name: str, value: Any) -> Any:
        if name not in {entry.name for entry in fields(self)}:
            raise ConfigRefused(f"{name}: no such setting")
        current = getattr(self, name)
        if isinstance(current, dict):
            return self._merged(name, current, value)
        if name in CHOICES and value not in CHOICES[name]:
            raise ConfigRefused(f"{name}: one of {', '.join(CHOICES[name])}")
        if isinstance(current, float) and type(value) is int:
            return float(value)
        if type(value) is not type(current):
            raise ConfigRefused(f"{name}: expected {type(current).__name__}")
        return value

    def _merged(self, name: str, current: dict[str, Any], value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise ConfigRefused(f"{name}: expected an object")
        if name == "limits":
            for lane, limit in value.items():
                as_rules(limit, self.window_seconds, lane=lane)
        return {**current, **value}

    def rules(self) -> dict[str, Rules]:
        """Return the limits of every endpoint class as (count, seconds) pairs."""
        return {
            lane: as_rules(limit, self.window_seconds, lane=lane)
            for lane, limit in self.limits.items()
        }

    def window_lengths(self) -> dict[str, float]:
        """Return the lengths that are watched; scaled with `window_seconds` unless given."""
        minute = self.window_seconds
        scaled = {"second": 1.0, "minute": minute, "hour": minute * 60, "day": minute * 1440}
        return {**scaled, **{name: float(length) for name, length in self.windows.items()}}

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def as_rules(limit: Any, seconds: float, *, lane: str) -> Rules:
    """:raises ConfigRefused: when `limit` is no number, no list of pairs and not None."""
    if limit is None:
        return ()
    if type(limit) is int and limit >= 0:
        return ((limit, seconds),)
    try:
        return tuple((int(count), float(length)) for count, length in limit)
    except (TypeError, ValueError) as error:
        raise ConfigRefused(
            f"limits.{lane}: a count, a list of [count, seconds] or null"
        ) from error
