"""What Shopify must be told: once, in series, repeated until it is done, refused in words."""

from datetime import timedelta

import pytest

from orders import shop_calls
from orders.carrying_out import carry_out_call
from orders.models import Order, ShopCall
from orders.shopify.client import ShopifyClient
from orders.shopify_words import sentence
from tests.conftest import NOW
from tests.factories.orders import make_order
from tests.orders.shop.stub import HANG_UP, Reply, errors

pytestmark = pytest.mark.django_db
Kind = ShopCall.Kind
State = ShopCall.State
FINE: dict = {"userErrors": []}
OLD = {
    "firstName": "Anna", "address1": "Via Roma", "city": "Napoli", "zip": "80100", "countryCodeV2": "IT",
}  # fmt: skip
NEW = {
    "first_name": "Anna", "address1": "Via Roma 12", "city": "Napoli", "zip": "80100",
    "country_code": "IT", "province_code": "",
}  # fmt: skip


def order(**changes) -> Order:
    return make_order(**{"shopify_id": 77, "is_cod": True, "product": None} | changes)


def ask(of: Order, key: str = "a", kind: str = Kind.ADD_TAGS, **payload) -> ShopCall:
    return shop_calls.ask(
        order=of, key=key, kind=Kind(kind), payload=payload or {"tags": ["COD"]}, now=NOW
    )


def carry_out(call: ShopCall, client: ShopifyClient, *, after: timedelta = timedelta()) -> ShopCall:
    carry_out_call(call_id=call.pk, gateway=lambda: client, clock=lambda: NOW + after)
    call.refresh_from_db()
    return call


def state(**changes) -> dict:
    node = {"id": "gid://shopify/Order/77", "note": "", "shippingAddress": OLD, "fulfillments": []}
    return {"order": node | changes}


def test_the_same_decision_asks_once() -> None:
    of = order()

    assert ask(of).pk == ask(of, tags=["other"]).pk
    assert ShopCall.objects.get().payload == {"tags": ["COD"]}


def test_a_call_wakes_a_worker_when_the_decision_is_committed(
    monkeypatch, django_capture_on_commit_callbacks
) -> None:
    woken: list[int] = []
    monkeypatch.setattr(shop_calls, "wake", woken.append)
    of = order()

    with django_capture_on_commit_callbacks(execute=True):
        call = ask(of)
        ask(of)

    assert woken == [call.pk]


def test_a_tag_is_added_and_the_call_done(stub, client_of_stub) -> None:
    stub.answer("AddTags", {"tagsAdd": FINE})

    call = carry_out(ask(order(), tags=["COD", "COD ", "a,b"]), client_of_stub)

    assert (call.state, call.done_at, call.attempts) == (State.DONE, NOW, 1)
    assert stub.asked[0].variables == {"id": "gid://shopify/Order/77", "tags": ["COD", "a b"]}


def test_a_done_call_is_not_made_again(stub, client_of_stub) -> None:
    stub.answer("RemoveTags", {"tagsRemove": FINE})
    call = carry_out(ask(order(), kind=Kind.REMOVE_TAGS), client_of_stub)

    carry_out(call, client_of_stub)

    assert len(stub.asked) == 1


@pytest.mark.parametrize("silence", [HANG_UP, Reply({}, status=502)])
def test_a_lost_answer_is_tried_again_later_for_a_tag_twice_is_a_tag_once(
    stub, client_of_stub, silence
) -> None:
    stub.answer("AddTags", silence, {"tagsAdd": FINE})

    call = carry_out(ask(order()), client_of_stub)
    assert (call.state, call.due_at) == (State.WAITING, NOW + shop_calls.BACKOFF[0])
    carry_out(call, client_of_stub, after=timedelta(minutes=1))

    assert (call.state, call.error) == (State.DONE, "")


def test_after_the_last_try_it_is_left_for_a_person_who_can_repeat_it(stub, client_of_stub) -> None:
    stub.answer("AddTags", Reply({}, status=503))
    call = ask(order())
    for _ in range(len(shop_calls.BACKOFF) + 1):
        carry_out(call, client_of_stub)
    assert (call.state, call.error) == (State.FAILED, "server_fault")

    stub.answer("AddTags", {"tagsAdd": FINE})
    shop_calls.repeat(call=call, now=NOW)
    carry_out(call, client_of_stub)

    assert call.state == State.DONE
    with pytest.raises(shop_calls.RepeatRefused):
        shop_calls.repeat(call=call, now=NOW)


