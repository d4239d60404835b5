"""Settings of the simulator, all changeable while it runs. The faults of the real thing are here too."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from spoki.simulator.settings import Changeable

SCOPES = (
    "read_orders", "write_orders", "read_all_orders", "read_customers", "write_customers",
    "read_fulfillments", "write_fulfillments", "read_returns", "read_products",
    "read_customer_merge",
)  # fmt: skip
DAY = 86_400


@dataclass(slots=True)
class Config(Changeable):
    """Times are seconds, shares go from 0 to 1, costs are points of Shopify's calculated query cost."""

    CHOICES: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "signature": ("right", "wrong", "missing"),
        "protected_data": ("given", "denied"),
        "bulk_children": ("after", "apart"),
    }

    shop_name: str = "Zampa"
    api_version: str = "2026-10"
    currency: str = "EUR"
    scopes: list[str] = field(default_factory=lambda: list(SCOPES))
    # Names, phones, e-mails and addresses without approval: null everywhere ("Protected customer data").
    protected_data: str = "given"
    # Webhook deliveries ("Deliver webhooks through HTTPS"): 1 s to connect, 5 s in all, then 8 more
    # tries over 4 hours, each after twice the time of the one before.
    connect_seconds: float = 1.0
    delivery_timeout_seconds: float = 5.0
    delivery_retries: int = 8
    retry_seconds: float = 56.0
    removes_subscriptions: bool = True
    duplicate_share: float = 0.0
    loss_share: float = 0.0
    delay_seconds: float = 0.0
    # Longer than 0: what happens in that time is delivered in any order.
    shuffle_seconds: float = 0.0
    signature: str = "right"
    # The Admin API.
    latency_seconds: float = 0.0
    token_seconds: float = 86_399.0
    bucket: float = 2_000.0
    restore_rate: float = 100.0
    most_per_query: int = 1_000
    # Every n-th call is THROTTLED, or answered with 502; 0 = none.
    throttle_every: int = 0
    fail_every: int = 0
    cancel_seconds: float = 0.2
    bulk_seconds: float = 0.3
    bulk_children: str = "after"
