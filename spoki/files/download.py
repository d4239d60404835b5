"""One file over HTTP: straight to the address that was checked, in pieces, never more than allowed, never for ever."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Final
from urllib.parse import urljoin

import certifi
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.exceptions import HTTPError, IncompleteRead, ProtocolError, ReadTimeoutError

from spoki.files.addresses import AddressRefused, Resolver, Rules, Target, target_of

REDIRECTS: Final = 3
# So many first bytes are handed on: what a file is can be told by fewer.
HEAD_BYTES: Final = 64
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_GONE: Final = frozenset({404, 410})
_CLOSED: Final = frozenset({401, 403})
_PIECE: Final = 64 * 1024
_CONNECT_SECONDS, _READ_SECONDS = 5.0, 15.0
_HEADERS: Final = {"User-Agent": "zampa-media", "Accept": "*/*", "Accept-Encoding": "identity"}


class DownloadFailed(Exception):
    """The file did not come; `reason` says why in one word, `is_final` if asking again would not help."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_final = is_final


@dataclass(frozen=True, slots=True)
class Limits:
    """`most` in bytes; `seconds` for the whole file, redirects included."""

    most: int
    seconds: float = 45.0


@dataclass(frozen=True, slots=True)
class Fetched:
    size: int
    head: bytes


def download(
    url: str,
    into: IO[bytes],
    *,
    rules: Rules,
    limits: Limits,
    resolve: Resolver | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Fetched:
    """Write the file at `url` into `into`; memory stays small however long it is.

    :raises AddressRefused: the address, or one that it redirects to, is not one we fetch from.
    :raises DownloadFailed: it did not come whole, or is more than allowed.
    """
    ends = clock() + limits.seconds
    for _ in range(REDIRECTS + 1):
        target = target_of(url, rules, resolve=resolve)
        with _asked(target) as response:
            if response.status not in _MOVED:
                return _take(response, into, limits, is_late=lambda: clock() >= ends)
            # Each step is checked like the first: a listed host may lead anywhere.
            url = urljoin(url, response.headers.get("Location", ""))
    raise AddressRefused("too_many_redirects")


@contextmanager
def _asked(target: Target) -> Iterator[BaseHTTPResponse]:
    """Ask the checked address by its number, so that no second look-up of the name can lead elsewhere."""
    pool = _pool(target)
    try:
        response = pool.request(
            "GET",
            target.path,
            headers={**_HEADERS, "Host": _host_header(target)},
            preload_content=False,
            redirect=False,
            retries=False,
        )
        try:
            yield response
        finally:
            response.close()
    except ReadTimeoutError:
        raise DownloadFailed("too_slow") from None
    except (IncompleteRead, ProtocolError):
        raise DownloadFailed("cut_short") from None
    except HTTPError:
        # Its text shows the address, which is a key to the file.
        raise DownloadFailed("unreachable") from None
    finally:
        pool.close()


def _pool(target: Target) -> HTTPConnectionPool:
    ip = f"[{target.ip}]" if ":" in target.ip else target.ip
    timeout = Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS)
    if target.scheme == "http":
        return HTTPConnectionPool(ip, target.port, timeout=timeout, maxsize=1)
    return HTTPSConnectionPool(
        ip,
        target.port,
        timeout=timeout,
        maxsize=1,
        cert_reqs="CERT_REQUIRED",
        ca_certs=certifi.where(),
        # The certificate must be that of the name, whatever number we dial.
        server_hostname=target.host,
        assert_hostname=target.host,
    )


def _host_header(target: Target) -> str:
    host = f"[{target.host}]" if ":" in target.host else target.host
    implied = {"https": 443, "http": 80}[target.scheme]
    return host if target.port == implied else f"{host}:{target.port}"


def _take(
    response: BaseHTTPResponse, into: IO[bytes], limits: Limits, *, is_late: Callable[[], bool]
) -> Fetched:
    _check_status(response.status)
    told = response.headers.get("Content-Length", "")
    if told.isdigit() and int(told) > limits.most:
        raise DownloadFailed("too_big", is_final=True)
    size, head = 0, b""
    # One read of the line at a time: who drips a byte every ten seconds must not hold a worker for a day.
    while piece := response.read1(_PIECE, decode_content=False):
        size += len(piece)
        if size > limits.most:
            raise DownloadFailed("too_big", is_final=True)
        if is_late():
            raise DownloadFailed("too_slow")
        head = head if len(head) >= HEAD_BYTES else (head + piece)[:HEAD_BYTES]
        into.write(piece)
    if not size:
        raise DownloadFailed("empty", is_final=True)
    if told.isdigit() and size < int(told):
        raise DownloadFailed("cut_short")
    return Fetched(size, head)


def _check_status(status: int) -> None:
    if status in _GONE:
        raise DownloadFailed("gone", is_final=True)
    if status in _CLOSED:
        raise DownloadFailed("not_allowed", is_final=True)
    if status != 200:
        raise DownloadFailed("unreachable")
