"""One order and everything that may be told of it."""

from datetime import timedelta

import pytest

from audiences.models import Contact
from orders import reactions
from orders.models import Order, OrderToRead, Product
from orders.phones import UNREADABLE
from orders.shopify.payloads import Unreadable, read_order
from orders.shops import current_shop
from orders.taking import take_order
from tests.conftest import NOW
from tests.orders.taking import bodies
from tests.orders.taking.bodies import at, hear, money

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(monkeypatch):
    """What listeners were told of orders: (is_new, changes), one after the other."""
    seen = []
    real = reactions.order_taken

    def listen(taken, *, now):
        seen.append((taken.is_new, taken.changes))
        real(taken, now=now)

    monkeypatch.setattr(reactions, "order_taken", listen)
    return seen


def the_order():
    return Order.objects.get(shopify_id=bodies.ORDER)


def test_an_order_is_kept_with_its_person_its_lines_and_what_is_due():
    outcome = hear("orders/create", bodies.order(note="Suonare"))

    order = the_order()
    assert (outcome.word, outcome.is_used) == ("order", True)
    assert (order.name, order.phone, order.phone_source) == (
        "#1001",
        bodies.PHONE,
        "shipping_address",
    )
    assert (order.total_cents, order.amount_due_cents, order.due_currency) == (6490, 6490, "EUR")
    assert (order.is_cod, order.cod_rule, order.gateway_names) == (True, "keyword", [bodies.COD])
    assert (order.language, order.source_name, order.is_imported) == ("it", "web", False)
    assert order.shipping_address["zip"] == "80134"
    assert order.contact == Contact.objects.get(phone=bodies.PHONE)
    assert order.customer is not None
    assert order.customer.shopify_id == 7_009_876_543_210
    line = order.lines.get()
    assert (line.title, line.quantity, line.price_cents, line.product) == (
        "Crocchette agnello 2 kg",
        1,
        5990,
        None,
    )


def test_the_same_body_again_changes_nothing_and_tells_nobody(told):
    hear("orders/create", bodies.order())
    before = the_order()

    outcome = hear("orders/create", bodies.order(), now=NOW + timedelta(hours=1))

    assert (outcome.word, outcome.is_used) == ("stale", False)
    assert len(told) == 1
    assert the_order().updated_at == before.updated_at


def test_an_older_body_never_overwrites_a_newer_one(told):
    hear("orders/updated", bodies.order(total="79.90", updated_at=at(minutes=5)))

    outcome = hear("orders/updated", bodies.order(total="64.90", updated_at=at(minutes=4)))

    assert outcome.word == "stale"
    assert the_order().total_cents == 7990
    assert len(told) == 1


def test_the_create_that_comes_after_an_update_of_its_own_second_changes_nothing():
    hear("orders/updated", bodies.order(tags="urgente"), triggered_at=NOW)

    outcome = hear("orders/create", bodies.order(tags=""), triggered_at=NOW + timedelta(seconds=9))

    assert outcome.word == "stale"
    assert the_order().tags == ["urgente"]


def test_of_two_updates_of_one_second_the_one_triggered_later_counts():
    first = bodies.order(note="primo")
    second = bodies.order(note="secondo")

    hear("orders/updated", second, triggered_at=NOW + timedelta(milliseconds=300))
    hear("orders/updated", first, triggered_at=NOW)

    assert the_order().note == "secondo"


def test_where_nothing_says_which_of_two_bodies_is_newer_shopify_is_asked():
    hear("orders/updated", bodies.order(note="primo"))
    hear("orders/updated", bodies.order(note="secondo"))

    assert OrderToRead.objects.get().why == "contradicted"


def test_what_is_asked_of_shopify_counts_over_webhooks_of_the_same_second():
    hear("orders/updated", bodies.order(note="primo"))

    take_order(payload=read_order(bodies.order(note="letto")), now=NOW)

    assert the_order().note == "letto"


def test_our_own_tag_that_comes_back_changes_the_tags_alone(told):
    hear("orders/create", bodies.order())

    hear("orders/updated", bodies.order(tags="COD", updated_at=at(minutes=1)))

    assert told[1:] == [(False, {"tags"})]


def test_an_update_in_which_nothing_changed_tells_nobody(told):
    hear("orders/create", bodies.order())

    outcome = hear("orders/updated", bodies.order(updated_at=at(minutes=1)))

    assert outcome.word == "stale"
    assert len(told) == 1


def test_an_amount_that_changed_is_told_with_its_lines(told):
    hear("orders/create", bodies.order())

    edited = bodies.order(
        total="79.90",
        updated_at=at(minutes=20),
        line_items=[bodies.line(), bodies.line(id=2, title="Umido", price="15.00")],
    )
    hear("orders/updated", edited)

    assert told[1:] == [(False, {"total_cents", "amount_due_cents", "lines"})]
    assert [line.price_cents for line in the_order().lines.order_by("price_cents")] == [1500, 5990]


