"""Everything about the simulator that a test may change while it runs, as one flat record."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from spoki.simulator.settings import Changeable, ConfigRefused
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


@dataclass(slots=True)
class Config(Changeable):
    """Times are seconds, shares go from 0 to 1, prices are thousandths of a euro."""

    CHOICES: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "event_uuid": ("message", "unique"),
        "signature": ("right", "wrong", "stale", "missing", "malformed"),
        "send_answer": ("identifiers", "uuid", "nested", "queued", "accepted"),
        "failed_word": ("Error", "Failed"),
    }

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

    def _merged(self, name: str, current: dict[str, Any], value: Any) -> dict[str, Any]:
        # Not super(): a dataclass with slots is made anew, and the word means the one before.
        merged = Changeable._merged(self, name, current, value)
        if name == "limits":
            for lane, limit in value.items():
                as_rules(limit, self.window_seconds, lane=lane)
        return merged

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
