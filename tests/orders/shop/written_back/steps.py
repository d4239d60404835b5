"""What is said, and what Shopify answers, where a withdrawal goes back to it."""

from datetime import timedelta
from typing import Any

from audiences.consent import record_consent, withdraw_consent
from audiences.models import ConsentPurpose, Contact
from orders.carrying_out import carry_out_call
from orders.customers.handlers import HANDLERS
from orders.deliveries import Received
from orders.models import ShopCall, ShopifyCustomer
from orders.shopify.client import ShopifyClient
from tests.conftest import NOW

PHONE = "+393471234567"
FINE: dict[str, Any] = {"customerWhatsAppMarketingConsentUpdate": {"userErrors": []}}
MINUTE = timedelta(minutes=1)
AGO = NOW - 20 * MINUTE
STATE = ShopCall.State
TOPIC = "customers_whats_app_marketing_consent/update"


def heard(state, at=NOW - timedelta(days=9)) -> dict:
    return {"state": state, "at": at.isoformat(), "is_dated": True, "from": "shopify", "phone": ""}


def make_account(contact: Contact, shopify_id: int = 7001, **changes) -> ShopifyCustomer:
    return ShopifyCustomer.objects.create(
        **{"shopify_id": shopify_id, "contact": contact, "phone": contact.phone or ""} | changes
    )


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


def start_again(contact: Contact, stub, client) -> ShopCall:
    """She writes STOP, which we tell Shopify, and START a minute later."""
    stop(contact)
    write(stub, client)
    start(contact, at=AGO + MINUTE)
    stub.answer("CustomerConsent", there("UNSUBSCRIBED", at=AGO))
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
