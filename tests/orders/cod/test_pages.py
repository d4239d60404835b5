"""The pages of cash on delivery, and what people decide on them."""

import pytest
import time_machine
from django.urls import reverse

from audiences.models import Contact
from config.roles import AGENT, MARKETER
from orders.cod import deciding, silence
from orders.cod.deciding import DecisionRefused, Moved, seen_of
from orders.models import AddressChange, Order, ShopCall
from orders.shop_calls import finish
from tests.factories.people import make_member
from tests.orders.cod.world import (
    CANCEL,
    CHANGE,
    CONFIRM,
    FIVE,
    after,
    asked,
    calls,
    place,
    questions,
    replies_to,
    state,
    steps,
    taps,
    writes,
)
from tests.orders.taking.bodies import address, fulfillment, hear

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("giulia")]
WORK, CALLS = reverse("admin:orders_cod_work"), reverse("admin:orders_cod_calls")
NEW = {
    "address1": "Via Chiaia 8",
    "zip": "80121",
    "city": "Napoli",
    "province_code": "na",
    "country_code": "it",
}


@pytest.fixture
def agent():
    return make_member(AGENT, username="agnese", first_name="Agnese")


@pytest.fixture
def page(client, agent):
    client.force_login(agent)
    return client


def url(name, order):
    return reverse(f"admin:orders_cod_{name}", args=[order.pk])


def typed_change():
    order, question = asked()
    taps(CHANGE, question, at=FIVE)
    writes("Via Chiaia 8, 80121 Napoli (NA)", at=after(minutes=6))
    order.refresh_from_db()
    return order


def apply(order, agent, **changes):
    return deciding.apply_address(
        order_id=order.pk,
        address=NEW | changes,
        by=agent,
        seen=seen_of(order),
        now=after(minutes=9),
    )


def shopify_says(order, kind, *, error=""):
    call = ShopCall.objects.get(order=order, kind=kind, state="waiting")
    finish(call, now=after(minutes=10), error=error)


def test_the_work_shows_old_and_new_address_wishes_and_questions(page):
    order = typed_change()

    text = page.get(WORK).content.decode()

    assert "Via Toledo 12 (interno 3), 80134 Napoli NA" in text
    assert "Via Chiaia 8, 80121 Napoli (NA)" in text
    assert f"tel:{order.phone}" in text
    assert "Nessuno vuole annullare." in text


def test_the_form_is_filled_with_what_could_be_read_and_applying_asks_shopify(page):
    order = typed_change()

    form = page.get(url("address", order)).context["form"]
    assert {name: form.initial[name] for name in ("address1", "zip", "city", "province_code")} == {
        "address1": "Via Chiaia 8", "zip": "80121", "city": "Napoli", "province_code": "NA",
    }  # fmt: skip
    answer = page.post(
        url("address", order), NEW | {"seen": form.initial["seen"], "phone": "+393471234567"}
    )

    assert answer.url == WORK
    assert AddressChange.objects.get().state == "applying"
    kind, payload = calls(order)[-1]
    assert (kind, payload["address"]["address1"]) == ("update_address", "Via Chiaia 8")
    assert state(order) == "change_requested"


def test_once_shopify_has_it_the_order_is_changed_tagged_and_the_customer_told(agent):
    order = typed_change()
    apply(order, agent)

    shopify_says(order, "update_address")

    assert state(order) == "changed"
    assert AddressChange.objects.get().state == "applied"
    assert order.shipping_address["address1"] == "Via Chiaia 8"
    assert calls(order)[-1] == ("add_tags", ["COD-confermato"])
    assert replies_to(order.contact)[-1].startswith("Fatto: l'ordine #1001")


def test_what_shopify_does_not_take_comes_back_with_the_reason(page, agent):
    order = typed_change()
    apply(order, agent)

    shopify_says(order, "update_address", error="shipped")

    change = AddressChange.objects.get()
    assert (change.state, change.reason, state(order)) == ("typed", "shipped", "change_requested")
    assert "già spedito" in page.get(WORK).content.decode()


def test_the_second_agent_who_applies_is_told_and_shopify_is_asked_once(agent):
    order = typed_change()
    seen = seen_of(order)
    apply(order, agent)

    with pytest.raises(Moved):
        deciding.apply_address(
            order_id=order.pk, address=NEW, by=agent, seen=seen, now=after(minutes=9)
        )

    assert [kind for kind, _ in calls(order)].count("update_address") == 1


