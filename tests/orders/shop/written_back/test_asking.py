"""Withdrawals to be written to Shopify: asked for once, also where the account came later, and before nobody else."""

from datetime import timedelta

import pytest

from audiences.models import ConsentPurpose
from orders import shop_calls
from orders.customers import asking_back
from orders.customers.asking_back import find_unwritten
from orders.models import Shop, ShopCall
from orders.shops import current_shop
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.orders import make_order
from tests.orders.shop.written_back.steps import (
    AGO,
    MINUTE,
    STATE,
    hear,
    heard,
    make_account,
    start,
    stop,
)

pytestmark = pytest.mark.django_db


def test_a_withdrawal_asks_for_each_account_of_the_person_and_once(anna, account) -> None:
    make_account(anna, 7002)
    make_account(anna, 7003, gone_at=NOW)

    stop(anna)
    stop(anna)

    calls = ShopCall.objects.order_by("customer__shopify_id")
    assert list(calls.values_list("customer__shopify_id", flat=True)) == [7001, 7002]
    assert {call.state for call in calls} == {STATE.WAITING}
    assert calls[0].payload == {"state": "withdrawn", "at": AGO.isoformat()}


def test_workers_are_woken_when_the_withdrawal_is_committed(
    anna, account, monkeypatch, django_capture_on_commit_callbacks
) -> None:
    woken: list[bool] = []
    monkeypatch.setattr(shop_calls, "wake_for_due", lambda: woken.append(True))

    with django_capture_on_commit_callbacks(execute=True):
        stop(anna)

    assert woken == [True]
    assert shop_calls.take_due(now=NOW) == [ShopCall.objects.get().pk]


def test_what_came_from_shopify_is_not_told_to_it(anna, account) -> None:
    hear("unsubscribed", AGO)

    anna.refresh_from_db()
    assert anna.marketing_consent == "withdrawn"
    assert not ShopCall.objects.exists()


def test_messages_about_orders_are_no_matter_of_shopifys_consent(anna, account) -> None:
    stop(anna, purpose=ConsentPurpose.ORDER_UPDATES)

    assert not ShopCall.objects.exists()


def test_an_older_word_that_comes_late_is_not_written(anna, account) -> None:
    stop(anna, at=NOW - timedelta(days=30))

    assert not ShopCall.objects.exists()


def test_who_switched_it_off_writes_nothing(anna, account) -> None:
    Shop.objects.filter(pk=current_shop().pk).update(writes_consent_back=False)

    stop(anna)

    assert not ShopCall.objects.exists()
    assert find_unwritten(now=NOW) == 0


def test_a_shop_without_our_app_is_not_written_to(anna, account) -> None:
    Shop.objects.filter(pk=current_shop().pk).update(uninstalled_at=NOW)

    stop(anna)

    assert not ShopCall.objects.exists()


def test_calls_of_one_customer_go_in_the_order_they_were_asked_for(anna, account) -> None:
    stop(anna)
    first = ShopCall.objects.get()
    start(anna, at=AGO + MINUTE)
    second = ShopCall.objects.latest("pk")

    assert shop_calls.take_due(now=NOW) == [first.pk]
    assert shop_calls.claim(call_id=second.pk, now=NOW) is None
    assert shop_calls.claim(call_id=first.pk, now=NOW) is not None
    assert shop_calls.claim(call_id=first.pk, now=NOW) is None
    shop_calls.skip(first, now=NOW, why="overtaken")
    assert shop_calls.claim(call_id=second.pk, now=NOW) is not None


def test_an_account_that_came_after_the_withdrawal_is_found(anna) -> None:
    stop(anna)
    ShopCall.objects.all().delete()
    account = make_account(anna, consents={"whatsapp": heard("subscribed")})

    assert find_unwritten(now=NOW) == 1
    assert find_unwritten(now=NOW) == 0

    assert ShopCall.objects.get().customer == account


def test_a_state_without_a_moment_is_no_later_word(anna) -> None:
    stop(anna)
    ShopCall.objects.all().delete()
    make_account(anna, consents={"whatsapp": heard("subscribed", NOW) | {"is_dated": False}})

    assert find_unwritten(now=NOW) == 1


def test_who_spoke_later_on_shopify_keeps_nobody_from_being_found(anna, monkeypatch) -> None:
    monkeypatch.setattr(asking_back, "_MOST_FOUND", 1)
    bruno = make_contact(phone="+393477654321", marketing_consent_at=NOW - timedelta(days=9))
    stop(anna, at=AGO)
    stop(bruno, at=AGO - MINUTE)
    ShopCall.objects.all().delete()
    make_account(anna, consents={"whatsapp": heard("subscribed", NOW)})
    account = make_account(bruno, 7002, consents={"whatsapp": heard("subscribed")})

    assert find_unwritten(now=NOW) == 1
    assert ShopCall.objects.get().customer == account


@pytest.mark.parametrize(
    ("consent", "source"),
    [
        (heard("subscribed", NOW), "whatsapp"),
        (heard("unsubscribed"), "whatsapp"),
        (heard("subscribed"), "shopify: sms"),
    ],
    ids=["later there", "the same there", "from there"],
)
def test_what_does_not_contradict_is_not_found(anna, consent, source) -> None:
    stop(anna, source=source)
    ShopCall.objects.all().delete()
    make_account(anna, consents={"whatsapp": consent})

    assert find_unwritten(now=NOW) == 0


def test_thousands_of_withdrawals_do_not_keep_an_order_waiting(anna, account) -> None:
    for number in range(3):
        make_account(anna, 8000 + number)
    stop(anna)
    order = make_order(shopify_id=77, product=None)
    tag = shop_calls.ask(
        order=order, key="a", kind=ShopCall.Kind.ADD_TAGS, payload={"tags": ["COD"]}, now=NOW
    )

    ids = shop_calls.take_due(now=NOW + 2 * MINUTE, limit=2)

    assert ids[0] == tag.pk
    assert len(ids) == 2
