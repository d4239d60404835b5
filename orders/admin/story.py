"""What the page of an order tells below its facts: parcels, confirmation, changes of address, calls to Shopify."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from campaigns import reasons
from orders.cod.coming_back import may_mark, may_unmark
from orders.cod.words import WHY_NOT, Verb
from orders.models import AddressChange, CodEvent, Order, Parcel, ShopCall
from orders.order_words import address_line, lacks_house_number
from orders.shopify_words import sentence
from orders.shops import current_shop

_TONES = {
    "delivered": "good",
    "returning": "bad",
    "failure": "bad",
    "attempted_delivery": "warn",
    "delayed": "warn",
}
_CALL_TONES = {"waiting": "warn", "done": "good", "failed": "bad"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a story: when, what, and what else there is to say of it."""

    at: datetime | None
    text: str
    detail: str = ""
    who: str = ""
    tone: str = ""


def story_of(order: Order) -> dict[str, Any]:
    """Return what the templates show, in the active language."""
    return {
        "address": address_line(order.shipping_address or {}),
        "lacks_number": lacks_house_number(order.shipping_address or {}),
        "why_not": why_not(order),
        "parcels": [_parcel(parcel) for parcel in _parcels(order)],
        "steps": [_step(event) for event in order.cod_events.select_related("by")],
        "address_changes": [_change(one) for one in order.address_changes.order_by("-asked_at")],
        "calls": [_call(call) for call in order.shop_calls.order_by("-created_at", "-pk")],
        "may_mark": may_mark(order),
        "may_unmark": may_unmark(order, current_shop()),
    }


def why_not(order: Order) -> str:
    """Return why the order is not asked about; empty where nothing stands against it."""
    code = order.cod_reason
    if not code:
        return ""
    return str(WHY_NOT[code]) if code in WHY_NOT else reasons.sentence(code)


def news_in_words(status: str) -> str:
    """Return Shopify's word for the courier's news in the active language; an unknown one as it is."""
    label = dict(Parcel.Shipment.choices).get(status.lower())
    return str(label) if label else status


def _parcels(order: Order) -> Iterator[Parcel]:
    yield from order.parcels.prefetch_related("events").order_by("pk")


def _parcel(parcel: Parcel) -> dict[str, Any]:
    shown = parcel.get_shipment_display() if parcel.shipment else parcel.get_status_display()
    news = [
        Line(at=event.happened_at, text=news_in_words(event.status), detail=event.message)
        for event in parcel.events.all()
    ]
    return {
        "parcel": parcel,
        "state": shown,
        "tone": _TONES.get(parcel.shipment, ""),
        "news": news[::-1],
        # The address comes from outside: only one that a browser opens as a page is a link.
        "link": parcel.tracking_url if _is_page(parcel.tracking_url) else "",
    }


def _is_page(url: str) -> bool:
    return url.startswith(("https://", "http://"))


def _step(event: CodEvent) -> Line:
    known = event.verb in Verb.values
    return Line(
        at=event.at,
        text=str(Verb(event.verb).label) if known else event.verb,
        detail=event.evidence,
        who=str(event.by) if event.by else "",
    )


def _change(change: AddressChange) -> dict[str, Any]:
    return {
        "change": change,
        "old": address_line(change.old_address),
        "new": address_line(change.new_address) or change.typed_text or _("not written yet"),
    }


def _call(call: ShopCall) -> Line:
    return Line(
        at=call.done_at or call.created_at,
        text=f"{call.get_kind_display()}: {call.get_state_display()}",
        detail=_asked(call.payload),
        who=sentence(call.error, call.error_detail),
        tone=_CALL_TONES.get(call.state, ""),
    )


def _asked(payload: dict[str, Any]) -> str:
    """What Shopify was told, on one line."""
    if isinstance(payload.get("tags"), list):
        return ", ".join(str(tag) for tag in payload["tags"])
    if isinstance(payload.get("address"), dict):
        return address_line(payload["address"])
    return str(payload.get("text") or payload.get("reason") or "")
