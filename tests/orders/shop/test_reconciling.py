"""What no webhook brought is brought by asking: from a sure point, page by page, safe to stop anywhere."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from orders import reconciling
from orders.models import Checkout, Order, OrderToRead, Reconciliation, ShopifyCustomer
from orders.reading_orders import Turn, read_order, read_wanted
from orders.reconciling import FIRST_LOOK, OVERLAP, sure_point
from orders.rereading import ask_to_read
from orders.shopify.nodes import order_of
from orders.taking import take_order
from tests.conftest import NOW
from tests.orders.shop import nodes
from tests.orders.shop.stub import HANG_UP, Reply, connection, errors

pytestmark = pytest.mark.django_db
Kind = Reconciliation.Kind
AT = "2026-11-23T09:00:00Z"


def turn(client, *, now: datetime = NOW, steps: int | None = None) -> Turn:
    """A turn that is over after so many looks at the clock."""
    looked = count()
    time_up: Callable[[], bool] = lambda: steps is not None and next(looked) >= steps  # noqa: E731
    return Turn(client=client, clock=lambda: now, is_time_up=time_up)


def reconcile(*, kind: str, turn: Turn) -> Any:
    return reconciling.reconcile(kind=kind, turn=turn)


def changed(*ids: int, cursor: str | None = None, at: str = AT) -> dict:
    found = [{"id": f"gid://shopify/Order/{id}", "updatedAt": at} for id in ids]
    return {"orders": connection(*found, cursor=cursor)}


def serve_orders(stub, **changes) -> None:
    def whole(asked) -> Reply:
        number = int(asked.variables["id"].rpartition("/")[2])
        return Reply({"data": {"order": nodes.order(number, **changes)}})

    stub.answer("OneOrder", whole)


def test_an_order_that_no_webhook_brought_is_read_whole_and_kept(stub, client_of_stub) -> None:
    stub.answer("ChangedOrders", changed(1001))
    serve_orders(stub)

    run = reconcile(kind=Kind.ORDERS, turn=turn(client_of_stub))

    kept = Order.objects.get(shopify_id=1001)
    assert (kept.name, kept.is_cod, kept.is_imported, kept.lines.count()) == (
        "#1001", True, False, 1,
    )  # fmt: skip
    assert (run.seen, run.brought, run.finished_at, run.error) == (1, 1, NOW, "")


def test_an_order_that_is_known_as_it_is_costs_no_question(stub, client_of_stub) -> None:
    stub.answer("ChangedOrders", changed(1001))
    serve_orders(stub)
    reconcile(kind=Kind.ORDERS, turn=turn(client_of_stub))

    run = reconcile(kind=Kind.ORDERS, turn=turn(client_of_stub, now=NOW + timedelta(minutes=15)))

    assert (run.seen, run.brought) == (1, 0)
    assert len(stub.of("OneOrder")) == 1


def test_the_first_question_looks_back_a_day_and_the_next_five_minutes_behind_the_last(
    stub, client_of_stub
) -> None:
    stub.answer("ChangedOrders", changed())
    first = reconcile(kind=Kind.ORDERS, turn=turn(client_of_stub))

    later = NOW + timedelta(minutes=15)
    second = reconcile(kind=Kind.ORDERS, turn=turn(client_of_stub, now=later))

    assert first.since == NOW - FIRST_LOOK - OVERLAP
    assert second.since == NOW - OVERLAP
    assert stub.asked[1].variables["query"] == "updated_at:>='2026-11-23T09:25:00Z'"


def test_a_pass_that_is_stopped_goes_on_at_its_page_and_loses_nothing(stub, client_of_stub) -> None:
    pages = {None: changed(1, 2, cursor="p2"), "p2": changed(3, cursor="p3"), "p3": changed(4)}
    stub.answer("ChangedOrders", lambda asked: Reply({"data": pages[asked.variables["after"]]}))
    serve_orders(stub)

    turns = 0
    run = None
    while run is None or run.finished_at is None:
        run = reconcile(kind=Kind.ORDERS, turn=turn(client_of_stub, steps=2))
        turns += 1
        assert turns < 20

    assert set(Order.objects.values_list("shopify_id", flat=True)) == {1, 2, 3, 4}
    assert len(stub.of("OneOrder")) == 4
    assert turns > 2
    assert run.brought == 4


def test_only_the_end_of_a_pass_moves_the_sure_point(stub, client_of_stub) -> None:
    stub.answer("ChangedOrders", changed(1, cursor="p2"), HANG_UP)
    serve_orders(stub)

    run = reconcile(kind=Kind.ORDERS, turn=turn(client_of_stub))

    assert (run.finished_at, run.error, run.cursor) == (None, "unreachable", "p2")
    assert sure_point(Kind.ORDERS, now=NOW) == NOW - FIRST_LOOK


def test_after_a_fault_the_pass_goes_on_at_its_cursor_and_the_fault_is_forgotten(
    stub, client_of_stub
) -> None:
    stub.answer("ChangedOrders", changed(1, cursor="p2"), errors("ACCESS_DENIED"), changed(2))
    serve_orders(stub)
    stopped = reconcile(kind=Kind.ORDERS, turn=turn(client_of_stub))
    later = NOW + timedelta(minutes=1)

    run = reconcile(kind=Kind.ORDERS, turn=turn(client_of_stub, now=later))

    assert stopped.error == "access_denied"
    assert (run.pk, run.error, run.finished_at) == (stopped.pk, "", later)
    assert stub.of("ChangedOrders")[-1].variables["after"] == "p2"
    # The pass asked for what changed up to when it began.
    assert sure_point(Kind.ORDERS, now=later) == NOW


def test_a_cursor_that_shopify_forgot_begins_the_pass_anew(stub, client_of_stub) -> None:
    unknown = Reply({"errors": [{"message": "Invalid cursor"}]})
    stub.answer("ChangedOrders", changed(1, cursor="old"), unknown, changed(1), changed(1))
    serve_orders(stub)

    run = reconcile(kind=Kind.ORDERS, turn=turn(client_of_stub))

    assert [one.variables["after"] for one in stub.of("ChangedOrders")] == [None, "old", None]
    assert run.finished_at == NOW


def test_what_a_webhook_told_meanwhile_is_not_overwritten_by_what_was_read_before(
    stub, client_of_stub
) -> None:
    stub.answer("ChangedOrders", changed(1001, at="2026-11-23T09:30:00Z"))
    serve_orders(stub)
    reconcile(kind=Kind.ORDERS, turn=turn(client_of_stub))
    newer = nodes.order(1001, note="from a newer webhook", updatedAt="2026-11-23T09:29:00Z")
    take_order(payload=order_of(newer), now=NOW)

    reconcile(kind=Kind.ORDERS, turn=turn(client_of_stub, now=NOW + timedelta(minutes=20)))

    assert Order.objects.get().note == "from a newer webhook"


def test_an_order_deleted_between_list_and_reading_is_passed_by(stub, client_of_stub) -> None:
    stub.answer("ChangedOrders", changed(1))
    stub.answer("OneOrder", {"order": None})

    run = reconcile(kind=Kind.ORDERS, turn=turn(client_of_stub))

    assert (run.seen, run.brought, run.unreadable, run.finished_at) == (1, 0, 0, NOW)


def test_one_order_that_cannot_be_kept_does_not_keep_the_others_waiting(
    stub, client_of_stub, monkeypatch
) -> None:
    stub.answer("ChangedOrders", changed(1, 2))
    serve_orders(stub)
    read = read_order

    def read_or_fail(*, shopify_id: int, **rest):
        if shopify_id == 1:
            raise TypeError
        return read(shopify_id=shopify_id, **rest)

    monkeypatch.setattr(reconciling, "read_order", read_or_fail)

    run = reconcile(kind=Kind.ORDERS, turn=turn(client_of_stub))

    assert (run.brought, run.unreadable) == (1, 1)
    assert Order.objects.get().shopify_id == 2


def test_customers_and_checkouts_are_kept_from_their_pages(stub, client_of_stub) -> None:
    stub.answer("ChangedCustomers", {"customers": connection(nodes.customer(501))})
    stub.answer("ChangedCheckouts", {"abandonedCheckouts": connection(nodes.checkout(801))})

    people = reconcile(kind=Kind.CUSTOMERS, turn=turn(client_of_stub))
    carts = reconcile(kind=Kind.CHECKOUTS, turn=turn(client_of_stub))
    again = reconcile(kind=Kind.CUSTOMERS, turn=turn(client_of_stub, now=NOW + timedelta(hours=1)))

    account: Any = ShopifyCustomer.objects.get()
    assert (account.shopify_id, account.contact.phone) == (501, "+393331234567")
    assert Checkout.objects.get().amount_cents == 5200
    assert (people.brought, carts.brought, again.brought) == (1, 1, 0)


def test_a_pass_is_due_every_quarter_of_an_hour_and_while_one_is_unfinished(
    stub, client_of_stub
) -> None:
    assert reconciling.is_due(Kind.ORDERS, now=NOW)
    stub.answer("ChangedOrders", HANG_UP, HANG_UP, HANG_UP, changed())

    reconcile(kind=Kind.ORDERS, turn=turn(client_of_stub))
    assert reconciling.is_due(Kind.ORDERS, now=NOW)
    reconcile(kind=Kind.ORDERS, turn=turn(client_of_stub))

    assert not reconciling.is_due(Kind.ORDERS, now=NOW + timedelta(minutes=14))
    assert reconciling.is_due(Kind.ORDERS, now=NOW + timedelta(minutes=15))


def test_old_passes_are_forgotten_but_never_the_sure_point(stub, client_of_stub) -> None:
    stub.answer("ChangedOrders", changed())
    for days in (20, 10):
        now = NOW - timedelta(days=days)
        reconcile(kind=Kind.ORDERS, turn=turn(client_of_stub, now=now))

    assert reconciling.forget_old(now=NOW) == 1
    assert sure_point(Kind.ORDERS, now=NOW) == NOW - timedelta(days=10)


def wish(shopify_id: int, **changes: Any) -> None:
    values: dict[str, Any] = {"why": OrderToRead.Why.EDITED, "now": NOW, "wait": timedelta()}
    ask_to_read(shopify_id, **values | changes)


def test_an_edited_order_is_read_again_and_the_wish_is_fulfilled(stub, client_of_stub) -> None:
    serve_orders(stub, totalOutstandingSet=nodes.money("70.00"))
    wish(1001)

    assert read_wanted(turn(client_of_stub)) == 1

    assert Order.objects.get().amount_due_cents == 7000
    assert not OrderToRead.objects.exists()


def test_an_order_that_cannot_be_read_now_is_read_later(stub, client_of_stub) -> None:
    stub.answer("OneOrder", HANG_UP, HANG_UP, HANG_UP, {"order": nodes.order(1001)})
    wish(1001)

    assert read_wanted(turn(client_of_stub)) == 0
    assert OrderToRead.objects.get().due_at == NOW + timedelta(seconds=20)
    assert read_wanted(turn(client_of_stub, now=NOW + timedelta(minutes=1))) == 1


def test_a_wish_about_an_order_that_is_gone_is_let_go(stub, client_of_stub) -> None:
    stub.answer("OneOrder", {"order": None})
    wish(1001)

    read_wanted(turn(client_of_stub))

    assert not OrderToRead.objects.exists()


def test_a_wish_of_later_than_the_reading_stays(stub, client_of_stub) -> None:
    serve_orders(stub)
    wish(1001, asked_at=NOW + timedelta(seconds=5))

    read_wanted(turn(client_of_stub, steps=1))

    assert OrderToRead.objects.count() == 1
