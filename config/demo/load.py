"""The data of the demo: an invented pet-care brand, the same every time, dated back from `now`."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import connection, transaction

from audiences.models import Contact, Segment
from campaigns.account import current_account
from campaigns.models.account import always
from config import demo_auth
from config.demo.catalogue import make_products
from config.demo.drawing import make_draws
from config.demo.people import stage_people, write_people
from config.demo.purchases import write_purchases
from config.demo.scale import IDS_PER_KIND, ORDERS_FROM, ORDERS_PER_BLOCK, Blocks, blocks_of
from config.demo.segments import make_segments
from config.demo.trouble import make_troubled
from orders.models import Checkout, Order, Product
from orders.pairs import count_pairs

_FILLED = (
    "audiences_contact, audiences_consentrecord, orders_order, orders_orderline, orders_checkout,"
    " orders_parcel, orders_productpair"
)


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """What the database holds after the load, and whether this load added anything."""

    contacts: int
    products: int
    orders: int
    checkouts: int
    segments: int
    is_new: bool


def load_demo(*, scale: str, now: datetime) -> DemoSummary:
    """Fill the database up to `scale` (of `config.demo.scale.SCALES`), as `grow_demo` does.

    :raises UnknownScale: naming the scales there are.
    """
    return grow_demo(blocks=blocks_of(scale), now=now)


def grow_demo(*, blocks: int, now: datetime) -> DemoSummary:
    """Fill the database up to `blocks` blocks of people, all of it or nothing.

    What is there is never touched: a second load changes nothing, a larger scale adds people and
    their orders, a smaller one takes nobody away.
    """
    with transaction.atomic():
        demo_auth.make_users()
        present = _blocks_present()
        if present < blocks:
            _add(Blocks(present, blocks), now=now)
    return _summary(is_new=present < blocks)


def _blocks_present() -> int:
    """Read from the orders how far an earlier load came: an order is never deleted."""
    orders = Order.objects.filter(shopify_id__range=(ORDERS_FROM, ORDERS_FROM + IDS_PER_KIND))
    latest = orders.order_by("-shopify_id").values_list("shopify_id", flat=True).first()
    return 0 if latest is None else (latest - ORDERS_FROM) // ORDERS_PER_BLOCK


def _add(blocks: Blocks, *, now: datetime) -> None:
    is_first = blocks.first == 0
    if is_first:
        make_products(now=now)
    make_draws()
    stage_people(blocks, now=now)
    write_people()
    write_purchases(blocks, now=now)
    if is_first:
        _begin(now=now)
    count_pairs(now=now)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {_FILLED}")


def _begin(*, now: datetime) -> None:
    """Write what a person may change afterwards, which no later load brings back."""
    make_troubled(now=now)
    make_segments(by=User.objects.get(username="marketer"))
    account = current_account()
    account.marketing_hours = account.transactional_hours = always()
    account.save(update_fields=["marketing_hours", "transactional_hours"])


def _summary(*, is_new: bool) -> DemoSummary:
    return DemoSummary(
        contacts=Contact.objects.count(),
        products=Product.objects.count(),
        orders=Order.objects.count(),
        checkouts=Checkout.objects.count(),
        segments=Segment.objects.count(),
        is_new=is_new,
    )
