"""Several deliveries in one transaction: the same as one by one, whatever is wrong with one of them."""

import json
import threading

import pytest
from django.db import connections, transaction

from audiences.deliveries import Outcome
from audiences.models import ConsentRecord, Contact
from campaigns.models import FlowEntry, OutboundMessage
from orders import deliveries, handlers, intake
from orders.models import (
    CodEvent,
    Order,
    OrderLine,
    Parcel,
    ShopCall,
    ShopifyCustomer,
    ShopifyDelivery,
)
from orders.shopify.payloads.reading import Unreadable
from tests.conftest import NOW
from tests.orders.cod import world
from tests.orders.receiving.hooks import after, order_body, store
from tests.orders.taking import bodies

pytestmark = pytest.mark.django_db
CONSENT = {"kind": "attribute", "name": "WhatsApp", "yes": "sì"}


def together(*, now=NOW):
    """Process what is due in one go, as a worker does that is at it already."""
    while claimed := deliveries.claim_some(most=intake.MOST_TOGETHER, now=now):
        intake.process_all(claimed, clock=lambda: now)


def one_by_one(*, now=NOW):
    while claimed := deliveries.claim_next(now=now):
        intake.process(claimed, now=now)


def person(number, **changes):
    """An account, and the address of its parcels; its number stands with the address."""
    phone = f"347 99990{number:02d}"
    return {
        "customer": bodies.customer(
            id=7_000 + number,
            admin_graphql_api_id=f"gid://shopify/Customer/{7_000 + number}",
            email=f"c{number}@example.it",
            default_address=None,
            **changes,
        ),
        "shipping_address": bodies.address(phone=phone, first_name=f"Anna {number}"),
        "billing_address": bodies.address(phone=phone, first_name=f"Anna {number}"),
        "phone": None,
    }


def order(number, *, who=None, **changes):
    lines = [bodies.line(id=90_000 + number)]
    fields = person(number if who is None else who) | {"line_items": lines} | changes
    return bodies.order(id=bodies.ORDER + number, name=f"#{number}", **fields)


def all_kinds():
    """(topic, body), in the order in which they came."""
    later = bodies.at(minutes=3)
    return [
        ("orders/create", order(1)),
        ("orders/create", order(2, who=1)),
        ("orders/create", order(3, payment_gateway_names=["shopify_payments"])),
        ("orders/create", order(4, test=True)),
        ("orders/create", order(5, cancelled_at=bodies.at(minutes=1), cancel_reason="customer")),
        ("orders/create", order(6, customer=None)),
        ("orders/create", order(7, customer=person(99)["customer"],
                                shipping_address=bodies.address(phone="347 9999001"))),
        ("orders/create", order(8, **person(8, phone="+393479999008"))),
        ("orders/updated", order(1, updated_at=later, note="Citofono Bianchi")),
        ("orders/updated", order(9, updated_at=later)),
        ("orders/create", order(9)),
        ("fulfillments/create", bodies.fulfillment(id=501, order_id=bodies.ORDER + 8)),
        ("fulfillments/create", bodies.fulfillment(id=502, order_id=bodies.ORDER + 10)),
        ("orders/create", order(10)),
        ("orders/create", order(11)),
    ]  # fmt: skip


def store_all(told):
    for number, (topic, body) in enumerate(told):
        store(json.dumps(body).encode(), topic=topic, webhook_id=f"w{number}", now=NOW)


def everything():
    """What is known afterwards, without the numbers of rows."""
    subjects = {f"order:{pk}": name for pk, name in Order.objects.values_list("pk", "name")}
    steps = CodEvent.objects.order_by("order__name", "pk")
    return {
        "orders": list(Order.objects.order_by("name").values(
            "name", "phone", "phone_source", "contact__phone", "customer__shopify_id", "is_cod",
            "cod_status", "cod_reason", "cod_rule", "cod_version", "asked_amount_cents", "note",
            "amount_due_cents", "shopify_version", "field_versions", "delivery_state", "outcome",
            "shopify_updated_at", "paid_at", "cancelled_at", "is_imported", "checkout_token",
        )),
        "lines": list(OrderLine.objects.order_by("shopify_id", "order__name").values_list(
            "shopify_id", "order__name", "title", "quantity", "price_cents")),
        "steps": list(steps.values_list("order__name", "verb", "figures")),
        "calls": sorted(ShopCall.objects.values_list("order__name", "kind", "payload__tags__0")),
        "passages": sorted((subjects.get(entry.subject, entry.subject), entry.status, entry.reason)
                           for entry in FlowEntry.objects.exclude(subject__startswith="parcel")),
        "messages": OutboundMessage.objects.count(),
        "parcels": list(Parcel.objects.order_by("shopify_id").values_list(
            "shopify_id", "order__name", "status", "shipment")),
        "people": list(Contact.objects.order_by("phone").values_list(
            "phone", "first_name", "last_name", "email", "language", "province", "country",
            "attributes", "tags", "orders_consent", "marketing_consent")),
        "accounts": list(ShopifyCustomer.objects.order_by("shopify_id").values_list(
            "shopify_id", "contact__phone", "phone", "email", "said", "consents")),
        "consents": sorted(ConsentRecord.objects.values_list(
            "contact__phone", "purpose", "state", "evidence")),
    }  # fmt: skip


