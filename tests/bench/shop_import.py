"""The first import of a shop, from bulk files on a server of its own to rows: how long, and in how much memory."""

import json
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from django.utils import timezone

from orders.importing.starting import start
from orders.importing.work import Turn, work
from orders.models import Order, OrderLine, ShopImport
from orders.shopify.auth import StaticAccess
from orders.shopify.client import ShopifyClient
from tests.bench.report import Figure
from tests.orders.shop import nodes
from tests.orders.shop.bulk_files import bulk_shop

MINUTES = 10
GROWTH_MB = 30
LINES = 3
ORDERS_PER_CUSTOMER = 2.5
PLACED_AT = "2026-03-02T10:00:00Z"


def import_of_a_shop(*, few: int = 5_000, many: int = 150_000) -> list[Figure]:
    """Import `few` orders, then `many` others into the same tables; children stand behind all parents."""
    with TemporaryDirectory() as folder:
        _import(Path(folder), few, after=0)
        small = _peak()
        seconds = _import(Path(folder), many, after=few)
        large = _peak()
    if Order.objects.count() != few + many or OrderLine.objects.count() != LINES * (few + many):
        raise RuntimeError("not every order came in once")
    beside = (
        f"{many / seconds:.0f} a second, {LINES} lines each, {len(_customers(many)):,} customers"
    )
    return [
        Figure(f"import of {many:,} orders (minutes)", seconds / 60, MINUTES, "<=", beside),
        Figure(
            f"memory of the import, {many:,} against {few:,} orders: growth (MB)",
            large - small,
            GROWTH_MB,
            "<=",
            f"peaks {small:.0f} and {large:.0f} MB",
        ),
    ]


def _import(folder: Path, orders: int, *, after: int) -> float:
    """Write the files, which is not counted, and import them; return the seconds."""
    files = {
        "products": _write(folder / "products.jsonl", map(_product, range(200))),
        "customers": _write(folder / "customers.jsonl", map(_customer, _customers(orders, after))),
        "orders": _write(folder / "orders.jsonl", _order_lines(orders, after)),
    }
    with bulk_shop(files) as url:
        begun = start(by=None, now=timezone.now())
        started = time.perf_counter()
        while ShopImport.objects.filter(pk=begun.pk, status=ShopImport.Status.RUNNING).exists():
            work(turn=_turn(url))
        seconds = time.perf_counter() - started
    begun.refresh_from_db()
    if begun.status != ShopImport.Status.DONE:
        raise RuntimeError(f"the import ended as {begun.status}: {begun.error}")
    return seconds


def _turn(url: str) -> Turn:
    """A worker's turn; those that wait for Shopify are waited for by the next one."""
    ends = time.monotonic() + 8
    return Turn(
        client=lambda: ShopifyClient(base_url=url, version="2026-10", access=StaticAccess("t")),
        clock=timezone.now,
        is_time_up=lambda: time.monotonic() >= ends,
    )


def _customers(orders: int, after: int = 0) -> range:
    return range(after, after + max(1, int(orders / ORDERS_PER_CUSTOMER)))


def _order_lines(orders: int, after: int) -> Iterator[nodes.Node]:
    people = _customers(orders, after)
    numbers = range(after + 1, after + orders + 1)
    for number in numbers:
        owner = _customer(people[number % len(people)])
        yield nodes.plain_order(
            number,
            customer=owner,
            shippingAddress=nodes.address(phone=owner["defaultPhoneNumber"]["phoneNumber"]),
            fulfillments=[nodes.parcel(number)],
            displayFulfillmentStatus="FULFILLED",
            # An order placed while it is asked for would be left to its webhook.
            **dict.fromkeys(("createdAt", "processedAt", "updatedAt"), PLACED_AT),
        )
    for number in numbers:
        for place in range(LINES):
            product = {"id": f"gid://shopify/Product/{1 + (number + place) % 200}"}
            line = nodes.line(
                number * 10 + place, product=product | {"productType": "", "tags": []}
            )
            yield line | {"__parentId": f"gid://shopify/Order/{number}"}


def _customer(number: int) -> nodes.Node:
    return nodes.customer(1 + number, phone=f"+39333{number:07d}")


def _product(number: int) -> nodes.Node:
    return nodes.product(1 + number)


def _write(path: Path, lines: Iterator[nodes.Node]) -> Path:
    with path.open("w") as file:
        for line in lines:
            file.write(json.dumps(line) + "\n")
    return path


def _peak() -> float:
    """The highest resident memory of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
