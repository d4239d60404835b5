"""The pager: what it follows, what ends it, and what it will not pass over in silence."""

import pytest

from spoki import SpokiProtocolError
from spoki.paging import read_pages

BASE = "https://spoki.test"
FIRST = f"{BASE}/api/1/templates/?page_size=2"
SECOND = f"{BASE}/api/1/templates/?page=2&page_size=2"


class Pages:
    """Answers by address, and the addresses that were asked for."""

    def __init__(self, pages):
        self.pages = pages
        self.asked = []

    def __call__(self, url):
        self.asked.append(url)
        return self.pages[url]


def page(*ids, following=None):
    rows = [{"id": id} for id in ids]
    return {"count": 99, "next": following, "previous": None, "results": rows}


def ids(pages, **options):
    return [row["id"] for row in read_pages(pages, FIRST, **options)]


def test_pages_are_read_in_order():
    assert ids(Pages({FIRST: page(1, 2, following=SECOND), SECOND: page(3)})) == [1, 2, 3]


def test_a_bare_array_is_a_list_of_one_page():
    assert ids(Pages({FIRST: [{"id": 1}, {"id": 2}]})) == [1, 2]


def test_a_list_without_rows_is_empty():
    assert ids(Pages({FIRST: page()})) == []
    assert ids(Pages({FIRST: []})) == []


def test_a_row_that_moved_between_pages_comes_once():
    assert ids(Pages({FIRST: page(1, 2, following=SECOND), SECOND: page("2", 3)})) == [1, 2, 3]


def test_rows_without_id_are_left_to_their_reader():
    assert list(read_pages(Pages({FIRST: [{}, {}, "x"]}), FIRST)) == [{}, {}, "x"]


def test_an_empty_page_ends_the_list():
    pages = Pages({FIRST: page(1, following=SECOND), SECOND: page(following=f"{SECOND}&page=3")})

    assert ids(pages) == [1]
    assert pages.asked == [FIRST, SECOND]


def test_a_page_that_points_back_ends_the_list():
    pages = Pages({FIRST: page(1, following=SECOND), SECOND: page(2, following=FIRST)})

    assert ids(pages) == [1, 2]
    assert pages.asked == [FIRST, SECOND]


def test_more_pages_than_the_cap_are_not_passed_over_in_silence():
    pages = Pages({FIRST: page(1, following=SECOND), SECOND: page(2, following=f"{SECOND}3")})
    read: list[int] = []

    with pytest.raises(SpokiProtocolError, match="cap"):
        read.extend(row["id"] for row in read_pages(pages, FIRST, page_cap=2))

    assert len(pages.asked) == 2


@pytest.mark.parametrize(
    "following",
    [
        "/api/1/templates/?page=2&page_size=2",
        "?page=2&page_size=2",
        "https://spoki.test:443/api/1/templates/?page=2&page_size=2",
        "https://SPOKI.test/api/1/templates/?page=2&page_size=2",
        "https://someone@spoki.test/api/1/templates/?page=2&page_size=2",
        "https://spoki.test/api/1/templates/?page=2&page_size=2#here",
    ],
)
def test_the_next_page_on_our_origin_is_asked_for_by_path_and_query(following):
    pages = Pages({FIRST: page(1, following=following), SECOND: page(2)})

    assert ids(pages) == [1, 2]
    assert pages.asked == [FIRST, SECOND]


@pytest.mark.parametrize(
    "following",
    [
        "https://evil.test/api/1/templates/?page=2",
        "//evil.test/api/1/templates/?page=2",
        "https://spoki.test:8443/api/1/templates/?page=2",
        "https://spoki.test.evil.test/",
        "https://spoki.test@evil.test/",
        "ftp://spoki.test/",
        "https://[broken/",
        "https://spoki.test:port/",
        {"page": 2},
        7,
    ],
)
def test_a_next_page_elsewhere_is_never_asked_for_and_ends_in_an_error(following):
    pages = Pages({FIRST: page(1, following=following)})
    read: list[int] = []

    with pytest.raises(SpokiProtocolError, match="next"):
        read.extend(row["id"] for row in read_pages(pages, FIRST))

    assert pages.asked == [FIRST]


def test_a_next_page_that_says_http_is_asked_for_over_our_own_scheme():
    # Behind a proxy that ends TLS, a server may not know that it is reached over https.
    behind_a_proxy = SECOND.replace("https://", "http://")
    pages = Pages({FIRST: page(1, following=behind_a_proxy), SECOND: page(2)})

    read = [row["id"] for row in read_pages(pages, FIRST)]

    assert read == [1, 2]
    assert pages.asked == [FIRST, SECOND]


def test_the_rows_before_a_broken_page_were_already_given():
    pages = Pages({FIRST: page(1, 2, following=SECOND), SECOND: {"detail": "oops"}})
    rows = read_pages(pages, FIRST)

    assert [next(rows)["id"], next(rows)["id"]] == [1, 2]
    with pytest.raises(SpokiProtocolError, match="results"):
        next(rows)


@pytest.mark.parametrize("payload", [None, {}, {"results": None}, {"results": {}}, "text", 7])
def test_a_page_of_another_shape_is_named(payload):
    with pytest.raises(SpokiProtocolError, match="results"):
        ids(Pages({FIRST: payload}))