def test_an_agent_and_the_customer_at_once_the_second_one_looks_again(page):
    order, question = asked()
    form = page.get(url("confirm", order)).context["form"]
    taps(CANCEL, question, at=FIVE)

    answer = page.post(url("confirm", order), form.initial, follow=True)

    assert state(order) == "cancel_requested"
    assert "Nel frattempo è successo qualcosa" in answer.content.decode()


def test_what_the_customer_said_before_the_call_but_arrived_after_goes_to_a_person(agent):
    order, question = asked()
    deciding.confirm_by_phone(
        order_id=order.pk, by=agent, seen=seen_of(order), now=after(minutes=10)
    )

    taps(CANCEL, question, at=FIVE)

    assert (state(order), order.cod_question_at) == ("confirmed", FIVE)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"address1": ""}, "Servono via, CAP e città"),
        ({"zip": "8012"}, "cinque cifre"),
        ({"province_code": "XX"}, "due lettere"),
    ],
)
def test_an_address_the_courier_could_not_find_is_refused(agent, changes, words):
    from django.utils.translation import override

    order = typed_change()

    with override("it"), pytest.raises(DecisionRefused, match=words):
        apply(order, agent, **changes)

    assert AddressChange.objects.get().state == "typed"
    assert order.shop_calls.filter(kind="update_address").count() == 0


def test_what_has_left_cannot_be_changed_nor_cancelled(page, agent):
    order = typed_change()
    hear("fulfillments/create", fulfillment(), now=after(hours=4))
    order.refresh_from_db()

    with pytest.raises(DecisionRefused):
        apply(order, agent)
    with pytest.raises(DecisionRefused):
        deciding.cancel_order(
            order_id=order.pk, by=agent, why="x", seen=seen_of(order), now=after(hours=5)
        )

    assert "è partito" in page.get(url("address", order)).content.decode()
    assert order.shop_calls.filter(kind__in=["update_address", "cancel_order"]).count() == 0


def test_leaving_the_address_as_it_is_confirms_the_order(page):
    order = typed_change()
    form = page.get(url("refuse", order)).context["form"]

    page.post(url("refuse", order), form.initial | {"why": "Il corriere non arriva lì"})

    change = AddressChange.objects.get()
    assert (change.state, change.reason, state(order)) == (
        "refused",
        "Il corriere non arriva lì",
        "confirmed",
    )


def test_cancelling_asks_shopify_once_and_ends_when_shopify_says_so(page, agent):
    order, question = asked()
    taps(CANCEL, question, at=FIVE)
    form = page.get(url("cancel", order)).context["form"]

    page.post(url("cancel", order), form.initial | {"why": "Ha cambiato idea"})
    page.post(url("cancel", order), form.initial | {"why": "Ha cambiato idea"})

    assert state(order) == "cancel_requested"
    assert [kind for kind, _ in calls(order)].count("cancel_order") == 1
    taps(CONFIRM, question, at=after(minutes=7))
    assert (state(order), steps(order)[-1]) == ("cancel_requested", "late")

    shopify_says(order, "cancel_order")
    assert state(order) == "cancelled"


def test_a_cancellation_that_shopify_refuses_is_told(agent):
    order, question = asked()
    taps(CANCEL, question, at=FIVE)
    order.refresh_from_db()
    deciding.cancel_order(
        order_id=order.pk, by=agent, why="x", seen=seen_of(order), now=after(minutes=6)
    )

    shopify_says(order, "cancel_order", error="paid")

    assert state(order) == "cancel_requested"
    assert order.cod_question_at is not None


def test_keeping_a_cancelled_wish_confirms_it(page):
    order, question = asked()
    taps(CANCEL, question, at=FIVE)
    form = page.get(url("keep", order)).context["form"]

    page.post(url("keep", order), form.initial)

    assert state(order) == "confirmed"
    assert calls(order)[-2:] == [("remove_tags", ["COD-annulla"]), ("add_tags", ["COD-confermato"])]


