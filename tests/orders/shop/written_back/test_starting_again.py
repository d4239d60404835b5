"""A consent given again: written only over our own withdrawal."""

from datetime import timedelta

import pytest

from audiences.models import ConsentRecord
from orders.customers.accounts import take_customer
from orders.models import ShopCall
from orders.shopify.payloads.customer import read_customer
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.orders.shop.written_back.steps import (
    AGO,
    FINE,
    MINUTE,
    STATE,
    carry_out,
    hear,
    start,
    start_again,
    stop,
    there,
    write,
)

pytestmark = pytest.mark.django_db


def test_who_starts_again_is_subscribed_again_where_we_had_unsubscribed_her(
    anna, account, stub, client_of_stub
) -> None:
    call = start_again(anna, stub, client_of_stub)

    assert (call.state, call.payload["state"]) == (STATE.DONE, "given")
    assert stub.of("WriteConsent")[-1].variables["input"]["whatsAppMarketingConsent"] == {
        "state": "SUBSCRIBED",
        "updatedAt": f"{AGO + MINUTE:%Y-%m-%dT%H:%M:%SZ}",
        "optInLevel": "SINGLE_OPT_IN",
    }
    assert hear("subscribed", AGO + MINUTE) in {"our_own", "stale"}
    assert ConsentRecord.objects.filter(contact=anna, source__startswith="shopify").count() == 0


def test_a_start_counts_though_shopify_dated_our_withdrawal_by_its_own_clock(
    anna, account, stub, client_of_stub
) -> None:
    stop(anna)
    write(stub, client_of_stub)
    start(anna, at=NOW - MINUTE)
    stub.answer("CustomerConsent", there("UNSUBSCRIBED", at=NOW + timedelta(seconds=1)))

    assert carry_out(client_of_stub).state == STATE.DONE
    assert len(stub.of("WriteConsent")) == 2


@pytest.mark.parametrize(
    ("is_ours", "state"), [(True, STATE.DONE), (False, STATE.SKIPPED)], ids=["ours", "theirs"]
)
def test_where_shopify_does_not_date_the_withdrawal_what_we_wrote_decides(
    anna, account, stub, client_of_stub, is_ours, state
) -> None:
    undated = there("UNSUBSCRIBED")
    undated["customer"]["defaultPhoneNumber"]["whatsAppMarketingConsent"]["updatedAt"] = None
    first = there() if is_ours else undated
    stub.answer("CustomerConsent", first, undated)
    stub.answer("WriteConsent", FINE)
    stop(anna)
    carry_out(client_of_stub)
    start(anna, at=AGO + MINUTE)

    assert carry_out(client_of_stub).state == state


def test_a_withdrawal_that_was_made_on_shopify_is_not_taken_back(
    anna, account, stub, client_of_stub
) -> None:
    stub.answer("CustomerConsent", there("UNSUBSCRIBED", at=AGO - MINUTE))
    stop(anna)
    assert carry_out(client_of_stub).state == STATE.DONE
    start(anna, at=AGO + MINUTE)

    call = carry_out(client_of_stub)

    assert (call.state, call.error) == (STATE.SKIPPED, "not_ended_by_us")
    assert stub.of("WriteConsent") == []


def test_what_we_wrote_of_one_number_is_no_consent_of_the_next(
    anna, account, stub, client_of_stub
) -> None:
    start_again(anna, stub, client_of_stub)
    bruno = make_contact(phone="+393477654321", marketing_consent_at=NOW - timedelta(days=9))
    stop(bruno, at=AGO - MINUTE)

    consent = {
        "state": "SUBSCRIBED",
        "updated_at": (AGO + MINUTE).isoformat(),
        "collected_from": "other",
    }
    body = {
        "id": 7001,
        "phone": bruno.phone,
        "updated_at": NOW.isoformat(),
        "whats_app_marketing_consent": consent,
    }
    payload = read_customer(body)
    assert payload is not None
    take_customer(payload=payload, now=NOW)

    account.refresh_from_db()
    bruno.refresh_from_db()
    assert (account.contact, bruno.marketing_consent) == (bruno, "withdrawn")


def test_who_never_was_unsubscribed_by_us_is_not_subscribed_by_us(anna, account) -> None:
    start(anna, at=AGO)

    assert not ShopCall.objects.exists()


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (there("NOT_SUBSCRIBED"), "not_ended_there"),
        (there("UNSUBSCRIBED", phone="+393477654321"), "other_number"),
    ],
)
def test_a_consent_is_written_only_over_our_withdrawal_and_for_its_number(
    anna, account, stub, client_of_stub, answer, why
) -> None:
    stop(anna)
    write(stub, client_of_stub)
    start(anna, at=AGO + MINUTE)
    stub.answer("CustomerConsent", answer)

    call = carry_out(client_of_stub)

    assert (call.state, call.error, len(stub.of("WriteConsent"))) == (STATE.SKIPPED, why, 1)
