"""Without approval for protected customer data its fields arrive as null ("Work with protected data")."""

from typing import Any

from orders.shopify.simulator.config import Config

# Level 2, as webhooks and as the Admin API call them.
_KEYS = {
    "first_name", "last_name", "name", "phone", "email", "contact_email", "address1", "address2",
    "zip", "city", "company", "phone_number", "email_address",
}  # fmt: skip
_PEOPLE = {"customer", "shipping_address", "billing_address", "default_address", "destination"}
_ALWAYS = {"phone", "email", "contact_email", "phone_number", "email_address"}


def guarded(topic: str, body: Any, config: Config) -> Any:
    """Return the body as this app may see it."""
    if config.protected_data == "given":
        return body
    return _without(body, is_person=topic.startswith("customers/"))


def _without(value: Any, *, is_person: bool) -> Any:
    if isinstance(value, list):
        return [_without(one, is_person=is_person) for one in value]
    if not isinstance(value, dict):
        return value
    hidden = _KEYS if is_person else _ALWAYS
    return {
        key: None if key in hidden else _without(each, is_person=is_person or key in _PEOPLE)
        for key, each in value.items()
    }