def test_whoever_came_from_the_card_of_the_customer_gets_back_there(page):
    order, question = asked()
    taps(CANCEL, question, at=FIVE)
    card = reverse("customer", args=[order.contact_id])
    asking = page.get(url("keep", order) + "?back=card")
    assert f'href="{card}"' in asking.content.decode()

    answer = page.post(url("keep", order), asking.context["form"].initial)

    assert (answer.status_code, answer["Location"]) == (302, card)
    # Nothing to do any more: said there as well.
    again = page.post(url("keep", order), asking.context["form"].initial)
    assert again["Location"] == card


@pytest.mark.parametrize("back", ["", "https://evil.example", "//evil.example", "cards"])
def test_any_other_way_back_leads_to_the_work_of_the_day(page, back):
    order, question = asked()
    taps(CANCEL, question, at=FIVE)
    form = page.get(url("keep", order), {"back": back}).context["form"]

    assert page.post(url("keep", order), form.initial)["Location"] == WORK


def test_a_question_is_seen_to_once(page):
    order, _question = asked()
    writes("Quando arriva?", at=FIVE)
    assert "Quando arriva?" in page.get(WORK).content.decode()
    form = page.get(url("seen", order)).context["form"]

    page.post(url("seen", order), form.initial)

    order.refresh_from_db()
    assert (order.cod_question_at, steps(order)[-1]) == (None, "question_done")


def test_whoever_stays_silent_is_reminded_once_and_then_called(page, agent):
    order, _question = asked()

    assert silence.follow_up(now=after(hours=3)) == {"reminded": 0, "listed": 0}
    assert silence.follow_up(now=after(hours=4)) == {"reminded": 1, "listed": 0}
    assert silence.follow_up(now=after(hours=5)) == {"reminded": 0, "listed": 0}
    (reminder,) = questions(order, "order.cod_unanswered")
    assert silence.follow_up(now=after(hours=9)) == {
        "reminded": 0,
        "listed": 0,
    }  # it waits for its hour
    type(reminder).objects.filter(pk=reminder.pk).update(status="sent", sending_at=after(hours=6))
    assert silence.follow_up(now=after(hours=9)) == {"reminded": 0, "listed": 0}
    assert silence.follow_up(now=after(hours=10)) == {"reminded": 0, "listed": 1}

    assert state(order) == "unanswered"
    assert calls(order)[-1] == ("add_tags", ["COD-senza-risposta"])
    listed = page.get(CALLS).content.decode()
    assert (order.name in listed, f"tel:{order.phone}" in listed) == (True, True)
    deciding.note_nobody(order_id=order.pk, by=agent, now=after(hours=11))
    assert "Chiamato una volta senza risposta" in page.get(CALLS).content.decode()


def test_the_call_list_is_a_file_in_which_no_name_calculates(page):
    order, _question = asked(shipping_address=address(name="=HYPERLINK(1)"))
    Contact.objects.filter(orders=order).update(first_name="=1+1", last_name="")
    Order.objects.update(cod_status="unanswered")

    answer = page.get(reverse("admin:orders_cod_calls_file"))

    row = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()[1]
    assert row.startswith("2026-11-23 16:00;#1001;'=1+1;'+393471234567;64,90 €;")


def test_an_order_that_could_not_be_asked_is_on_its_own_list(page):
    Contact.objects.update(orders_consent="unknown")
    order = place()

    with time_machine.travel(after(hours=1), tick=False):
        listed = page.get(CALLS, {"why": "unasked"}).content.decode()

    assert order.name in listed
    assert "non ha acconsentito" in listed


def test_without_a_flow_the_pages_say_that_nobody_is_asked(page):
    from campaigns.models import Flow

    assert "Nessun flusso chiede conferma" not in page.get(WORK).content.decode()
    Flow.objects.update(status="disabled")
    assert "Nessun flusso chiede conferma" in page.get(WORK).content.decode()


def test_whoever_may_not_decide_sees_none_of_it(client):
    order, _question = asked()
    client.force_login(make_member(MARKETER))

    assert [client.get(one).status_code for one in (WORK, CALLS, url("confirm", order))] == [
        403
    ] * 3
    assert client.post(url("confirm", order), {"seen": seen_of(order)}).status_code == 403
    assert state(order) == "asked"


def test_looking_at_a_page_changes_nothing(page):
    order, _question = asked()

    for name in ("confirm", "cancel", "keep", "refuse", "nobody", "seen", "address"):
        assert page.get(url(name, order)).status_code == 200

    assert (state(order), steps(order)) == ("asked", ["seen", "asked"])
