"""Our own withdrawal as Shopify tells it back, told apart from what people do there."""

from datetime import timedelta

import pytest

from audiences.models import ConsentRecord
from orders.customers.accounts import take_customer
from orders.models import ShopCall
from orders.shopify.payloads.customer import read_customer
from tests.conftest import NOW
from tests.orders.shop.stub import HANG_UP
from tests.orders.shop.written_back.steps import (
    AGO,
    FINE,
    MINUTE,
    PHONE,
    carry_out,
    hear,
    start,
    stop,
    there,
    write,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "at", [AGO, NOW + timedelta(seconds=2), None], ids=["kept", "dated", "not"]
)
@pytest.mark.parametrize("is_early", [True, False])
def test_our_own_echo_changes_nothing_however_shopify_dates_it(
    anna, account, stub, client_of_stub, at, is_early
) -> None:
    stop(anna)
    stub.answer("CustomerConsent", there())
    # The webhook may be faster than the answer, which may never come.
    stub.answer("WriteConsent", HANG_UP if is_early else FINE)
    carry_out(client_of_stub)

    assert hear("unsubscribed", at) in {"our_own", "stale"}
    assert ConsentRecord.objects.filter(contact=anna, state="withdrawn").count() == 1
    assert not ShopCall.objects.exclude(pk=ShopCall.objects.earliest("pk").pk).exists()


def test_a_later_read_of_the_customer_adds_no_record_either(
    anna, account, stub, client_of_stub
) -> None:
    stop(anna)
    write(stub, client_of_stub)
    consent = {"state": "UNSUBSCRIBED", "updated_at": AGO.isoformat(), "collected_from": "other"}
    body = {"id": 7001, "phone": PHONE, "updated_at": NOW.isoformat(), "whats_app_marketing_consent": consent}  # fmt: skip

    payload = read_customer(body)
    assert payload is not None
    take_customer(payload=payload, now=NOW)

    assert ConsentRecord.objects.filter(contact=anna, state="withdrawn").count() == 1


def test_what_the_shops_people_change_afterwards_is_heard(
    anna, account, stub, client_of_stub
) -> None:
    stop(anna)
    write(stub, client_of_stub)

    assert hear("subscribed", NOW) == "customer"

    anna.refresh_from_db()
    assert (anna.marketing_consent, anna.marketing_consent_at) == ("given", NOW)


def test_a_withdrawal_in_shopifys_own_checkout_is_never_taken_for_our_echo(
    anna, account, stub, client_of_stub
) -> None:
    stop(anna)
    write(stub, client_of_stub)

    assert hear("unsubscribed", NOW + timedelta(seconds=2), collected_from="shopify") == "customer"

    sources = ConsentRecord.objects.filter(contact=anna, state="withdrawn")
    assert sorted(sources.values_list("source", flat=True)) == ["shopify: whatsapp", "whatsapp"]


def test_after_we_subscribed_her_again_a_withdrawal_is_somebody_elses(
    anna, account, stub, client_of_stub
) -> None:
    second = timedelta(seconds=1)
    stub.answer("CustomerConsent", there(), there("UNSUBSCRIBED", at=AGO))
    stub.answer("WriteConsent", FINE)
    stop(anna)
    carry_out(client_of_stub, now=NOW - 60 * second)
    start(anna, at=AGO + MINUTE)
    carry_out(client_of_stub, now=NOW - 40 * second)

    assert hear("unsubscribed", NOW - 10 * second) == "customer"

    anna.refresh_from_db()
    assert (anna.marketing_consent, anna.marketing_consent_at) == (
        "withdrawn", NOW - 10 * second,
    )  # fmt: skip
