"""Withdrawals written to Shopify: once, the newest word, never our own echo, and in words where it cannot be."""

from datetime import timedelta
from typing import Any

import pytest

from audiences.consent import record_consent, withdraw_consent
from audiences.models import ConsentPurpose, ConsentRecord, Contact
from orders import shop_calls
from orders.carrying_out import carry_out_call
from orders.customers.accounts import take_customer
from orders.customers.asking_back import find_unwritten
from orders.customers.handlers import HANDLERS
from orders.deliveries import Received
from orders.models import Shop, ShopCall, ShopifyCustomer
from orders.notices import missing_scopes
from orders.privacy.keeping import erase_accounts
from orders.shopify.auth import StaticAccess
from orders.shopify.client import ShopifyClient
from orders.shopify.payloads.customer import read_customer
from orders.shopify_words import sentence
from orders.shops import current_shop
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.orders import make_order
from tests.orders.shop.stub import HANG_UP, errors

pytestmark = pytest.mark.django_db

PHONE = "+393471234567"
FINE: dict[str, Any] = {"customerWhatsAppMarketingConsentUpdate": {"userErrors": []}}
MINUTE = timedelta(minutes=1)
AGO = NOW - 20 * MINUTE
STATE = ShopCall.State
TOPIC = "customers_whats_app_marketing_consent/update"


@pytest.fixture(autouse=True)
def _connected(settings, monkeypatch):
    settings.SHOPIFY_SHOP_DOMAIN = "prova.myshopify.com"
    monkeypatch.setattr("orders.shop_calls.wake", lambda *_: None)
    monkeypatch.setattr("orders.shop_calls.wake_for_due", lambda: None)


def heard(state, at=NOW - timedelta(days=9)) -> dict:
    return {"state": state, "at": at.isoformat(), "is_dated": True, "from": "shopify", "phone": ""}


def make_account(contact: Contact, shopify_id: int = 7001, **changes) -> ShopifyCustomer:
    return ShopifyCustomer.objects.create(
        **{"shopify_id": shopify_id, "contact": contact, "phone": contact.phone or ""} | changes
    )


@pytest.fixture
def anna() -> Contact:
    return make_contact(phone=PHONE, marketing_consent_at=NOW - timedelta(days=9))


@pytest.fixture
def account(anna) -> ShopifyCustomer:
    return make_account(anna, consents={"whatsapp": heard("subscribed")})


def stop(contact: Contact, *, at=AGO, source="whatsapp", **changes) -> None:
    withdraw_consent(contact=contact, source=source, evidence="STOP", at=at, now=NOW, **changes)


def start(contact: Contact, *, at) -> None:
    record_consent(
        contact=contact, purpose=ConsentPurpose.WHATSAPP_MARKETING, state="given", source="whatsapp",
        evidence="START", at=at, now=NOW,
    )  # fmt: skip


