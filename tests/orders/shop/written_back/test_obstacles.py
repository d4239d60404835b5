"""What cannot be written to Shopify: the reason in words, and another try where a person can mend it."""

import pytest

from orders import shop_calls
from orders.customers.asking_back import find_unwritten
from orders.models import Shop, ShopCall
from orders.notices import missing_scopes
from orders.shopify.auth import StaticAccess
from orders.shopify.client import ShopifyClient
from orders.shopify_words import sentence
from orders.shops import current_shop
from tests.conftest import NOW
from tests.orders.shop.stub import Reply, errors
from tests.orders.shop.written_back.steps import MINUTE, STATE, carry_out, stop, there, write

pytestmark = pytest.mark.django_db


def test_of_who_is_no_customer_people_see_why_nothing_is_written(anna) -> None:
    stop(anna)

    call = ShopCall.objects.get()
    assert (call.state, call.contact, call.customer, call.error) == (
        STATE.SKIPPED, anna, None, "no_account",
    )  # fmt: skip
    with pytest.raises(shop_calls.RepeatRefused):
        shop_calls.repeat(call=call, now=NOW)


@pytest.mark.parametrize(
    ("answer", "why"),
    [(there(phone=None), "no_default_phone"), ({"customer": None}, "customer_gone")],
)
def test_who_cannot_be_written_to_is_passed_over_with_the_reason(
    anna, account, stub, client_of_stub, answer, why
) -> None:
    stub.answer("CustomerConsent", answer)
    stop(anna)

    call = carry_out(client_of_stub)

    assert (call.state, call.error) == (STATE.SKIPPED, why)
    assert sentence(why) != why


def test_a_customer_deleted_before_it_was_written_is_passed_over(
    anna, account, stub, client_of_stub
) -> None:
    stub.answer("CustomerConsent", there())
    stub.answer("WriteConsent", errors("RESOURCE_NOT_FOUND"))
    stop(anna)

    call = carry_out(client_of_stub)

    assert (call.state, call.error) == (STATE.SKIPPED, "customer_gone")


def test_a_wrong_address_is_not_taken_for_a_deleted_customer(
    anna, account, stub, client_of_stub
) -> None:
    stub.answer("CustomerConsent", Reply({"errors": "Not Found"}, status=404))
    stop(anna)

    call = carry_out(client_of_stub)

    assert (call.state, call.error) == (STATE.FAILED, "no_such_address")


def test_what_a_person_can_mend_is_tried_again_at_her_word(
    anna, account, stub, client_of_stub
) -> None:
    stub.answer("CustomerConsent", there(phone=None))
    stop(anna)
    call = carry_out(client_of_stub)

    shop_calls.repeat(call=call, now=NOW)

    assert write(stub, client_of_stub).state == STATE.DONE
    ShopCall.objects.update(state=STATE.SKIPPED, error="overtaken")
    with pytest.raises(shop_calls.RepeatRefused):
        shop_calls.repeat(call=call, now=NOW)


def test_a_missing_permission_is_one_sentence_and_no_more_tries(
    anna, account, stub, client_of_stub
) -> None:
    stub.answer("CustomerConsent", there())
    stub.answer("WriteConsent", errors("ACCESS_DENIED", message="write_customers"))
    stop(anna)

    call = carry_out(client_of_stub)
    carry_out(client_of_stub, now=NOW + 60 * MINUTE)

    assert (call.state, call.error, call.attempts) == (STATE.FAILED, "no_write_customers", 1)
    assert len(stub.asked) == 2


def test_another_permission_that_lacks_is_not_tried_again_every_hour(
    anna, account, stub, client_of_stub
) -> None:
    Shop.objects.filter(pk=current_shop().pk).update(scopes=["write_customers"])
    stub.answer("CustomerConsent", errors("ACCESS_DENIED", message="protected customer data"))
    stop(anna)

    call = carry_out(client_of_stub)
    find_unwritten(now=NOW + MINUTE)

    call.refresh_from_db()
    assert (call.state, call.error) == (STATE.FAILED, "access_denied")


def test_what_was_passed_over_while_it_was_switched_off_is_written_later(
    anna, account, stub, client_of_stub
) -> None:
    shop = Shop.objects.filter(pk=current_shop().pk)
    stop(anna)
    shop.update(writes_consent_back=False)
    call = carry_out(client_of_stub)
    assert (call.state, call.error) == (STATE.SKIPPED, "turned_off")

    shop.update(writes_consent_back=True)
    find_unwritten(now=NOW)

    assert shop_calls.take_due(now=NOW) == [call.pk]
    assert write(stub, client_of_stub).state == STATE.DONE


def test_what_waited_for_the_permission_is_written_once_it_is_there(
    anna, account, stub, client_of_stub
) -> None:
    Shop.objects.filter(pk=current_shop().pk).update(scopes=["read_customers"])
    stop(anna)
    call = carry_out(client_of_stub)
    assert (call.state, call.error, stub.asked) == (STATE.FAILED, "no_write_customers", [])
    assert "write_customers" in missing_scopes(current_shop())
    find_unwritten(now=NOW)
    call.refresh_from_db()
    assert call.state == STATE.FAILED

    Shop.objects.filter(pk=current_shop().pk).update(scopes=["write_customers"])
    find_unwritten(now=NOW)

    assert shop_calls.take_due(now=NOW) == [call.pk]
    assert write(stub, client_of_stub).state == STATE.DONE


def test_an_older_version_of_the_api_is_said_in_a_sentence(anna, account, stub) -> None:
    old = ShopifyClient(base_url=stub.url, version="2026-04", access=StaticAccess("shpat"))
    stop(anna)

    call = carry_out(old)

    assert (call.state, call.error, stub.asked) == (STATE.FAILED, "version_without_consent", [])
    assert "2026-07" in sentence(call.error)


def test_shopifys_own_words_are_kept_with_a_refusal(anna, account, stub, client_of_stub) -> None:
    said = {"userErrors": [{"field": ["input"], "message": "Phone is invalid", "code": "INVALID"}]}
    stub.answer("CustomerConsent", there())
    stub.answer("WriteConsent", {"customerWhatsAppMarketingConsentUpdate": said})
    stop(anna)

    call = carry_out(client_of_stub)

    assert (call.state, call.error, call.error_detail) == (
        STATE.FAILED, "refused", "Phone is invalid",
    )  # fmt: skip
