"""Mutations on customers: their data, and their consents, each by a mutation of its own."""

from datetime import datetime
from typing import Any

from orders.shopify.simulator.acts.buying import set_consent
from orders.shopify.simulator.acts.telling import Happening
from orders.shopify.simulator.forms import Json, number_of
from orders.shopify.simulator.graph.people import customer_node, phone_node
from orders.shopify.simulator.graph.roots import needs
from orders.shopify.simulator.graph.writing import trouble
from orders.shopify.simulator.shop import Shop
from orders.shopify.simulator.things import Consent, Customer

_FIELDS = {
    "firstName": "first_name",
    "lastName": "last_name",
    "email": "email",
    "phone": "phone",
    "note": "note",
    "locale": "locale",
}
# States that Shopify sets itself (CustomerMarketingConsentState).
_READ_ONLY = frozenset({"NOT_SUBSCRIBED", "REDACTED"})


class PeopleWrites:
    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def resolvers(self) -> Json:
        return {
            "customerUpdate": self._update,
            "customerWhatsAppMarketingConsentUpdate": self._whatsapp,
            "customerSmsMarketingConsentUpdate": self._sms,
            "customerEmailMarketingConsentUpdate": self._email,
        }

    def _customer(self, global_id: str, name: str) -> Customer | None:
        needs(self.shop, "write_customers", name)
        return self.shop.state.customers.get(number_of(global_id, "Customer") or 0)

    def _update(self, _: Any, input: Json) -> Json:
        """Tags are overwritten; consents are not for this mutation."""
        customer = self._customer(str(input.get("id")), "customerUpdate")
        if customer is None:
            return {"customer": None, "userErrors": [trouble("Customer does not exist", "id")]}
        for key, name in _FIELDS.items():
            if key in input:
                setattr(customer, name, input[key] or "")
        if input.get("tags") is not None:
            customer.tags = list(input["tags"])
        Happening(self.shop).customer(customer)
        return {"customer": customer_node(self.shop, customer), "userErrors": []}

    def _whatsapp(self, _: Any, input: Json) -> Json:
        """Belongs to the default phone, so there must be one."""
        customer = self._customer(input["customerId"], "customerWhatsAppMarketingConsentUpdate")
        wrong = _without(customer, customer.phone if customer else "", "phone number")
        if wrong or customer is None:
            return {"customerPhoneNumber": None, "userErrors": [wrong]}
        asked = input["whatsAppMarketingConsent"]
        if asked["state"] in _READ_ONLY:
            words = f"Cannot set the marketing consent state to {asked['state']}"
            wrong = trouble(words, "input", "whatsAppMarketingConsent", "state")
            return {"customerPhoneNumber": None, "userErrors": [{**wrong, "code": "INVALID"}]}
        self._set(
            customer, "whatsapp", asked["state"], asked.get("optInLevel"), asked.get("updatedAt")
        )
        return {"customerPhoneNumber": phone_node(customer), "userErrors": []}

    def _sms(self, _: Any, input: Json) -> Json:
        customer = self._customer(input["customerId"], "customerSmsMarketingConsentUpdate")
        wrong = _without(customer, customer.phone if customer else "", "phone number")
        if wrong or customer is None:
            return {"customer": None, "userErrors": [wrong]}
        self._set_older(customer, "sms", input["smsMarketingConsent"])
        return {"customer": customer_node(self.shop, customer), "userErrors": []}

    def _email(self, _: Any, input: Json) -> Json:
        customer = self._customer(input["customerId"], "customerEmailMarketingConsentUpdate")
        wrong = _without(customer, customer.email if customer else "", "email address")
        if wrong or customer is None:
            return {"customer": None, "userErrors": [wrong]}
        self._set_older(customer, "email", input["emailMarketingConsent"])
        return {"customer": customer_node(self.shop, customer), "userErrors": []}

    def _set_older(self, customer: Customer, channel: str, asked: Json) -> None:
        level, at = asked.get("marketingOptInLevel"), asked.get("consentUpdatedAt")
        self._set(customer, channel, asked["marketingState"], level, at)

    def _set(
        self, customer: Customer, channel: str, state: str, level: str | None, at: str | None
    ) -> None:
        consent = Consent(
            state=state.lower(),
            updated_at=datetime.fromisoformat(at) if at else self.shop.now(),
            opt_in_level=(level or "UNKNOWN").lower(),
            collected_from="OTHER",
        )
        set_consent(self.shop, customer, channel, consent)


def _without(customer: Customer | None, reach: str, what: str) -> Json | None:
    if customer is None:
        return {**trouble("Customer not found", "input", "customerId"), "code": "INVALID"}
    if not reach:
        words = f"A {what} is required to set the marketing consent state"
        return {**trouble(words, "input", "customerId"), "code": "INVALID"}
    return None
