"""What the headers of a delivery say, whichever of Shopify's two spellings they have.

Webhooks say `X-Shopify-Topic`, the newer Events `Shopify-Topic`. Only the body is signed: what stands here
is believed as far as the body bears it out. https://shopify.dev (Webhooks delivery structure)
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from orders.deliveries import Arrival, stand_in_id

_LONGEST = {"Shop-Domain": 255, "Topic": 100, "Event-Id": 100, "API-Version": 20}
_LONGEST_ID = 100


def header(headers: Mapping[str, str], name: str) -> str:
    """Return the value of X-Shopify-<name> or Shopify-<name>, without blanks around it; "" if missing."""
    value = headers.get(f"X-Shopify-{name}") or headers.get(f"Shopify-{name}") or ""
    return value.replace("\x00", "").strip()[: _LONGEST.get(name)]


def read_arrival(headers: Mapping[str, str], body: bytes, *, own_shop: str) -> Arrival:
    """Return what the headers say, fit for the table.

    A delivery that names no shop counts as `own_shop`'s: its signature was made with our secret. One
    without an identifier of its own is known by a hash of shop, topic and body.
    """
    shop_domain = header(headers, "Shop-Domain").lower() or own_shop
    topic = header(headers, "Topic").lower()
    given = header(headers, "Webhook-Id")
    if not given or len(given) > _LONGEST_ID:
        given = stand_in_id(shop_domain=shop_domain, topic=topic, body=given.encode() or body)
    return Arrival(
        shop_domain=shop_domain,
        webhook_id=given,
        topic=topic,
        event_id=header(headers, "Event-Id"),
        api_version=header(headers, "API-Version"),
        triggered_at=read_moment(header(headers, "Triggered-At")),
    )


def read_moment(text: str) -> datetime | None:
    """Return an ISO 8601 moment in UTC, or None for what is none. Without an offset it is UTC."""
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
