"""The shop we serve: the row of `SHOPIFY_SHOP_DOMAIN`, and whether Shopify still lets us in."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Q

from orders.models import Shop

# Payment names are offered from the orders of this long (Shopify shows older ones only by a special scope).
SEEN_WITHIN = timedelta(days=60)

_SEEN = """
SELECT btrim(gateway), count(*), max(o.placed_at)
FROM orders_order o CROSS JOIN LATERAL unnest(o.gateway_names) AS gateway
WHERE o.placed_at >= %s AND NOT o.is_test AND btrim(gateway) <> ''
GROUP BY btrim(gateway) ORDER BY count(*) DESC, btrim(gateway)
"""


_at_hand: ContextVar[Shop | None] = ContextVar("shop at hand", default=None)


@dataclass(frozen=True, slots=True)
class SeenGateway:
    """A payment name as it came, and how many orders of the last 60 days had it."""

    name: str
    orders: int
    last_at: datetime


def current_shop() -> Shop:
    """Return the row of `SHOPIFY_SHOP_DOMAIN`, made at first use with the names of `SHOPIFY_COD_GATEWAYS`.

    What was set before the domain was named moves to it. Without a domain it is the row without one.
    """
    return _at_hand.get() or _looked_up()


@contextmanager
def same_shop() -> Iterator[None]:
    """Look at the shop once for the whole block: for work of milliseconds that does not change it."""
    token = _at_hand.set(_looked_up())
    try:
        yield
    finally:
        _at_hand.reset(token)


def is_connected(shop: Shop) -> bool:
    """Tell whether there is a shop to talk to: named, and our app still installed in it."""
    return bool(shop.domain) and shop.uninstalled_at is None


def is_ours(domain: str) -> bool:
    """Tell whether a body speaks of the shop we serve; one that names none does."""
    named = domain.strip().lower()
    return not named or not settings.SHOPIFY_SHOP_DOMAIN or named == settings.SHOPIFY_SHOP_DOMAIN


def mark_uninstalled(shop: Shop, *, at: datetime, now: datetime) -> bool:
    """Note that our app was removed `at`: its token is dead. False if it was noted, or connected again since."""
    changed = Shop.objects.filter(pk=shop.pk, uninstalled_at=None)
    if shop.connected_at is not None:
        changed = changed.exclude(connected_at__gt=at)
    return changed.update(uninstalled_at=at, updated_at=now) == 1


def mark_connected(shop: Shop, *, now: datetime) -> bool:
    """Note that the app is installed again; False if it was never removed."""
    removed = Shop.objects.filter(pk=shop.pk, uninstalled_at__isnull=False)
    return removed.update(uninstalled_at=None, connected_at=now, updated_at=now) == 1


def note_scopes(shop: Shop, *, scopes: Collection[str], at: datetime, now: datetime) -> bool:
    """Keep what Shopify lets us read and write since `at`; False if something newer is known."""
    older = Q(scopes_at=None) | Q(scopes_at__lte=at)
    kept = sorted({scope[:100] for scope in scopes})
    rows = Shop.objects.filter(older, pk=shop.pk)
    return rows.update(scopes=kept, scopes_at=at, updated_at=now) == 1


def seen_gateways(*, now: datetime) -> Sequence[SeenGateway]:
    """Return the payment names of the last 60 days, the most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, [now - SEEN_WITHIN])
        return [SeenGateway(*row) for row in cursor.fetchall()]


def _looked_up() -> Shop:
    domain = settings.SHOPIFY_SHOP_DOMAIN
    found = Shop.objects.filter(domain=domain).first()
    return found or _adopted(domain) or _made(domain)


def _adopted(domain: str) -> Shop | None:
    """The row that waited for a domain, if it is the only one there is."""
    if not domain or Shop.objects.exclude(domain="").exists():
        return None
    Shop.objects.filter(domain="").update(domain=domain)
    return Shop.objects.filter(domain=domain).first()


def _made(domain: str) -> Shop:
    """A fresh row; made twice at once, the first one stays."""
    fresh = Shop(domain=domain, cod_gateways=list(settings.SHOPIFY_COD_GATEWAYS))
    Shop.objects.bulk_create([fresh], ignore_conflicts=True)
    return Shop.objects.get(domain=domain)
