"""The shared token of the Admin API: sealed in a row, renewed by one process while the others wait.

Nothing is held open in a transaction meanwhile: the lock is the session's, and who dies gives it back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from time import monotonic

from django.conf import settings

from audiences.alone import alone
from campaigns import sealing
from orders.models import ShopAccess
from orders.shopify.auth import RENEW_BEFORE, Grant, ask_for_token
from orders.shopify.errors import ShopifyError, Unreachable
from orders.shops import current_shop, note_scopes

# First half of the keys of advisory locks; the second is made of the name.
_ACCESS_LOCK = 7_421_101

PURPOSE = "orders.access"
# Longer than the one who renews may take: connect and read limits together.
WAIT_SECONDS = 30.0
_LOOK_EVERY = 0.1


@dataclass(frozen=True, slots=True)
class _Known:
    token: str
    ends_at: datetime


class GrantedAccess:
    """The tokens of an app's client-credentials grant on one shop."""

    def __init__(
        self,
        *,
        base_url: str,
        domain: str,
        client_id: str,
        client_secret: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._base_url = base_url
        self._domain = domain
        self._client_id = client_id
        self._client_secret = client_secret
        self._clock = clock
        self._known: _Known | None = None

    def __repr__(self) -> str:
        return f"<GrantedAccess to {self._domain}>"

    def token(self) -> str:
        """Return the token in force; a new one shortly before it ends.

        :raises ShopifyError: there is none and none can be had.
        """
        now = self._clock()
        known = self._known or self._stored()
        if known is not None and known.ends_at - RENEW_BEFORE > now:
            self._known = known
            return known.token
        try:
            return self._fresh(refused=known.token if known else "")
        except ShopifyError:
            # What still holds for some minutes is better than nothing.
            if known is not None and known.ends_at > now:
                return known.token
            raise

    def renewed(self, refused: str) -> str | None:
        """Return another token than the one that Shopify refused."""
        self._known = None
        return self._fresh(refused=refused)

    def _fresh(self, *, refused: str) -> str:
        """Take what another process has fetched meanwhile, or fetch a token while the others wait."""
        gives_up = monotonic() + WAIT_SECONDS
        while monotonic() < gives_up:
            with alone(_ACCESS_LOCK, self._domain) as is_mine:
                known = self._stored()
                is_news = known is not None and known.token != refused
                if known is not None and is_news and known.ends_at > self._clock():
                    self._known = known
                    return known.token
                if is_mine:
                    return self._fetch()
            Event().wait(_LOOK_EVERY)
        raise Unreachable("token")

    def _fetch(self) -> str:
        now = self._clock()
        grant = ask_for_token(
            base_url=self._base_url,
            client_id=self._client_id,
            client_secret=self._client_secret,
            now=now,
        )
        _keep(grant, domain=self._domain, client_id=self._client_id, now=now)
        self._known = _Known(grant.token, grant.ends_at)
        return grant.token

    def _stored(self) -> _Known | None:
        row = ShopAccess.objects.filter(domain=self._domain, client_id=self._client_id).first()
        if row is None:
            return None
        try:
            token = sealing.unseal(row.sealed_token, keys=_keys(), purpose=PURPOSE)
        except sealing.Unreadable:
            # SECRET_KEY was changed: a new token costs nothing.
            return None
        return _Known(token, row.ends_at)


def forget(domain: str) -> None:
    """Forget the token: the app was removed from the shop, or its data is to be erased."""
    ShopAccess.objects.filter(domain=domain).delete()


def _keep(grant: Grant, *, domain: str, client_id: str, now: datetime) -> None:
    values = {
        "client_id": client_id,
        "sealed_token": sealing.seal(grant.token, key=settings.SECRET_KEY, purpose=PURPOSE),
        "scopes": list(grant.scopes),
        "ends_at": grant.ends_at,
        "got_at": now,
    }
    ShopAccess.objects.update_or_create(domain=domain, defaults=values)
    shop = current_shop()
    if grant.scopes and shop.domain == domain:
        note_scopes(shop, scopes=grant.scopes, at=now, now=now)


def _keys() -> Sequence[str]:
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
