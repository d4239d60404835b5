"""The first import: bulk files staged line by line, kept batch by batch, never a message, gone on with after any stop."""

import json
from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest

from campaigns.models import OutboundMessage
from orders.importing import fetching, keeping, starting
from orders.importing.fetching import read_line
from orders.importing.starting import ImportRefused, forget_old, go_on, start, stop
from orders.importing.work import PAUSES, Turn, work
from orders.models import (
    Order,
    Product,
    Reconciliation,
    ShopCall,
    ShopifyCustomer,
    ShopImport,
    ShopImportLine,
    ShopImportPart,
)
from orders.reconciling import sure_point
from orders.shopify.client import ShopifyClient
from orders.shopify.nodes import order_of
from orders.taking import take_order
from tests.conftest import NOW
from tests.orders.shop import nodes
from tests.orders.shop.stub import Reply, Stub

pytestmark = pytest.mark.django_db
Step = ShopImportPart.Step
Status = ShopImport.Status


def turn(
    client: ShopifyClient, *, after: timedelta = timedelta(), steps: int | None = None
) -> Turn:
    looked = count()
    time_up: Callable[[], bool] = lambda: steps is not None and next(looked) >= steps  # noqa: E731
    return Turn(client=lambda: client, clock=lambda: NOW + after, is_time_up=time_up)


def file_of(*lines: dict | str) -> bytes:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    return "".join(f"{text}\n" for text in texts).encode()


def child(line: dict, order: int) -> dict:
    return line | {"__parentId": f"gid://shopify/Order/{order}"}


def serve(stub: Stub, **files: bytes) -> None:
    """Bulk operations that are done at once, with these files; a kind without one found nothing."""
    started: dict[str, str] = {}

    def run(asked) -> Reply:
        kind = next(
            k for k in ("products", "customers", "orders") if f"{{ {k} " in asked.variables["query"]
        )
        gid = f"gid://shopify/BulkOperation/{len(started) + 1}"
        started[gid] = kind
        operation = {"id": gid, "status": "CREATED", "createdAt": "2026-11-23T09:30:00Z"}
        data = {"bulkOperationRunQuery": {"bulkOperation": operation, "userErrors": []}}
        return Reply({"data": data})

    def look(asked) -> Reply:
        gid = asked.variables["id"]
        body = files.get(started[gid])
        found = {"id": gid, "status": "COMPLETED", "rootObjectCount": "1", "url": None}
        if body is not None:
            stub.files[f"/{started[gid]}.jsonl"] = body
            url = f"{stub.url}/{started[gid]}.jsonl"
            found |= {"url": url, "fileSize": str(len(body))}
        return Reply({"data": {"bulkOperation": found}})

    stub.answer("RunBulk", run)
    stub.answer("Bulk", look)


def part(kind: str) -> ShopImportPart:
    return ShopImportPart.objects.get(kind=kind)


@pytest.fixture
def small_batches(monkeypatch) -> None:
    monkeypatch.setattr(fetching, "BATCH", 2)
    monkeypatch.setattr(keeping, "BATCH", 2)


def test_a_whole_shop_comes_in_and_nobody_is_written_to(stub, client_of_stub) -> None:
    serve(
        stub,
        products=file_of(nodes.product(71)),
        customers=file_of(nodes.customer(501)),
        orders=file_of(nodes.plain_order(1001), child(nodes.line(1), 1001)),
    )
    begun = start(by=None, now=NOW)

    assert work(turn=turn(client_of_stub)) is None

    begun.refresh_from_db()
    order = Order.objects.get()
    assert (begun.status, begun.finished_at, begun.error) == (Status.DONE, NOW, "")
    assert (order.is_imported, order.is_cod, order.cod_status) == (True, True, "not_eligible")
    assert order.lines.get().product == Product.objects.get()
    assert order.customer == ShopifyCustomer.objects.get()
    assert [part(kind).created for kind in ("products", "customers", "orders")] == [1, 1, 1]
    assert not OutboundMessage.objects.exists()
    assert not ShopCall.objects.exists()


def test_when_it_is_done_no_line_and_no_address_of_a_file_is_kept(stub, client_of_stub) -> None:
    serve(stub, orders=file_of(nodes.plain_order(1001)))
    start(by=None, now=NOW)

    work(turn=turn(client_of_stub))

    assert not ShopImportLine.objects.exists()
    assert set(ShopImportPart.objects.values_list("file_url", flat=True)) == {""}


@pytest.mark.usefixtures("small_batches")
def test_children_may_stand_before_their_parents_and_far_behind(stub, client_of_stub) -> None:
    lines = [
        child(nodes.line(11), 1),
        nodes.plain_order(2),
        child(nodes.line(21), 2),
        nodes.plain_order(1),
        nodes.plain_order(3),
        child({"id": "gid://shopify/ShippingLine/9", "title": "Corriere"}, 1),
        child(nodes.line(12), 1),
        child(nodes.line(22, title="Crocchette"), 2),
    ]
    serve(stub, orders=file_of(*lines))
    start(by=None, now=NOW)

    work(turn=turn(client_of_stub))

    bought = {
        o.shopify_id: list(o.lines.order_by("shopify_id").values_list("shopify_id", flat=True))
        for o in Order.objects.all()
    }
    assert bought == {1: [11, 12], 2: [21, 22], 3: []}