def there(state: str | None = "SUBSCRIBED", *, at=NOW - timedelta(days=9), phone=PHONE) -> dict:
    consent = state and {"state": state, "updatedAt": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
    number = phone and {"phoneNumber": phone, "whatsAppMarketingConsent": consent}
    return {"customer": {"id": "gid://shopify/Customer/7001", "defaultPhoneNumber": number}}


def carry_out(client: ShopifyClient, call: ShopCall | None = None, *, now=NOW) -> ShopCall:
    call = call or ShopCall.objects.latest("pk")
    carry_out_call(call_id=call.pk, gateway=lambda: client, clock=lambda: now)
    call.refresh_from_db()
    return call


def write(stub, client) -> ShopCall:
    stub.answer("CustomerConsent", there())
    stub.answer("WriteConsent", FINE)
    return carry_out(client)


def hear(state: str, at, **inside) -> str:
    """What Shopify's webhook says of account 7001 comes to; the word of the delivery."""
    said = {
        "state": state, "opt_in_level": "unknown", "collected_from": "other",
        "updated_at": at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None,
    } | inside  # fmt: skip
    body = {"customer_id": 7001, "phone_number": PHONE, "whats_app_marketing_consent": said}
    received = Received(
        topic=TOPIC, shop_domain="prova.myshopify.com", triggered_at=NOW, received_at=NOW, webhook_id="1"
    )  # fmt: skip
    return HANDLERS[TOPIC](body, received, NOW).word


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


def test_of_who_is_no_customer_people_see_why_nothing_is_written(anna) -> None:
    stop(anna)

    call = ShopCall.objects.get()
    assert (call.state, call.contact, call.customer, call.error) == (
        STATE.SKIPPED, anna, None, "no_account",
    )  # fmt: skip
    with pytest.raises(shop_calls.RepeatRefused):
        shop_calls.repeat(call=call, now=NOW)


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


@pytest.mark.parametrize(
    ("answer", "why"),
    [(there(phone=None), "no_default_phone"), ({"customer": None}, "customer_gone")],
)
def test_who_cannot_be_written_to_is_passed_over_with_the_reason(
    anna,
    account,
    stub,
    client_of_stub,
    answer,
    why,
) -> None:
    stub.answer("CustomerConsent", answer)
    stop(anna)

    call = carry_out(client_of_stub)

    assert (call.state, call.error) == (STATE.SKIPPED, why)
    assert sentence(why) != why


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


@pytest.mark.parametrize(
    "at", [AGO, NOW + timedelta(seconds=2), None], ids=["kept", "dated", "not"]
)
@pytest.mark.parametrize("is_early", [True, False])
def test_our_own_echo_changes_nothing_however_shopify_dates_it(
    anna,
    account,
    stub,
    client_of_stub,
    at,
    is_early,
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
    anna,
    account,
    stub,
    client_of_stub,
) -> None:
    stop(anna)
    write(stub, client_of_stub)

    assert hear("unsubscribed", NOW + timedelta(seconds=2), collected_from="shopify") == "customer"

    sources = ConsentRecord.objects.filter(contact=anna, state="withdrawn")
    assert sorted(sources.values_list("source", flat=True)) == ["shopify: whatsapp", "whatsapp"]


def test_who_starts_again_is_subscribed_again_where_we_had_unsubscribed_her(
    anna,
    account,
    stub,
    client_of_stub,
) -> None:
    stop(anna)
    write(stub, client_of_stub)
    start(anna, at=AGO + MINUTE)
    stub.answer("CustomerConsent", there("UNSUBSCRIBED", at=AGO))

    call = carry_out(client_of_stub)

    assert (call.state, call.payload["state"]) == (STATE.DONE, "given")
    assert stub.of("WriteConsent")[-1].variables["input"]["whatsAppMarketingConsent"] == {
        "state": "SUBSCRIBED",
        "updatedAt": f"{AGO + MINUTE:%Y-%m-%dT%H:%M:%SZ}",
        "optInLevel": "SINGLE_OPT_IN",
    }
    assert hear("subscribed", AGO + MINUTE) in {"our_own", "stale"}
    assert ConsentRecord.objects.filter(contact=anna, source__startswith="shopify").count() == 0


def test_a_start_counts_though_shopify_dated_our_withdrawal_by_its_own_clock(
    anna,
    account,
    stub,
    client_of_stub,
) -> None:
    stop(anna)
    write(stub, client_of_stub)
    start(anna, at=NOW - MINUTE)
    stub.answer("CustomerConsent", there("UNSUBSCRIBED", at=NOW + timedelta(seconds=1)))

    assert carry_out(client_of_stub).state == STATE.DONE
    assert len(stub.of("WriteConsent")) == 2


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
    anna,
    account,
    stub,
    client_of_stub,
    answer,
    why,
) -> None:
    stop(anna)
    write(stub, client_of_stub)
    start(anna, at=AGO + MINUTE)
    stub.answer("CustomerConsent", answer)

    call = carry_out(client_of_stub)

    assert (call.state, call.error, len(stub.of("WriteConsent"))) == (STATE.SKIPPED, why, 1)


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


def test_what_waited_for_the_permission_is_written_once_it_is_there(
    anna,
    account,
    stub,
    client_of_stub,
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


def test_an_account_that_came_after_the_withdrawal_is_found(anna) -> None:
    stop(anna)
    ShopCall.objects.all().delete()
    account = make_account(anna, consents={"whatsapp": heard("subscribed")})

    assert find_unwritten(now=NOW) == 1
    assert find_unwritten(now=NOW) == 0

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


def test_of_who_was_erased_nothing_is_written_down_or_sent(
    anna, account, stub, client_of_stub
) -> None:
    stop(anna)
    erase_accounts([account.pk], now=NOW)

    call = carry_out(client_of_stub)

    account.refresh_from_db()
    assert (call.state, call.error, call.payload) == (STATE.SKIPPED, "customer_gone", {})
    assert (stub.asked, account.consents) == ([], {})