def test_waiting_for_the_bucket_counts_as_no_try(stub, client_of_stub) -> None:
    stub.answer("AddTags", errors("THROTTLED", cost=(1000, 0, 10)))

    call = carry_out(ask(order()), client_of_stub)

    assert (call.attempts, call.state) == (0, State.WAITING)
    assert call.due_at == NOW + timedelta(seconds=100)


def test_a_refusal_of_shopify_ends_the_call_in_its_words(stub, client_of_stub) -> None:
    said = {"userErrors": [{"field": ["id"], "message": "Order is archived"}]}
    stub.answer("AddTags", {"tagsAdd": said})

    call = carry_out(ask(order()), client_of_stub)

    assert (call.state, call.error, call.error_detail) == (
        State.FAILED, "refused", "Order is archived",
    )  # fmt: skip


def test_a_line_is_added_below_the_note_that_is_there(stub, client_of_stub) -> None:
    stub.answer("OrderState", state(note="Suonare due volte\n"))
    stub.answer("UpdateOrder", {"orderUpdate": FINE})

    carry_out(ask(order(), kind=Kind.APPEND_NOTE, text="Confermato su WhatsApp"), client_of_stub)

    written = stub.of("UpdateOrder")[0].variables["input"]
    assert written["note"] == "Suonare due volte\nConfermato su WhatsApp"


def test_a_line_that_arrived_though_its_answer_was_lost_is_not_added_twice(
    stub, client_of_stub
) -> None:
    stub.answer("OrderState", state(), state(note="Confermato su WhatsApp"))
    stub.answer("UpdateOrder", HANG_UP)
    call = ask(order(), kind=Kind.APPEND_NOTE, text="Confermato su WhatsApp")

    carry_out(call, client_of_stub)
    carry_out(call, client_of_stub)

    assert call.state == State.DONE
    assert len(stub.of("UpdateOrder")) == 1


def test_an_address_is_written_in_shopifys_own_fields(stub, client_of_stub) -> None:
    stub.answer("OrderState", state())
    stub.answer("UpdateOrder", {"orderUpdate": FINE})

    call = carry_out(ask(order(), kind=Kind.UPDATE_ADDRESS, address=NEW), client_of_stub)

    assert call.state == State.DONE
    assert stub.of("UpdateOrder")[0].variables["input"] == {
        "id": "gid://shopify/Order/77",
        "shippingAddress": {
            "firstName": "Anna",
            "address1": "Via Roma 12",
            "city": "Napoli",
            "zip": "80100",
            "countryCode": "IT",
        },
    }


@pytest.mark.parametrize(
    ("zip", "province"), [("80134", "NA"), ("20121", None)], ids=["same region", "elsewhere"]
)
def test_what_the_new_address_does_not_say_is_kept_where_it_still_holds(
    stub, client_of_stub, zip, province
) -> None:
    there = OLD | {
        "lastName": "Bianchi",
        "phone": "333 1",
        "provinceCode": "NA",
        "province": "Napoli",
    }
    stub.answer("OrderState", state(shippingAddress=there))
    stub.answer("UpdateOrder", {"orderUpdate": FINE})
    typed = {"address1": "Via Toledo 5", "zip": zip, "city": "Altrove"}

    carry_out(ask(order(), kind=Kind.UPDATE_ADDRESS, address=typed), client_of_stub)

    sent = stub.of("UpdateOrder")[0].variables["input"]["shippingAddress"]
    assert (sent["lastName"], sent["phone"], sent["countryCode"]) == ("Bianchi", "333 1", "IT")
    assert sent.get("provinceCode") == province


