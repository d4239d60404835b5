"""What people are told about the shop wherever they are, and the look that finds it out."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns import reasons
from campaigns.alerts import watch
from orders.customers.asking_back import SCOPE
from orders.models import Order, Shop

LATE = "privacy_request_late"
UNINSTALLED = "shop_uninstalled"
MISSING_SCOPES = "shop_scopes_missing"
WITHOUT_PHONES = "shop_without_phones"
WORDS: Final[Mapping[str, Promise]] = {
    LATE: _(
        "Privacy requests whose 30 days are nearly over: {count}. Open “Privacy requests” and answer them."
    ),
    UNINSTALLED: _(
        "Our app was removed from the shop on Shopify: nothing comes from there and nothing can be written. "
        "Install it again, then press “Connected again” on the page of the shop."
    ),
    MISSING_SCOPES: _(
        "On Shopify the app lacks permissions: {scopes}. Add them to the app, or orders and customers stay incomplete."
    ),
    WITHOUT_PHONES: _(
        "None of the last {count} orders has a phone: Shopify probably hides customers' data from the app. "
        "Ask for access to protected customer data in the app's settings on Shopify."
    ),
}
# What the app cannot do without (Shopify, access scopes).
NEEDED_SCOPES = frozenset(
    {
        "read_customers",
        "read_fulfillments",
        "read_orders",
        "read_products",
        "read_returns",
        "write_orders",
    }
)
# So many orders without a single phone are no chance.
_ENOUGH = 20
_LATELY = timedelta(days=7)


def register_words() -> None:
    """Bring the words of these alerts; called when the application starts."""
    reasons.offer(WORDS)


def missing_scopes(shop: Shop) -> list[str]:
    """Return what Shopify does not let us do, as far as it told; the right to write includes that to read."""
    if not shop.scopes:
        return []
    granted = {*shop.scopes, *(scope.replace("write_", "read_", 1) for scope in shop.scopes)}
    wished = {SCOPE} if shop.writes_consent_back else set()
    return sorted((NEEDED_SCOPES | wished) - granted)


def look_at_shop(shop: Shop, *, now: datetime) -> None:
    """Raise what holds and end what does not any more."""
    missing = missing_scopes(shop)
    without = _orders_without_phone(now=now)
    watch(code=UNINSTALLED, holds=shop.uninstalled_at is not None, figures={}, now=now)
    watch(code=MISSING_SCOPES, holds=bool(missing), figures={"scopes": ", ".join(missing)}, now=now)
    watch(code=WITHOUT_PHONES, holds=without > 0, figures={"count": without}, now=now)


def _orders_without_phone(*, now: datetime) -> int:
    """Return how many of the last days' orders there are if not one has a phone, else 0."""
    lately = Order.objects.filter(
        placed_at__gte=now - _LATELY, is_test=False, needs_shipping=True, erased_at=None
    )
    if lately.exclude(phone="").exists():
        return 0
    count = lately.count()
    return count if count >= _ENOUGH else 0
