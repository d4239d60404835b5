"""Writing a withdrawal to Shopify: once, with its own moment, and never over a newer word."""

import pytest

from orders.models import ShopCall
from orders.privacy.keeping import erase_accounts
from tests.conftest import NOW
from tests.orders.shop.stub import HANG_UP
from tests.orders.shop.written_back.steps import (
    AGO,
    MINUTE,
    STATE,
    carry_out,
    start,
    stop,
    there,
    write,
)

pytestmark = pytest.mark.django_db


def test_a_withdrawal_is_written_with_its_own_moment(anna, account, stub, client_of_stub) -> None:
    stop(anna)

    call = write(stub, client_of_stub)

    assert (call.state, call.error, call.done_at) == (STATE.DONE, "", NOW)
    assert stub.of("WriteConsent")[0].variables["input"] == {
        "customerId": "gid://shopify/Customer/7001",
        "whatsAppMarketingConsent": {
            "state": "UNSUBSCRIBED",
            "updatedAt": f"{AGO:%Y-%m-%dT%H:%M:%SZ}",
        },
    }
    account.refresh_from_db()
    assert account.consents["whatsapp"]["state"] == "unsubscribed"


@pytest.mark.parametrize("state", ["UNSUBSCRIBED", "REDACTED"])
def test_what_shopify_says_already_is_not_written(
    anna, account, stub, client_of_stub, state
) -> None:
    stub.answer("CustomerConsent", there(state))
    stop(anna)

    assert carry_out(client_of_stub).state == STATE.DONE
    assert stub.operations() == ["CustomerConsent"]


def test_a_lost_answer_is_looked_up_and_not_written_twice(
    anna, account, stub, client_of_stub
) -> None:
    stub.answer("CustomerConsent", there(), there("UNSUBSCRIBED", at=AGO))
    stub.answer("WriteConsent", HANG_UP)
    stop(anna)

    assert carry_out(client_of_stub).state == STATE.WAITING
    assert carry_out(client_of_stub, now=NOW + MINUTE).state == STATE.DONE

    assert len(stub.of("WriteConsent")) == 1


def test_who_started_again_meanwhile_is_not_unsubscribed(
    anna, account, stub, client_of_stub
) -> None:
    stop(anna)
    first = ShopCall.objects.get()
    start(anna, at=AGO + MINUTE)

    call = carry_out(client_of_stub, first)

    assert (call.state, call.error, stub.asked) == (STATE.SKIPPED, "overtaken", [])


def test_a_later_word_on_shopify_stays(anna, account, stub, client_of_stub) -> None:
    stub.answer("CustomerConsent", there("SUBSCRIBED", at=AGO + MINUTE))
    stop(anna)

    call = carry_out(client_of_stub)

    assert (call.state, call.error) == (STATE.SKIPPED, "newer_on_shopify")
    assert stub.operations() == ["CustomerConsent"]


def test_of_who_was_erased_nothing_is_written_down_or_sent(
    anna, account, stub, client_of_stub
) -> None:
    stop(anna)
    erase_accounts([account.pk], now=NOW)

    call = carry_out(client_of_stub)

    account.refresh_from_db()
    assert (call.state, call.error, call.payload) == (STATE.SKIPPED, "customer_gone", {})
    assert (stub.asked, account.consents) == ([], {})


def test_who_is_erased_between_the_look_and_the_write_is_not_written(
    anna, account, stub, client_of_stub, monkeypatch
) -> None:
    look = client_of_stub.whatsapp_consent

    def look_and_erase(customer_id):
        found = look(customer_id)
        erase_accounts([account.pk], now=NOW)
        return found

    monkeypatch.setattr(client_of_stub, "whatsapp_consent", look_and_erase)
    stop(anna)

    call = write(stub, client_of_stub)

    assert (call.state, call.error) == (STATE.SKIPPED, "customer_gone")
    assert stub.operations() == ["CustomerConsent"]