def test_what_a_trimmed_body_leaves_out_stays_as_it_is_known():
    hear("orders/create", bodies.order(tags="vip"))

    hear("orders/updated", {"id": bodies.ORDER, "updated_at": at(minutes=9), "note": "Al piano 3"})

    order = the_order()
    assert (order.note, order.tags, order.phone, order.total_cents) == (
        "Al piano 3",
        ["vip"],
        bodies.PHONE,
        6490,
    )
    assert order.lines.count() == 1


def test_what_a_newer_trimmed_body_left_out_comes_from_an_older_one():
    hear("orders/updated", {"id": bodies.ORDER, "updated_at": at(minutes=9), "note": "Al piano 3"})

    hear("orders/create", bodies.order(tags="vip", note="vecchia"))

    order = the_order()
    assert (order.note, order.tags, order.total_cents) == ("Al piano 3", ["vip"], 6490)
    assert (order.is_cod, order.lines.count()) == (True, 1)


def test_the_decision_is_frozen_although_the_order_is_paid_later():
    hear("orders/create", bodies.order())

    paid = bodies.order(
        updated_at=at(days=3),
        financial_status="paid",
        total_outstanding="0.00",
        payment_gateway_names=[bodies.COD, "manual"],
    )
    hear("orders/paid", paid)

    order = the_order()
    assert (order.is_cod, order.gateway_names, order.amount_due_cents) == (True, [bodies.COD], 0)
    assert order.paid_at == NOW + timedelta(days=3)


def test_the_first_body_of_an_order_decides_although_it_comes_last():
    cancelled = bodies.order(
        updated_at=at(minutes=30), cancelled_at=at(minutes=30), cancel_reason="customer"
    )
    hear("orders/cancelled", cancelled)
    assert the_order().is_cod is False

    hear("orders/create", bodies.order())

    order = the_order()
    assert (order.is_cod, order.cancel_reason) == (True, "customer")
    assert order.cod_status in {"cancelled", "not_eligible", "to_ask"}


def test_once_somebody_was_asked_an_older_body_does_not_take_the_decision_back():
    hear("orders/updated", bodies.order(updated_at=at(minutes=1)))
    Order.objects.update(cod_status="asked", asked_at=NOW)

    hear("orders/create", bodies.order(payment_gateway_names=["shopify_payments"]))

    order = the_order()
    assert (order.is_cod, order.cod_status, order.gateway_names) == (True, "asked", [bodies.COD])


def test_an_imported_order_is_never_asked_and_tells_nobody(told):
    taken = take_order(payload=read_order(bodies.order()), now=NOW, is_import=True)

    assert (taken.is_new, told) == (True, [])
    order = the_order()
    assert (order.is_imported, order.is_cod) == (True, True)
    assert (order.cod_status, order.cod_reason) == ("not_eligible", "imported")


def test_an_import_of_a_known_order_leaves_it_an_order_of_its_webhook():
    hear("orders/create", bodies.order())

    newer = bodies.order(note="nuova", updated_at=at(minutes=5))
    take_order(payload=read_order(newer), now=NOW, is_import=True)

    order = the_order()
    assert (order.is_imported, order.note) == (False, "nuova")
    assert order.cod_reason != "imported"


@pytest.mark.parametrize("nobody", [None, {}])
def test_an_order_of_nobody_is_kept(nobody):
    body = bodies.order(
        customer=nobody, shipping_address=None, billing_address=[], email="", contact_email=None
    )

    hear("orders/create", body)

    order = the_order()
    assert (order.contact, order.phone, order.phone_source, order.email) == (None, "", "", "")
    assert order.shipping_address == {}


def test_a_phone_that_cannot_be_read_is_told_from_none():
    body = bodies.order(
        customer=None, shipping_address=bodies.address(phone="555-555-SHIP"), billing_address=None
    )

    hear("orders/create", body)

    assert (the_order().phone, the_order().phone_source) == ("", UNREADABLE)


def test_a_body_without_a_person_takes_nobody_away():
    hear("orders/create", bodies.order())
    person = the_order().contact

    redacted = bodies.order(
        updated_at=at(days=1), customer=None, shipping_address=None, billing_address=None
    )
    hear("orders/updated", redacted)

    assert the_order().contact == person
    assert the_order().shipping_address == {}


def test_what_is_due_is_kept_in_the_currency_of_the_buyer():
    body = bodies.order(
        presentment_currency="CHF",
        current_total_price_set=money("64.90", "EUR", "61.20", "CHF"),
        total_price_set=money("64.90", "EUR", "61.20", "CHF"),
    )

    hear("orders/create", body)

    order = the_order()
    assert (order.total_cents, order.currency) == (6490, "EUR")
    assert (order.amount_due_cents, order.due_currency) == (6120, "CHF")