def test_a_province_by_its_name_becomes_its_code(stub, client_of_stub) -> None:
    stub.answer("OrderState", state())
    stub.answer("UpdateOrder", {"orderUpdate": FINE})
    typed = NEW | {"province": "Caserta"}

    carry_out(ask(order(), kind=Kind.UPDATE_ADDRESS, address=typed), client_of_stub)

    sent = stub.of("UpdateOrder")[0].variables["input"]["shippingAddress"]
    assert sent["provinceCode"] == "CE"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"displayFulfillmentStatus": "FULFILLED"}, "shipped"),
        ({"displayFulfillmentStatus": "PARTIALLY_FULFILLED"}, "shipped"),
        ({"fulfillments": [{"id": "gid://shopify/Fulfillment/1", "status": "SUCCESS"}]}, "shipped"),
        ({"cancelledAt": "2026-11-23T09:00:00Z"}, "cancelled"),
    ],
)
def test_an_address_is_not_changed_once_it_is_too_late(stub, client_of_stub, changes, why) -> None:
    stub.answer("OrderState", state(**changes))

    call = carry_out(ask(order(), kind=Kind.UPDATE_ADDRESS, address=NEW), client_of_stub)

    assert (call.state, call.error) == (State.FAILED, why)
    assert stub.operations() == ["OrderState"]


def test_a_parcel_that_we_know_of_keeps_its_address_without_asking(stub, client_of_stub) -> None:
    of = order(delivery_state=Order.DeliveryState.SHIPPED)

    call = carry_out(ask(of, kind=Kind.UPDATE_ADDRESS, address=NEW), client_of_stub)

    assert (call.error, stub.asked) == ("shipped", [])


def test_an_address_that_arrived_already_is_done(stub, client_of_stub) -> None:
    there = OLD | {"address1": "Via Roma 12"}
    stub.answer("OrderState", state(shippingAddress=there, displayFulfillmentStatus="FULFILLED"))

    call = carry_out(ask(order(), kind=Kind.UPDATE_ADDRESS, address=NEW), client_of_stub)

    assert (call.state, stub.operations()) == (State.DONE, ["OrderState"])


def test_an_address_without_city_is_refused_before_anything_leaves(stub, client_of_stub) -> None:
    call = carry_out(
        ask(order(), kind=Kind.UPDATE_ADDRESS, address=NEW | {"city": " "}), client_of_stub
    )

    assert (call.error, stub.asked) == ("no_address", [])


CANCEL = {"reason": "customer", "staff_note": "Annullato su WhatsApp"}
CANCELLED = {"cancelledAt": "2026-11-23T09:31:00Z"}


def test_a_cancellation_is_done_when_shopify_has_carried_it_out(stub, client_of_stub) -> None:
    stub.answer("OrderState", state(), state(), state(**CANCELLED))
    stub.answer("CancelOrder", {"orderCancel": FINE | {"job": {"id": "1", "done": False}}})
    call = ask(order(), kind=Kind.CANCEL_ORDER, **CANCEL)

    carry_out(call, client_of_stub)
    assert (call.state, call.error) == (State.WAITING, "not_yet_cancelled")
    carry_out(call, client_of_stub, after=timedelta(minutes=1))

    assert call.state == State.DONE
    (asked,) = stub.of("CancelOrder")
    assert asked.variables == {
        "orderId": "gid://shopify/Order/77",
        "reason": "CUSTOMER",
        "restock": True,
        "notifyCustomer": False,
        "staffNote": "Annullato su WhatsApp",
    }


def test_what_is_cancelled_already_is_not_cancelled_again(stub, client_of_stub) -> None:
    stub.answer("OrderState", state(**CANCELLED))

    call = carry_out(ask(order(), kind=Kind.CANCEL_ORDER, **CANCEL), client_of_stub)

    assert (call.state, stub.operations()) == (State.DONE, ["OrderState"])


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"displayFinancialStatus": "PAID"}, "paid"),
        ({"displayFulfillmentStatus": "FULFILLED"}, "shipped"),
    ],
)
def test_what_was_paid_or_shipped_is_left_to_a_person(stub, client_of_stub, changes, why) -> None:
    stub.answer("OrderState", state(**changes))

    call = carry_out(ask(order(), kind=Kind.CANCEL_ORDER, **CANCEL), client_of_stub)

    assert (call.error, stub.operations()) == (why, ["OrderState"])


