"""A parcel that nobody took: an agent heard it from the courier or the customer, before Shopify shows any of it.

It is said by the shop's own tag, so that whoever looks at Shopify sees it too. What the order's end counts as follows
from the tag once Shopify tells of it, like a tag that somebody put on there.
"""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from orders import shop_calls
from orders.cod.deciding import DecisionRefused, held
from orders.cod.eligibility import has_shipped
from orders.cod.marks import CAME_BACK
from orders.cod.moves import step
from orders.cod.words import Verb
from orders.models import Order, Shop, ShopCall
from orders.shops import current_shop
from orders.taking.settling import is_marked

Kind = ShopCall.Kind


def may_mark(order: Order) -> bool:
    """Say whether the page of this order offers to say that its parcel was refused."""
    return order.is_cod and has_shipped(order) and order.outcome != Order.Outcome.REFUSED


def may_unmark(order: Order, shop: Shop) -> bool:
    """Say whether a tag of refused parcels can be taken off again."""
    return order.is_cod and is_marked(order.tags, shop)


def mark_refused(*, order_id: int, by: User, seen: str, now: datetime) -> None:
    """Have Shopify tag the order as one whose parcel was refused.

    :raises DecisionRefused: nothing has left, it counts as refused already, the shop has no such tag; Moved if
        something happened meanwhile.
    """
    with transaction.atomic():
        order, shop = held(order_id, seen), current_shop()
        if not has_shipped(order):
            raise DecisionRefused(_("The order has not left yet: cancel it instead."))
        if is_marked(order.tags, shop):
            raise DecisionRefused(_("The order has the tag of refused parcels already."))
        if not shop.refused_tags:
            raise DecisionRefused(_("The shop has no tag for refused parcels: your administrator names one in its settings."))  # fmt: skip
        _check_first_click(order, Kind.ADD_TAGS)
        event = step(order, Verb.CAME_BACK, now=now, by=by)
        _call(order, Kind.ADD_TAGS, event.pk, [shop.refused_tags[0]], now=now)


def unmark_refused(*, order_id: int, by: User, seen: str, now: datetime) -> None:
    """Have Shopify take the tags of refused parcels off the order: the customer took it after all.

    :raises DecisionRefused: there is none; Moved if something happened meanwhile.
    """
    with transaction.atomic():
        order, shop = held(order_id, seen), current_shop()
        tags = [tag for tag in order.tags if is_marked([tag], shop)]
        if not tags:
            raise DecisionRefused(_("The order has no tag of refused parcels."))
        _check_first_click(order, Kind.REMOVE_TAGS)
        event = step(order, Verb.TAKEN_AFTER_ALL, now=now, by=by)
        _call(order, Kind.REMOVE_TAGS, event.pk, tags, now=now)


def _check_first_click(order: Order, kind: Kind) -> None:
    """:raises DecisionRefused: Shopify has this very wish already and has not answered yet."""
    latest = order.shop_calls.filter(key__startswith=CAME_BACK).order_by("-pk").first()
    if latest is not None and latest.kind == kind and latest.state == ShopCall.State.WAITING:
        raise DecisionRefused(_("Shopify has been asked already: look again in a moment."))


def _call(order: Order, kind: Kind, event_id: int, tags: list[str], *, now: datetime) -> None:
    shop_calls.ask(
        order=order, key=f"{CAME_BACK}{event_id}", kind=kind, payload={"tags": tags}, now=now
    )