def test_ids_beyond_what_javascript_can_count_are_kept_whole():
    body = bodies.order(id=820982911946154500)
    body["admin_graphql_api_id"] = "gid://shopify/Order/820982911946154508"

    hear("orders/create", body)

    assert Order.objects.get().shopify_id == 820982911946154508


def test_a_line_is_of_the_product_as_it_was_when_it_was_bought():
    hear("products/create", bodies.product())
    hear("orders/create", bodies.order())
    hear("products/update", bodies.product(tags="fuori catalogo", updated_at=at(days=1)))

    hear("orders/updated", bodies.order(note="x", updated_at=at(days=1)))

    line = the_order().lines.get()
    assert (line.product_type, line.tags) == ("Secco cane", ["secco", "cane"])


def test_a_line_that_came_before_its_product_joins_it():
    hear("orders/create", bodies.order())

    hear("products/update", bodies.product())

    line = the_order().lines.get()
    assert line.product == Product.objects.get(shopify_id=bodies.PRODUCT)
    assert (line.product_type, line.tags) == ("Secco cane", ["secco", "cane"])


def test_a_deleted_order_counts_as_cancelled_and_stays_so():
    hear("orders/create", bodies.order())

    hear("orders/delete", {"id": bodies.ORDER}, triggered_at=NOW)
    hear("orders/updated", bodies.order(note="tardi", updated_at=at(minutes=30)))

    order = the_order()
    assert (order.cancel_reason, order.cancelled_at) == ("deleted", NOW)
    assert order.note == "tardi"


def test_a_body_without_an_id_is_unreadable_and_leaves_nothing():
    with pytest.raises(Unreadable):
        hear("orders/create", {"name": "#1"})

    assert Order.objects.count() == 0


def test_an_edit_is_read_again_since_it_has_no_prices():
    hear("orders/create", bodies.order())

    outcome = hear("orders/edited", edit(minutes=10), now=NOW + timedelta(minutes=10))

    wish = OrderToRead.objects.get()
    assert (outcome.word, wish.shopify_id, wish.why) == ("to_read", bodies.ORDER, "edited")
    assert wish.asked_at == NOW + timedelta(minutes=10)


def test_the_whole_order_after_the_edit_fulfils_the_wish():
    hear("orders/create", bodies.order())
    hear("orders/edited", edit(minutes=10))

    hear("orders/updated", bodies.order(note="x", updated_at=at(minutes=9)))
    assert OrderToRead.objects.count() == 1

    hear("orders/updated", bodies.order(total="79.90", updated_at=at(minutes=11)))
    assert OrderToRead.objects.count() == 0


def test_an_edit_that_comes_after_what_it_changed_asks_for_nothing():
    hear("orders/updated", bodies.order(updated_at=at(minutes=11)))

    outcome = hear("orders/edited", edit(minutes=10))

    assert (outcome.word, OrderToRead.objects.count()) == ("stale", 0)


@pytest.mark.parametrize(
    ("kind", "status", "wishes"),
    [
        ("sale", "success", 1),
        ("capture", "success", 1),
        ("sale", "failure", 0),
        ("void", "success", 0),
    ],
)
def test_money_that_came_in_has_an_unpaid_order_read_again(kind, status, wishes):
    hear("orders/create", bodies.order())

    body = {
        "id": 9,
        "order_id": bodies.ORDER,
        "kind": kind,
        "status": status,
        "created_at": at(days=2),
    }
    hear("order_transactions/create", body)

    assert OrderToRead.objects.count() == wishes


def test_a_tag_of_refused_parcels_is_found_in_any_case_and_dated_by_its_first_body():
    shop = current_shop()
    shop.refused_tags = ["Reso"]
    shop.save()
    hear("orders/create", bodies.order())
    hear("fulfillments/create", bodies.fulfillment())

    hear("orders/updated", bodies.order(tags="COD,  RESO", updated_at=at(days=6)))
    hear("orders/updated", bodies.order(tags="COD, RESO, x", updated_at=at(days=7)))

    order = the_order()
    assert (order.outcome, order.outcome_source) == ("refused", 1)
    assert order.outcome_at == NOW + timedelta(days=6)
    assert order.delivery_state == "refused"


def edit(**delta):
    return {
        "order_edit": {
            "id": 78912328793123780,
            "app_id": None,
            "committed_at": at(**delta),
            "created_at": at(**delta),
            "order_id": bodies.ORDER,
            "line_items": {"additions": [{"delta": 1, "id": 7}], "removals": []},
            "notify_customer": False,
            "staff_note": "",
        }
    }
