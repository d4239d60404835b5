"""One HTTP session with the Admin API: the token, the time limits, the bucket, the reading of answers."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from threading import Event
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from orders.shopify import throttle
from orders.shopify.answers import Answer, error_of, payload_of
from orders.shopify.auth import Access
from orders.shopify.errors import FileGone, ServerFault, Throttled, TokenRefused, Unreachable
from orders.shopify.throttle import Bucket, Patience, read_cost

logger = logging.getLogger(__name__)

TOKEN_HEADER: Final = "X-Shopify-Access-Token"  # noqa: S105 - the name of a header
DEPRECATED_HEADER: Final = "X-Shopify-API-Deprecated-Reason"
VERSION_HEADER: Final = "X-Shopify-API-Version"
_READ_TRIES: Final = 3
_PIECE: Final = 64 * 1024
_GONE = frozenset({400, 403, 404, 410})

Notice = Callable[[str, str], None]


class Transport:
    """Used by one thread at a time. `timeout` is (connect, read) in seconds, `patience` how many seconds
    all calls together may wait for the bucket of points.

    `on_notice` is told once of a version that Shopify warns of: ("deprecated", its reason), or
    ("version", the one that answered instead of the one asked for).

    :raises ValueError: the address cannot be used.
    """

    def __init__(
        self,
        *,
        base_url: str,
        version: str,
        access: Access,
        timeout: tuple[float, float] = (5.0, 30.0),
        patience: float = 30.0,
        on_notice: Notice | None = None,
        read_pause: float = 0.5,
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
            raise ValueError("the address of the shop must look like https://name.myshopify.com")
        self.base_url = base_url.rstrip("/")
        self.version = version
        self._url = f"{self.base_url}/admin/api/{version}/graphql.json"
        self._access = access
        self._timeout = timeout
        self._patience = Patience(patience)
        self._bucket = Bucket()
        self._on_notice = on_notice
        self._told: set[str] = set()
        self._read_pause = read_pause
        self._waiting = Event()
        self._session = _new_session()

    def __repr__(self) -> str:
        return f"<Transport to {self.base_url}>"

    def close(self) -> None:
        self._session.close()

    def ask(
        self, operation: str, query: str, variables: Mapping[str, object], *, is_read: bool = True
    ) -> Mapping[str, Any]:
        """Return `data` of the answer.

        A read is made again up to twice where the line broke or Shopify stumbled; a mutation never is:
        whoever sent it knows whether it may be repeated. A refused token is renewed once, THROTTLED is
        waited for as long as the patience lasts: neither was carried out.

        :raises ShopifyError: of the kind that `orders.shopify.errors` describes.
        """
        pause = self._bucket.pause_before(operation) if is_read else 0.0
        if pause and self._patience.allows(pause):
            self._waiting.wait(pause)
        body = json.dumps({"query": query, "variables": variables}, separators=(",", ":")).encode()
        has_renewed = False
        while True:
            token = self._access.token()
            try:
                return self._persistently(
                    operation, body, token, tries=_READ_TRIES if is_read else 1
                )
            except TokenRefused:
                if has_renewed or self._access.renewed(token) is None:
                    raise
                has_renewed = True
            except Throttled as refusal:
                pause = refusal.retry_after or throttle.PAUSE_UNSAID
                if not self._patience.allows(pause):
                    raise
                self._waiting.wait(pause)

    def lines(self, url: str, *, skip: int = 0) -> Iterator[bytes]:
        """Yield the lines of a bulk operation's file from byte `skip` on, never the whole file at once.

        The token stays here: the address belongs to a store of files and carries its own right.

        :raises FileGone: the address has ended.
        :raises Unreachable: the line broke; whoever counted the bytes may go on from there.
        """
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={skip}-"} if skip else {})
        failed = False
        try:
            with self._session.get(
                url, headers=headers, stream=True, timeout=self._timeout, allow_redirects=True
            ) as answer:
                if answer.status_code == 416:
                    return
                if answer.status_code in _GONE:
                    raise FileGone("file", status=answer.status_code)
                if not answer.ok:
                    raise Unreachable("file", status=answer.status_code)
                left = 0 if answer.status_code == 206 else skip
                yield from _split(answer.iter_content(_PIECE), skip=left)
        except (requests.RequestException, HTTPError):
            failed = True
        if failed:
            raise Unreachable("file")

    def _persistently(
        self, operation: str, body: bytes, token: str, *, tries: int
    ) -> Mapping[str, Any]:
        for attempt in range(1, tries):
            try:
                return self._exchange(operation, body, token, is_read=True)
            except (Unreachable, ServerFault):
                self._waiting.wait(self._read_pause * attempt)
        return self._exchange(operation, body, token, is_read=tries > 1)

    def _exchange(
        self, operation: str, body: bytes, token: str, *, is_read: bool
    ) -> Mapping[str, Any]:
        headers = {TOKEN_HEADER: token, "Content-Type": "application/json"}
        failure: Unreachable | None = None
        try:
            # A redirect would carry the token to wherever it points.
            response = self._session.post(
                self._url, data=body, headers=headers, timeout=self._timeout, allow_redirects=False
            )
        except (requests.RequestException, HTTPError) as broken:
            never_left = isinstance(broken, requests.ConnectTimeout)
            failure = Unreachable(operation, maybe_done=not is_read and not never_left)
        if failure is not None:
            raise failure
        self._notice(response.headers)
        answer = Answer(response.status_code, response.headers, response.content)
        payload = payload_of(answer)
        cost = read_cost(payload) if isinstance(payload, Mapping) else None
        self._bucket.note(operation, cost)
        error = error_of(operation, answer, payload, cost=cost, is_read=is_read)
        if error is not None:
            raise error
        data: Mapping[str, Any] = payload["data"]
        return data

    def _notice(self, headers: Mapping[str, str]) -> None:
        """Tell once of what Shopify says about the version."""
        told = {
            "deprecated": headers.get(DEPRECATED_HEADER, ""),
            "version": headers.get(VERSION_HEADER, ""),
        }
        if told["version"] == self.version:
            told["version"] = ""
        for what, text in told.items():
            if text and what not in self._told:
                self._told.add(what)
                logger.warning("Shopify says of version %s: %s %s", self.version, what, text[:200])
                if self._on_notice is not None:
                    self._on_notice(what, text)


def _split(pieces: Iterator[bytes], *, skip: int) -> Iterator[bytes]:
    """Yield whole lines with their end, the first `skip` bytes left out."""
    rest = b""
    for whole in pieces:
        piece, skip = whole[skip:], max(0, skip - len(whole))
        lines = (rest + piece).split(b"\n")
        rest = lines.pop()
        for line in lines:
            yield line + b"\n"
    if rest:
        yield rest


def _new_session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers["User-Agent"] = "whatsapp-house"
    session.headers["Accept"] = "application/json"
    adapter = HTTPAdapter(pool_connections=2, pool_maxsize=2, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session