def undone(work):
    """Return what is known after `work`, and take it back."""
    with transaction.atomic():
        work()
        found = everything()
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize("is_contract_basis", [False, True], ids=["consent", "contract"])
def test_what_many_deliveries_do_together_is_what_they_do_one_by_one(is_contract_basis):
    world.open_shop(is_contract_basis=is_contract_basis)
    world.switch_on()
    store_all(all_kinds())

    alone = undone(one_by_one)
    joint = undone(together)

    assert len(alone["orders"]) == 11
    assert alone["messages"] == (8 if is_contract_basis else 0)
    for what, rows in alone.items():
        assert joint[what] == rows, what


def test_new_orders_go_the_quick_way_together(monkeypatch):
    monkeypatch.setattr(handlers, "take_order", None)
    store_all([("orders/create", order(number)) for number in range(3)])

    together()

    assert Order.objects.count() == 3
    assert set(ShopifyDelivery.objects.values_list("state", "outcome", "attempts")) == {
        ("done", "order", 1)
    }


def test_a_body_that_cannot_be_used_harms_only_itself():
    told = [("orders/create", order(number)) for number in range(3)]
    store_all([told[0], ("orders/create", {"id": 7, "line_items": 3, "created_at": []}), *told[1:]])
    broken = store(b"{", webhook_id="broken")

    together()

    broken.refresh_from_db()
    assert (broken.state, broken.outcome) == ("failed", "unreadable")
    assert Order.objects.exclude(shopify_id=7).count() == 3
    assert ShopifyDelivery.objects.filter(state="done").count() >= 3


def test_a_fault_in_the_middle_leaves_nothing_half_done_and_puts_off_its_own_delivery(handle):
    told = []

    def handler(body, received, now):
        if body["number"] == 2:
            raise RuntimeError("bug")
        Order.objects.create(shopify_id=body["number"], total_cents=1, placed_at=NOW)
        told.append(body["number"])
        return Outcome("order")

    handle(handler)
    for number in (1, 2, 3):
        store(order_body(id=number, number=number))

    together()

    # Once together, which was undone, then one by one.
    assert told == [1, 1, 3]
    assert set(Order.objects.values_list("shopify_id", flat=True)) == {1, 3}
    rows = ShopifyDelivery.objects.order_by("pk").values_list("state", "error")
    assert list(rows) == [("done", ""), ("received", "RuntimeError: bug"), ("done", "")]


def test_deliveries_about_one_order_keep_their_order_inside_a_group(handle):
    seen = handle()
    for number in (1, 2, 3, 4):
        store(order_body(id=number % 2 + 1, number=number), now=after(seconds=number - 60))

    together()

    assert [body["number"] for body in seen] == [1, 2, 3, 4]


def test_what_was_tried_before_is_taken_alone():
    for number in (1, 2, 3):
        store(order_body(id=number), webhook_id=f"w{number}", now=after(seconds=number - 60))
    deliveries.claim_next(now=NOW)
    back = after(minutes=2)

    first = deliveries.claim_some(most=9, now=back)
    second = deliveries.claim_some(most=9, now=back)

    assert [one.received.webhook_id for one in first] == ["w2", "w3"]
    assert [one.received.webhook_id for one in second] == ["w1"]


def test_a_worker_that_dies_in_a_group_leaves_all_of_it_to_the_next(handle):
    def die(*_):
        raise KeyboardInterrupt

    handle(die)
    for number in (1, 2, 3):
        store(order_body(id=number))
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        together()
    seen = handle()

    done = intake.work(clock=lambda: after(minutes=3), is_time_up=lambda: False)

    assert done == 3
    assert [body["id"] for body in seen] == [1, 1, 2, 3]


def test_a_worker_that_was_overtaken_does_nothing_of_its_group_twice(handle):
    seen = handle()
    for number in (1, 2):
        store(order_body(id=number))
    slow = deliveries.claim_some(most=2, now=NOW)
    intake.work(clock=lambda: after(minutes=3), is_time_up=lambda: False)

    intake.process_all(slow, clock=lambda: after(minutes=3))

    assert [body["id"] for body in seen] == [1, 2]


def test_news_that_is_not_of_an_order_is_not_put_into_a_group(monkeypatch):
    told = []

    def handler(body, received, now):
        told.append(received.webhook_id)
        if received.webhook_id == "w2":
            raise Unreadable("so that a group would begin anew")
        return Outcome("removed")

    monkeypatch.setattr(intake, "HANDLERS", {"app/uninstalled": handler})
    for number in (1, 2):
        store(b"{}", topic="app/uninstalled", webhook_id=f"w{number}")

    together()

    assert told == ["w1", "w2"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_with_groups_of_the_same_orders_end_in_one_question_each(monkeypatch):
    monkeypatch.setattr("orders.shop_calls.wake", lambda *_: None)
    monkeypatch.setattr("orders.shop_calls.wake_for_due", lambda: None)
    world.open_shop(is_contract_basis=True)
    world.switch_on()
    told = [("orders/create", order(number)) for number in range(6)]
    store_all(told + [("orders/updated", body) for _topic, body in reversed(told)])
    groups = [deliveries.claim_some(most=6, now=NOW) for _ in range(2)]
    barrier = threading.Barrier(2)

    def run(group):
        barrier.wait(timeout=10)
        try:
            intake.process_all(group, clock=lambda: NOW)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=run, args=[group]) for group in groups]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=30)

    assert not ShopifyDelivery.objects.unfinished().exists()
    assert Order.objects.count() == 6
    assert sorted(FlowEntry.objects.values_list("subject", flat=True)) == sorted(
        f"order:{pk}" for pk in Order.objects.values_list("pk", flat=True)
    )
    assert OutboundMessage.objects.count() == 6
