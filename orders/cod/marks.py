"""What the shop sees of a confirmation: tags and notes on the order at Shopify, asked for with the step that made them.

Tags are added and taken off one by one, so that nobody else's are touched. Our own writing comes back as a changed
order; nothing of it makes a step, so it ends there.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import override

from orders import shop_calls
from orders.cod.eligibility import has_shipped
from orders.models import CodEvent, Order, Shop, ShopCall

Status = Order.CodStatus
Kind = ShopCall.Kind
# The key of the call that tags an order as paid at the door.
_COD = "tag:cod"
# How the keys of the calls begin that tag a parcel as refused: no answer of the customer takes these off.
CAME_BACK = "parcel:"


def tags_of(status: str, shop: Shop) -> list[str]:
    """Return the tags that an order in this state has, as the shop calls them."""
    wanted = {
        Status.CONFIRMED: [shop.confirmed_tag],
        Status.CHANGE_REQUESTED: [shop.changed_tag],
        # Good to go; that the address is another one stays visible.
        Status.CHANGED: [shop.changed_tag, shop.confirmed_tag],
        Status.CANCEL_REQUESTED: [shop.cancel_tag],
        Status.CANCELLED: [shop.cancel_tag],
        Status.UNANSWERED: [shop.unanswered_tag],
    }
    return [tag for tag in wanted.get(Status(status), []) if tag]


def mark_as_cod(order: Order, shop: Shop, *, now: datetime) -> None:
    """Tag the order as paid at the door, unless it has the tag already."""
    if _lacks(order, shop.cod_tag):
        payload = {"tags": [shop.cod_tag]}
        shop_calls.ask(order=order, key=_COD, kind=Kind.ADD_TAGS, payload=payload, now=now)


def mark_new_as_cod(orders: Sequence[Order], shop: Shop, *, now: datetime) -> None:
    """As `mark_as_cod` for each, of orders that this transaction made."""
    shop_calls.ask_for_new(
        orders=[order for order in orders if _lacks(order, shop.cod_tag)],
        key=_COD,
        kind=Kind.ADD_TAGS,
        payload={"tags": [shop.cod_tag]},
        now=now,
    )


def _lacks(order: Order, tag: str) -> bool:
    return bool(tag) and tag.casefold() not in {known.casefold() for known in order.tags}


def follow(order: Order, event: CodEvent, shop: Shop, *, now: datetime) -> None:
    """Give the order the tags of its state, and take off ours that no longer say the truth."""
    if order.cod_status == Status.UNANSWERED and has_shipped(order):
        return  # nobody is called about what has left
    wanted = tags_of(order.cod_status, shop)
    ours = _ours_on(order)
    old = [tag for tag in ours if tag not in wanted]
    new = [tag for tag in wanted if tag not in ours]
    for word, kind, tags in (("remove", Kind.REMOVE_TAGS, old), ("add", Kind.ADD_TAGS, new)):
        if tags:
            shop_calls.ask(
                order=order, key=f"{word}:{event.pk}", kind=kind, payload={"tags": tags}, now=now
            )


def note(
    order: Order, event: CodEvent, text: str | Promise, *, now: datetime, **told: object
) -> None:
    """Add a dated line to the order's note, in the language of the house; `text` has %(name)s for what is `told`."""
    with override(settings.LANGUAGE_CODE):
        moment = date_format(timezone.localtime(event.at), "SHORT_DATETIME_FORMAT")
        line = f"{moment} – {str(text) % told}"
    payload = {"text": line}
    shop_calls.ask(
        order=order, key=f"note:{event.pk}", kind=Kind.APPEND_NOTE, payload=payload, now=now
    )


def _ours_on(order: Order) -> list[str]:
    """Return the tags of answers that we put on the order and did not take off, in the order of the calls."""
    calls = order.shop_calls.filter(kind__in=[Kind.ADD_TAGS, Kind.REMOVE_TAGS])
    found: dict[str, None] = {}
    of_answers = calls.exclude(key=_COD).exclude(key__startswith=CAME_BACK)
    for call in of_answers.order_by("pk"):
        tags: Iterable[str] = call.payload.get("tags", ())
        for tag in tags:
            if call.kind == Kind.ADD_TAGS:
                found[tag] = None
            else:
                found.pop(tag, None)
    return list(found)
