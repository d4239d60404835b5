"""Tokens of the Admin API: one that stays, or one of the client-credentials grant that ends after a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import requests

from orders.shopify.errors import (
    AnswerUnreadable,
    ServerFault,
    ShopifyError,
    TokenRefused,
    Unreachable,
)

GRANT_PATH = "/admin/oauth/access_token"
# Shopify says 24 h; an answer without a length is not trusted for longer than that.
USUAL_LIFE = timedelta(hours=24)
# A token with less than this before it is renewed ahead of its end.
RENEW_BEFORE = timedelta(minutes=10)


class Access(Protocol):
    """Where the client's token comes from."""

    def token(self) -> str:
        """Return the token in force; may fetch one.

        :raises ShopifyError: there is none to be had.
        """

    def renewed(self, refused: str) -> str | None:
        """Return another token than `refused`, None where there can be no other."""


@dataclass(frozen=True, slots=True)
class StaticAccess:
    """A token made by hand in Shopify's admin."""

    secret: str

    def __repr__(self) -> str:
        return "<StaticAccess>"

    def token(self) -> str:
        return self.secret

    def renewed(self, refused: str) -> str | None:
        return None


@dataclass(frozen=True, slots=True)
class Grant:
    """A token, when it ends, and what it allows (scopes; empty when Shopify did not say)."""

    token: str
    ends_at: datetime
    scopes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<Grant until {self.ends_at:%Y-%m-%d %H:%M}>"


def ask_for_token(
    *,
    base_url: str,
    client_id: str,
    client_secret: str,
    now: datetime,
    timeout: tuple[float, float] = (5.0, 15.0),
) -> Grant:
    """Ask for a token by the client-credentials grant (Shopify: “Using the client credentials grant”).

    :raises TokenRefused: Shopify does not know the app, or it is not installed on the shop.
    :raises ShopifyError: no answer, or none that can be read.
    """
    fields = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": client_secret,
    }
    status, payload = _post(f"{base_url}{GRANT_PATH}", fields, timeout)
    if status >= 500:
        raise ServerFault("token", status=status)
    if not 200 <= status < 300:
        raise TokenRefused("token", status=status)
    return _grant(payload, now=now)


def _post(url: str, fields: dict[str, str], timeout: tuple[float, float]) -> tuple[int, Any]:
    failure: ShopifyError | None = None
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.post(
                url,
                data=fields,
                headers={"Accept": "application/json"},
                timeout=timeout,
                allow_redirects=False,
            )
            return answer.status_code, _json(answer)
        except requests.RequestException:
            # Raised outside: the original's text shows the request, and with it the secret.
            failure = Unreachable("token")
    raise failure


def _json(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _grant(payload: Any, *, now: datetime) -> Grant:
    token = payload.get("access_token") if isinstance(payload, dict) else None
    if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
        raise AnswerUnreadable("token")
    seconds = payload.get("expires_in")
    is_said = isinstance(seconds, int) and not isinstance(seconds, bool) and seconds > 0
    life = timedelta(seconds=min(seconds, 10**8)) if is_said else USUAL_LIFE
    scopes = str(payload.get("scope") or "").replace(" ", ",").split(",")
    return Grant(token, now + life, tuple(sorted({scope for scope in scopes if scope})))
