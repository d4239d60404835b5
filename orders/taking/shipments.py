"""Where a parcel is, out of what couriers said and when it happened. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from orders.models import Parcel

Shipment = Parcel.Shipment

# Shopify's words (FulfillmentEventStatus, FulfillmentDisplayStatus), in the order of a parcel's way: of two
# pieces of news of one moment the later on the way counts.
_READINGS = {
    "label_printed": Shipment.LABEL,
    "label_purchased": Shipment.LABEL,
    "confirmed": Shipment.CONFIRMED,
    "carrier_picked_up": Shipment.PICKED_UP_BY_CARRIER,
    "in_transit": Shipment.IN_TRANSIT,
    "delayed": Shipment.DELAYED,
    "out_for_delivery": Shipment.OUT_FOR_DELIVERY,
    "attempted_delivery": Shipment.ATTEMPTED,
    "ready_for_pickup": Shipment.READY_FOR_PICKUP,
    "ready_for_recipient_pickup": Shipment.READY_FOR_PICKUP,
    "delivered": Shipment.DELIVERED,
    "picked_up": Shipment.DELIVERED,
    "failure": Shipment.FAILED,
    "not_delivered": Shipment.FAILED,
    "returning_to_sender": Shipment.RETURNING,
}
_WAY = {word: step for step, word in enumerate(_READINGS, 1)}


@dataclass(frozen=True, slots=True)
class News:
    status: str
    at: datetime


def reading_of(status: str) -> Shipment:
    """Return what a word of Shopify means; one that we do not know is OTHER, never an error."""
    if not status:
        return Shipment.NONE
    return _READINGS.get(status.lower(), Shipment.OTHER)


def latest_news(events: Sequence[News], own: News | None) -> News | None:
    """Return what counts as the latest.

    `own` is what the fulfilment says of itself when it changed last: mostly an event repeated, and then of the
    moment of that event. A word we do not know counts only where there is no other.
    """
    told = list(events)
    if own is not None and own.status and not any(e.status == own.status for e in events):
        told.append(own)
    known = [news for news in told if reading_of(news.status) is not Shipment.OTHER]
    return max(known or told, key=_age, default=None)


def _age(news: News) -> tuple[datetime, int, str]:
    return news.at, _WAY.get(news.status, 0), news.status