def test_an_order_deleted_on_shopify_ends_its_calls(stub, client_of_stub) -> None:
    stub.answer("OrderState", {"order": None})

    call = carry_out(ask(order(), kind=Kind.APPEND_NOTE, text="x"), client_of_stub)

    assert (call.state, call.error) == (State.FAILED, "order_gone")


def test_a_wrong_address_is_not_taken_for_a_deleted_order(stub, client_of_stub) -> None:
    stub.answer("OrderState", Reply({"errors": "Not Found"}, status=404))

    call = carry_out(ask(order(), kind=Kind.APPEND_NOTE, text="x"), client_of_stub)

    assert (call.state, call.error) == (State.FAILED, "no_such_address")
    assert "SHOPIFY_SHOP_DOMAIN" in sentence(call.error)


def test_an_order_that_is_not_on_shopify_is_refused(stub, client_of_stub) -> None:
    call = carry_out(ask(order(shopify_id=None)), client_of_stub)

    assert (call.error, stub.asked) == ("not_on_shopify", [])


def test_calls_of_one_order_go_in_the_order_they_were_asked_for(stub, client_of_stub) -> None:
    of = order()
    first, second = ask(of, "a"), ask(of, "b", Kind.REMOVE_TAGS)
    elsewhere = ask(order(shopify_id=78, contact=of.contact), "a")
    stub.answer("AddTags", {"tagsAdd": FINE})
    stub.answer("RemoveTags", {"tagsRemove": FINE})

    carry_out(second, client_of_stub)
    assert (second.state, stub.asked) == (State.WAITING, [])
    for call in (elsewhere, first, second):
        carry_out(call, client_of_stub)

    assert {call.state for call in (first, second, elsewhere)} == {State.DONE}


def test_a_call_that_a_worker_holds_is_not_taken_by_another() -> None:
    call = ask(order())

    assert shop_calls.claim(call_id=call.pk, now=NOW) is not None
    assert shop_calls.claim(call_id=call.pk, now=NOW + timedelta(minutes=1)) is None
    assert shop_calls.claim(call_id=call.pk, now=NOW + shop_calls.LEASE) is not None


def test_the_sweep_hands_out_what_is_due_once() -> None:
    call = ask(order())

    assert shop_calls.take_due(now=NOW) == []
    later = NOW + shop_calls.SWEEP_AFTER
    assert shop_calls.take_due(now=later) == [call.pk]
    assert shop_calls.take_due(now=later) == []


def test_whoever_waits_for_the_end_is_told_in_words(stub, client_of_stub, monkeypatch) -> None:
    monkeypatch.setattr(shop_calls, "_after", {})
    told: list[tuple[str, str]] = []
    shop_calls.register_after(Kind.ADD_TAGS, lambda call, error: told.append((call.key, error)))
    said = {"userErrors": [{"field": [], "message": "No"}]}
    stub.answer("AddTags", {"tagsAdd": FINE}, {"tagsAdd": said})
    of = order()

    carry_out(ask(of, "a"), client_of_stub)
    carry_out(ask(of, "b"), client_of_stub)

    assert told[0] == ("a", "")
    assert told[1][0] == "b"
    assert told[1][1].endswith("“No”")


def test_a_listener_that_fails_leaves_the_call_to_be_made_again(
    stub, client_of_stub, monkeypatch
) -> None:
    def fails(call: ShopCall, error: str) -> None:
        raise RuntimeError

    monkeypatch.setattr(shop_calls, "_after", {Kind.ADD_TAGS: [fails]})
    stub.answer("AddTags", {"tagsAdd": FINE})

    call = carry_out(ask(order()), client_of_stub)

    assert (call.state, call.error) == (State.WAITING, "fault")


def test_an_old_address_is_not_repeated_over_a_newer_one() -> None:
    of = order()
    old = ask(of, "a", Kind.UPDATE_ADDRESS, address=NEW)
    ShopCall.objects.filter(pk=old.pk).update(state=State.FAILED)
    ask(of, "b", Kind.UPDATE_ADDRESS, address=NEW)

    with pytest.raises(shop_calls.RepeatRefused):
        shop_calls.repeat(call=old, now=NOW)

    assert ShopCall.objects.get(pk=old.pk).state == State.FAILED