@pytest.mark.usefixtures("small_batches")
def test_stopped_after_any_step_it_goes_on_and_keeps_each_once(stub, client_of_stub) -> None:
    orders = [nodes.plain_order(id, customer=None) for id in range(1, 8)]
    serve(stub, products=file_of(nodes.product(71)), orders=file_of(*orders))
    start(by=None, now=NOW)

    turns = 0
    while ShopImport.objects.get().status == Status.RUNNING:
        work(turn=turn(client_of_stub, after=timedelta(minutes=turns), steps=1))
        turns += 1
        assert turns < 60

    kept = part("orders")
    assert (kept.total, kept.done, kept.created) == (7, 7, 7)
    assert Order.objects.count() == 7
    assert turns > 8


def test_a_broken_line_of_the_file_goes_on_at_its_byte(stub, client_of_stub, monkeypatch) -> None:
    monkeypatch.setattr(fetching, "BATCH", 1)
    monkeypatch.setattr("orders.shopify.transport._PIECE", 16)
    body = file_of(*[nodes.plain_order(id, customer=None) for id in range(1, 5)])
    serve(stub, orders=body)
    stub.cuts = [len(body) // 2]
    start(by=None, now=NOW)

    pause = work(turn=turn(client_of_stub))
    assert (pause, ShopImport.objects.get().error) == (PAUSES[0], "unreachable")
    fetched = part("orders").fetched_bytes
    assert 0 < fetched < len(body)
    work(turn=turn(client_of_stub, after=PAUSES[0]))

    assert stub.file_requests[-1]["Range"] == f"bytes={fetched}-"
    assert (part("orders").created, ShopImport.objects.get().status) == (4, Status.DONE)


def test_a_file_that_expired_is_asked_for_again(stub, client_of_stub) -> None:
    serve(stub, orders=file_of(nodes.plain_order(1)))
    start(by=None, now=NOW)
    work(turn=turn(client_of_stub, steps=0))
    ShopImportPart.objects.exclude(kind="orders").update(step=Step.DONE)
    ShopImportPart.objects.filter(kind="orders").update(
        step=Step.FETCHING, file_url=f"{stub.url}/gone.jsonl"
    )

    pause = work(turn=turn(client_of_stub))
    assert (part("orders").step, ShopImport.objects.get().error) == (Step.WAITING, "file_gone")
    assert pause is not None
    work(turn=turn(client_of_stub, after=pause))
    work(turn=turn(client_of_stub, after=pause + timedelta(minutes=1)))

    assert part("orders").created == 1


def test_an_operation_that_shopify_gives_up_is_asked_again_and_in_the_end_its_part_is_taken(
    stub, client_of_stub
) -> None:
    serve(stub, orders=file_of(nodes.plain_order(1)))
    stub.files["/part.jsonl"] = file_of(nodes.plain_order(5, customer=None))
    failed = {
        "id": "gid://shopify/BulkOperation/9", "status": "FAILED", "errorCode": "TIMEOUT",
        "url": None, "partialDataUrl": f"{stub.url}/part.jsonl",
    }  # fmt: skip
    stub.answer("Bulk", {"bulkOperation": failed})
    start(by=None, now=NOW)
    ShopImportPart.objects.exclude(kind="orders").update(step=Step.DONE)

    passed = timedelta()
    for _ in range(4):
        pause = work(turn=turn(client_of_stub, after=passed))
        passed += pause or timedelta()

    assert (part("orders").is_partial, part("orders").created) == (True, 1)
    assert len(stub.of("RunBulk")) == 3
    # A part of the shop is no sure point.
    assert sure_point(Reconciliation.Kind.ORDERS, now=NOW) < NOW


def test_where_shopify_runs_one_operation_at_a_time_the_others_wait(stub, client_of_stub) -> None:
    serve(stub, products=file_of(nodes.product()), orders=file_of(nodes.plain_order(1)))
    run = stub._answers["RunBulk"][0]
    busy = {"field": None, "message": "A bulk query operation for this app is already in progress."}
    refused = Reply(
        {"data": {"bulkOperationRunQuery": {"bulkOperation": None, "userErrors": [busy]}}}
    )
    stub.answer("RunBulk", run, refused, run)
    start(by=None, now=NOW)

    passed = timedelta()
    while ShopImport.objects.get().status == Status.RUNNING:
        passed += (work(turn=turn(client_of_stub, after=passed)) or timedelta()) + timedelta(
            seconds=1
        )
        assert passed < timedelta(minutes=10)

    assert ShopImport.objects.get().status == Status.DONE
    assert (Product.objects.count(), Order.objects.count()) == (1, 1)


def test_a_refusal_is_left_to_a_person_who_can_go_on(stub, client_of_stub) -> None:
    stub.answer("RunBulk", Reply({}, status=403))
    begun = start(by=None, now=NOW)

    assert work(turn=turn(client_of_stub)) is None
    begun.refresh_from_db()
    assert (begun.status, begun.error) == (Status.FAILED, "access_denied")

    serve(stub)
    go_on(shop_import=begun, now=NOW)
    work(turn=turn(client_of_stub))
    begun.refresh_from_db()
    assert begun.status == Status.DONE


def test_news_of_a_webhook_is_not_overwritten_by_an_older_file(stub, client_of_stub) -> None:
    newer = nodes.order(1001, note="newer", updatedAt="2026-11-23T09:29:00Z")
    take_order(payload=order_of(newer), now=NOW)
    serve(stub, orders=file_of(nodes.plain_order(1001, note="older"), child(nodes.line(1), 1001)))
    start(by=None, now=NOW)

    work(turn=turn(client_of_stub))

    order = Order.objects.get()
    assert (order.note, order.is_imported) == ("newer", False)
    assert (part("orders").created, part("orders").done) == (0, 1)


def test_importing_again_changes_nothing(stub, client_of_stub) -> None:
    serve(
        stub,
        products=file_of(nodes.product()),
        customers=file_of(nodes.customer()),
        orders=file_of(nodes.plain_order(1), child(nodes.line(1), 1)),
    )
    for _ in range(2):
        last = start(by=None, now=NOW)
        work(turn=turn(client_of_stub))

    assert [one.unchanged for one in last.parts.order_by("pk")] == [1, 1, 1]
    assert Order.objects.get().lines.count() == 1


def test_a_line_that_cannot_be_read_is_counted_and_the_others_come_in(stub, client_of_stub) -> None:
    bad = json.dumps(nodes.plain_order(2)).replace("gid://shopify/Order/2", "")
    serve(stub, orders=file_of("{half a li", nodes.plain_order(1), bad, "[]", nodes.plain_order(3)))
    start(by=None, now=NOW)

    work(turn=turn(client_of_stub))

    kept = part("orders")
    assert (kept.created, kept.unreadable, kept.total, kept.done) == (2, 3, 5, 5)


def test_a_name_with_nul_or_half_a_letter_does_not_stop_it(stub, client_of_stub) -> None:
    odd = nodes.plain_order(1, note="a\x00b\ud800c", customer=None)
    serve(stub, orders=file_of(odd))
    start(by=None, now=NOW)

    work(turn=turn(client_of_stub))

    assert Order.objects.get().note == "abc"


def test_only_one_import_is_under_way(stub) -> None:
    begun = start(by=None, now=NOW)

    with pytest.raises(ImportRefused):
        start(by=None, now=NOW)

    stop(shop_import=begun, now=NOW)
    start(by=None, now=NOW)
    with pytest.raises(ImportRefused):
        go_on(shop_import=begun, now=NOW)
    assert ShopImport.objects.filter(status=Status.RUNNING).count() == 1


def test_a_stopped_import_does_nothing_more_until_it_goes_on(stub, client_of_stub) -> None:
    serve(stub, orders=file_of(nodes.plain_order(1)))
    begun = start(by=None, now=NOW)
    stop(shop_import=begun, now=NOW)

    assert work(turn=turn(client_of_stub)) is None
    assert stub.asked == []

    go_on(shop_import=begun, now=NOW)
    work(turn=turn(client_of_stub))
    assert Order.objects.count() == 1


def test_the_import_is_a_sure_point_from_when_shopify_was_asked(stub, client_of_stub) -> None:
    serve(stub, orders=file_of(nodes.plain_order(1)))
    start(by=None, now=NOW)

    work(turn=turn(client_of_stub))

    assert sure_point(Reconciliation.Kind.ORDERS, now=NOW + timedelta(hours=5)) == NOW


def test_lines_of_an_import_that_nobody_goes_on_with_are_erased(stub, client_of_stub) -> None:
    serve(stub, orders=file_of(*[nodes.plain_order(id) for id in range(1, 4)]))
    begun = start(by=None, now=NOW)
    for _ in range(8):
        work(turn=turn(client_of_stub, steps=0))
    ShopImportPart.objects.filter(kind="orders").update(step=Step.FETCHING, file_url="x")
    ShopImportLine.objects.create(part=part("orders"), number=1, own=1, body="{}")
    stop(shop_import=begun, now=NOW)

    assert forget_old(now=NOW + timedelta(days=6)) == 0
    assert forget_old(now=NOW + starting.LINES_KEPT + timedelta(minutes=1)) == 1

    assert not ShopImportLine.objects.exists()
    assert (part("orders").step, part("orders").file_url) == (Step.WAITING, "")


def test_a_line_is_read_by_its_numbers_whatever_their_size() -> None:
    line = read_line(
        b'{"id":"gid://shopify/LineItem/9007199254740993","__parentId":"gid://shopify/Order/5"}\n'
    )

    assert (line.own, line.parent, line.is_root) == (9_007_199_254_740_993, 5, False)
    assert read_line(b"\n").body == ""
