"""Identifiers as Shopify's: 64 bits, above what a JavaScript number holds, never used twice."""

import secrets
from random import Random

# Above 2**53; each kind has a range of its own.
_FIRST = 9_100_000_000_000_001
_RANGE = 10_000_000_000
_KINDS = (
    "Order", "LineItem", "ShippingLine", "OrderTransaction", "Fulfillment", "FulfillmentEvent", "Refund",
    "Return", "AbandonedCheckout", "Customer", "MailingAddress", "Product", "ProductVariant",
    "WebhookSubscription", "BulkOperation", "OrderEdit", "Event",
)  # fmt: skip


class Ids:
    """`seed` makes numbers and tokens repeat exactly; without it tokens never repeat."""

    def __init__(self, seed: int | None) -> None:
        # Nothing here is a secret: it makes numbers and chances.
        self.rng = Random(secrets.randbits(64) if seed is None else seed)  # noqa: S311
        self.last = {kind: _FIRST + place * _RANGE for place, kind in enumerate(_KINDS)}

    def new(self, kind: str) -> int:
        """Return a number a little above the last one, as a busy platform would give."""
        self.last[kind] += self.rng.randrange(1, 1000) * 2
        return self.last[kind]

    def token(self, length: int = 32) -> str:
        return f"{self.rng.getrandbits(length * 4):0{length}x}"

    def uuid(self) -> str:
        text = self.token()
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"
