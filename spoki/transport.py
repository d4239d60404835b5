"""One HTTP session with Spoki: the key, the time limits, no redirects, and the reading of answers.

Requests are put together by hand and go to the adapter of a `requests.Session`: there are no
proxies, cookies or redirects to look into. Messages leave by `spoki.courier`, many at once.
"""

import json
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from threading import Event
from typing import Final
from urllib.parse import urlencode, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.hooks import default_hooks
from requests.structures import CaseInsensitiveDict
from requests.utils import default_headers
from urllib3.exceptions import HTTPError

from spoki.answers import Answer, payload_of
from spoki.outcomes import (
    Effect,
    error_of_silence,
    is_worth_repeating,
    read_retry_after,
    retry_pause,
)
from spoki.phones import redact
from spoki.refusals import is_error

KEY_HEADER: Final = "X-Spoki-Api-Key"
_READ_TRIES: Final = 3
_TOO_MANY: Final = 429
# How often one call is made again after a 429; and the waits, in seconds, after those that do not say how
# long, of all calls that share a patience. Spoki's limits are by the minute, but no worker is held for one:
# what is still slowed down after these is the caller's to do later.
_SLOWED_TRIES: Final = 2
_PAUSES_UNSAID: Final = (5.0, 15.0)


class _HidePhones(logging.Filter):
    """Blank the phone numbers in the addresses that urllib3 writes to its debug log."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                redact(value) if isinstance(value, str) else value for value in record.args
            )
        return True


logging.getLogger("urllib3.connectionpool").addFilter(_HidePhones())


def origin_of(url: str) -> tuple[str, str, int | None]:
    """Return (scheme, host, port) of `url`, with the port that the scheme implies."""
    parts = urlsplit(url)
    implied = {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname or "", parts.port or implied


class Patience:
    """How many seconds the calls that share it may wait, in all, where Spoki asks to slow down."""

    def __init__(self, seconds: float = 0.0) -> None:
        self._left = seconds
        self._unsaid = iter(_PAUSES_UNSAID)

    def pause(self, asked: float | None) -> float | None:
        """Return the seconds to wait after a 429 and take them off what is left; None: do not wait.

        `asked` is what Spoki said, None where it said nothing: those waits grow, and soon end.
        """
        seconds = next(self._unsaid, None) if asked is None else asked
        return seconds if seconds is not None and self.allows(seconds) else None

    def allows(self, pause: float) -> bool:
        """Take `pause` off what is left; False where it is longer than that, or nothing is left."""
        if self._left <= 0 or pause > self._left:
            return False
        self._left -= pause
        return True


class Transport:
    """Used by one thread at a time. `timeout` is (connect, read) in seconds.

    :raises ValueError: where the address or the key cannot be used; the text never shows the key.
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        timeout: tuple[float, float],
        session: requests.Session | None = None,
        read_pause: float = 0.25,
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
            raise ValueError("the address of Spoki must look like https://api.spoki.com")
        if not api_key.isascii() or not api_key.isprintable() or api_key != api_key.strip():
            raise ValueError("the key of Spoki holds characters that no key has")
        self.base_url = base_url.rstrip("/").removesuffix("/api/1")
        self.timeout = timeout
        self._session = session or _new_session()
        # None means the same as True to a session; an adapter must be told.
        self._verify = True if self._session.verify is None else self._session.verify
        self._read_pause = read_pause
        self._waiting = Event()
        common = default_headers()
        common["User-Agent"] = "spoki-gateway"
        common["Accept"] = "application/json"
        self._open_headers = common
        self.keyed_headers = common.copy()
        self.keyed_headers[KEY_HEADER] = api_key

    def __repr__(self) -> str:
        return f"<Transport to {self.base_url}>"

    def close(self) -> None:
        self._session.close()

    def url(self, path: str, query: Mapping[str, object] | None = None) -> str:
        """Return the address of `path`, which starts with "/", with `query` encoded."""
        url = f"{self.base_url}{path}"
        if not query:
            return url
        return f"{url}?{urlencode({key: _plain(value) for key, value in query.items()})}"

    def call(
        self,
        operation: str,
        method: str,
        url: str,
        *,
        effect: Effect,
        body: object = None,
        is_keyed: bool = True,
        refuses: Callable[[object], bool] = is_error,
        patience: Patience | None = None,
        tries: int = _READ_TRIES,
        within: float | None = None,
    ) -> object:
        """Make one call and return the JSON of its 2xx answer, None where the body is empty.

        Reads are tried up to `tries` times, everything else once, each no longer than the session's
        limits, nor than `within` seconds to connect and as many to begin answering; where Spoki asks to slow down (429)
        a call with `patience` waits as long as it says, and is made again: a 429 says that nothing was done.
        `refuses` says whether the body of a 2xx is an error all the same.

        :raises SpokiError: of the kind that `spoki.exceptions` describes.
        """
        request = self._request(method, url, body, is_keyed=is_keyed)
        tries = tries if effect is Effect.READ else 1
        timeout = self._timeout(within)
        response, failure = self._persistently(request, tries=tries, timeout=timeout)
        for _ in range(_SLOWED_TRIES):
            if not self._waits(response, patience):
                break
            response, failure = self._persistently(request, tries=tries, timeout=timeout)
        if response is None:
            raise error_of_silence(operation, effect=effect, failure=failure)
        return payload_of(
            Answer(response.status_code, response.headers, response.content),
            operation=operation,
            effect=effect,
            refuses=refuses,
            hidden=self._secrets(body),
        )

    def _timeout(self, within: float | None) -> tuple[float, float]:
        if within is None:
            return self.timeout
        return min(self.timeout[0], within), min(self.timeout[1], within)

    def _persistently(
        self, request: requests.PreparedRequest, *, tries: int, timeout: tuple[float, float]
    ) -> tuple[requests.Response | None, Exception | None]:
        """Return the answer or the failure of the last of `tries`; a broken line is tried again."""
        response, failure = self._exchange(request, timeout)
        for attempt in range(1, tries):
            status = None if response is None else response.status_code
            if not is_worth_repeating(failure, status):
                break
            self._waiting.wait(retry_pause(attempt, self._read_pause))
            response, failure = self._exchange(request, timeout)
        return response, failure

    def _waits(self, response: requests.Response | None, patience: Patience | None) -> bool:
        """Wait as long as a 429 asks for; False where it is none, or asks for too long."""
        if response is None or response.status_code != _TOO_MANY or patience is None:
            return False
        asked = read_retry_after(response.headers.get("Retry-After"), now=datetime.now(UTC))
        pause = patience.pause(asked)
        if pause is None:
            return False
        self._waiting.wait(pause)
        return True

    def _exchange(
        self, request: requests.PreparedRequest, timeout: tuple[float, float]
    ) -> tuple[requests.Response | None, Exception | None]:
        """Return the answer or the failure.

        The failure is returned, not raised through: its text shows the address, where a phone
        number may stand, and an error raised from inside `except` would carry it along.
        """
        try:
            # Straight to the adapter: the session would look into redirects and cookies first.
            response = self._session.get_adapter(self.base_url).send(
                request,
                stream=False,
                timeout=timeout,
                verify=self._verify,
                cert=self._session.cert,
                proxies={},
            )
            _ = response.content
        except (requests.RequestException, HTTPError) as failure:
            return None, failure
        return response, None

    def _secrets(self, body: object) -> tuple[str, ...]:
        """Return the key, and the secret of an automation where `body` has one."""
        secret = body.get("secret") if isinstance(body, dict) else None
        return str(self.keyed_headers[KEY_HEADER]), str(secret or "")

    def _request(
        self, method: str, url: str, body: object, *, is_keyed: bool
    ) -> requests.PreparedRequest:
        headers = CaseInsensitiveDict(self.keyed_headers if is_keyed else self._open_headers)
        request = requests.PreparedRequest()
        request.method = method
        request.url = url
        request.headers = headers
        request.hooks = default_hooks()
        request.body = None
        if body is not None:
            request.body = json.dumps(body, separators=(",", ":")).encode()
            headers["Content-Type"] = "application/json"
        if method != "GET":
            headers["Content-Length"] = str(len(request.body or b""))
        return request


def _new_session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    # One thread uses one session, so one connection is enough; the second covers a slow close.
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=2, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
