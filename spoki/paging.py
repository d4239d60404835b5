"""One pager for every list of Spoki: an envelope with `next`, or a bare array.

`next` is followed only to our own origin, so that the key goes nowhere else. The list moves while
it is read, so `count` means nothing and rows are told apart by id.
"""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

from spoki.exceptions import SpokiProtocolError
from spoki.reading import as_int
from spoki.transport import origin_of

PAGE_CAP = 10_000
Origin = tuple[str, str, int | None]


def read_pages(
    fetch: Callable[[str], object], first_url: str, *, page_cap: int = PAGE_CAP
) -> Iterator[Any]:
    """Yield each row once, in Spoki's order. `fetch` gets an address and returns its JSON.

    An empty page and an address seen before end the list. What would leave rows unread without
    anybody noticing raises instead, half way, so that nobody takes a part for the whole.

    :raises SpokiProtocolError: on another shape, another origin, or more pages than `page_cap`.
    """
    seen_urls: set[str] = set()
    seen_ids: set[object] = set()
    url: str | None = first_url
    while url is not None and url not in seen_urls:
        if len(seen_urls) >= page_cap:
            raise SpokiProtocolError(field="next (more pages than the cap)")
        seen_urls.add(url)
        rows, following = _read_page(fetch(url))
        for row in rows:
            if _is_new(row, seen_ids):
                yield row
        url = _next_url(following, url) if rows else None


def _read_page(payload: object) -> tuple[list[Any], object]:
    if isinstance(payload, list):
        return payload, None
    rows = payload.get("results") if isinstance(payload, dict) else None
    if not isinstance(payload, dict) or not isinstance(rows, list):
        raise SpokiProtocolError(field="results")
    return rows, payload.get("next")


def _is_new(row: object, seen: set[object]) -> bool:
    """Remember the id of `row`; a row without one is let through for its reader to judge."""
    identifier = as_int(row.get("id")) if isinstance(row, dict) else None
    if identifier is None:
        return True
    is_new = identifier not in seen
    seen.add(identifier)
    return is_new


def _is_same_site(one: Origin, other: Origin) -> bool:
    """Behind a proxy that ends TLS, Spoki may write http for itself: the host still is ours."""
    if one == other:
        return True
    return one[1] == other[1] and {one[2], other[2]} <= {80, 443}


def _next_url(following: object, current: str) -> str | None:
    """Return the address of the next page on our own origin, None at the end."""
    if not following:
        return None
    if not isinstance(following, str):
        raise SpokiProtocolError(field="next")
    try:
        target = urljoin(current, following)
        is_ours = _is_same_site(origin_of(target), origin_of(current))
    except ValueError:
        is_ours = False
    if not is_ours:
        raise SpokiProtocolError(field="next (another origin)")
    # Path and query only: whatever else the address held, such as a user name, stays behind.
    here, there = urlsplit(current), urlsplit(target)
    query = f"?{there.query}" if there.query else ""
    return f"{here.scheme}://{here.netloc}{there.path}{query}"
