"""The client over real HTTP: tokens, the bucket of points, errors inside a 200, lost answers, files."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from orders.shopify.auth import StaticAccess
from orders.shopify.client import ShopifyClient
from orders.shopify.errors import (
    AccessDenied,
    FileGone,
    Misspelt,
    NotFound,
    Refused,
    ServerFault,
    ShopClosed,
    Throttled,
    TokenRefused,
    Unreachable,
)
from orders.shopify.types import BulkStatus
from tests.orders.shop.stub import HANG_UP, Reply, Stub, bucket, connection, errors

TAGGED = {"tagsAdd": {"node": {"id": "gid://shopify/Order/1"}, "userErrors": []}}
STATE = {"order": {"id": "gid://shopify/Order/1", "note": "ciao", "tags": ["COD"]}}


class Renewing:
    """Tokens by number, as a grant gives them."""

    def __init__(self) -> None:
        self.number = 1

    def token(self) -> str:
        return f"shpat_{self.number}"

    def renewed(self, refused: str) -> str:
        assert refused == self.token()
        self.number += 1
        return self.token()


def a_client(stub: Stub, access=None, **options: Any) -> ShopifyClient:
    settings: dict[str, Any] = {
        "timeout": (2.0, 2.0),
        "patience": 5.0,
        "read_pause": 0.001,
    } | options
    return ShopifyClient(
        base_url=stub.url,
        version="2026-10",
        access=access or StaticAccess("shpat_static"),
        **settings,
    )


def test_a_call_goes_to_the_version_with_the_token_in_its_header(stub, client_of_stub) -> None:
    stub.answer("AddTags", TAGGED)

    client_of_stub.add_tags(9_007_199_254_740_993, ["COD"])

    (asked,) = stub.asked
    assert asked.path == "/admin/api/2026-10/graphql.json"
    assert asked.headers["X-Shopify-Access-Token"] == "shpat_static"
    assert asked.variables == {"id": "gid://shopify/Order/9007199254740993", "tags": ["COD"]}


def test_a_refused_token_is_renewed_once_and_the_call_made_again(stub) -> None:
    stub.answer("AddTags", Reply({"errors": "[API] Invalid token"}, status=401), TAGGED)

    a_client(stub, Renewing()).add_tags(1, ["COD"])

    tokens = [asked.headers["X-Shopify-Access-Token"] for asked in stub.asked]
    assert tokens == ["shpat_1", "shpat_2"]


def test_a_token_refused_again_after_the_renewal_is_an_error(stub) -> None:
    stub.answer("AddTags", Reply({}, status=401))

    with pytest.raises(TokenRefused):
        a_client(stub, Renewing()).add_tags(1, ["COD"])

    assert len(stub.asked) == 2


def test_a_static_token_that_is_refused_is_not_tried_twice(stub, client_of_stub) -> None:
    stub.answer("AddTags", Reply({}, status=401))

    with pytest.raises(TokenRefused):
        client_of_stub.add_tags(1, ["COD"])

    assert len(stub.asked) == 1


def test_throttled_is_waited_for_by_the_figures_of_the_bucket(stub) -> None:
    stub.answer("AddTags", errors("THROTTLED", cost=(10, 0, 1000)), TAGGED)
    client = a_client(stub, patience=0.2)

    client.add_tags(1, ["COD"])

    assert stub.operations() == ["AddTags", "AddTags"]


def test_throttled_for_longer_than_the_patience_is_told_with_the_wait(stub) -> None:
    stub.answer("AddTags", errors("THROTTLED", cost=(500, 100, 50)))

    with pytest.raises(Throttled) as told:
        a_client(stub, patience=2.0).add_tags(1, ["COD"])

    assert (told.value.retry_after, len(stub.asked)) == (8.0, 1)


def test_what_shopify_refuses_by_user_errors_is_told_in_its_words(stub, client_of_stub) -> None:
    said = [{"field": ["tags"], "message": "Tag is too long"}]
    stub.answer("AddTags", {"tagsAdd": {"node": None, "userErrors": said}})

    with pytest.raises(Refused) as told:
        client_of_stub.add_tags(1, ["x" * 300])

    assert told.value.detail == "Tag is too long"
    assert told.value.errors[0].field == "tags"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (errors("ACCESS_DENIED"), AccessDenied),
        (errors("SHOP_INACTIVE"), ShopClosed),
        (Reply({"errors": [{"message": "Field 'x' doesn't exist on type 'Order'"}]}), Misspelt),
        (Reply({"errors": "Not Found"}, status=404), NotFound),
        (Reply({"errors": "Unavailable Shop"}, status=402), ShopClosed),
        (Reply({"errors": "Locked"}, status=423), ShopClosed),
    ],
)
def test_an_error_is_told_by_what_may_be_done_about_it(stub, client_of_stub, reply, kind) -> None:
    stub.answer("OrderState", reply)

    with pytest.raises(kind) as told:
        client_of_stub.order_state(1)

    assert type(told.value) is kind
    assert "shpat" not in f"{told.value} {told.value!r}"


def test_a_read_is_repeated_where_the_line_broke_or_shopify_stumbled(stub, client_of_stub) -> None:
    stub.answer("OrderState", HANG_UP, Reply("bad gateway", status=502), STATE)

    assert client_of_stub.order_state(1).note == "ciao"


@pytest.mark.parametrize(("reply", "kind"), [(HANG_UP, Unreachable), (Reply("", 503), ServerFault)])
def test_a_mutation_without_answer_is_not_repeated_and_may_be_done(
    stub, client_of_stub, reply, kind
) -> None:
    stub.answer("AddTags", reply)

    with pytest.raises(kind) as told:
        client_of_stub.add_tags(1, ["COD"])

    assert told.value.maybe_done
    assert len(stub.asked) == 1


def test_a_deprecated_version_is_told_once(stub) -> None:
    told: list[tuple[str, str]] = []
    header = {"X-Shopify-API-Deprecated-Reason": "https://shopify.dev/old"}
    stub.answer("OrderState", Reply({"data": STATE}, headers=header))
    client = a_client(stub, on_notice=lambda *notice: told.append(notice))

    client.order_state(1)
    client.order_state(1)

    assert told == [("deprecated", "https://shopify.dev/old")]


def test_an_answer_in_another_version_than_asked_for_is_told(stub) -> None:
    told: list[tuple[str, str]] = []
    header = {"X-Shopify-API-Version": "2027-01"}
    stub.answer("OrderState", Reply({"data": STATE}, headers=header))

    a_client(stub, on_notice=lambda *notice: told.append(notice)).order_state(1)

    assert told == [("version", "2027-01")]


def test_an_order_with_more_lines_than_a_page_has_them_all(stub, client_of_stub) -> None:
    line = {"id": "gid://shopify/LineItem/1", "title": "a"}
    more = {"id": "gid://shopify/LineItem/2", "title": "b"}
    order = {"id": "gid://shopify/Order/1"}
    stub.answer("OneOrder", {"order": order | {"lineItems": connection(line, cursor="x")}})
    stub.answer("MoreLines", {"order": order | {"lineItems": connection(more)}})

    node = client_of_stub.order(1)

    assert [one["title"] for one in node["lineItems"]["nodes"]] == ["a", "b"]
    assert stub.of("MoreLines")[0].variables["after"] == "x"


def test_an_order_that_shopify_does_not_have_is_none(stub, client_of_stub) -> None:
    stub.answer("OneOrder", {"order": None})

    assert client_of_stub.order(1) is None


def test_what_changed_is_asked_in_seconds_of_utc(stub, client_of_stub) -> None:
    stub.answer(
        "ChangedOrders", {"orders": connection({"id": "gid://shopify/Order/5"}, cursor="c")}
    )

    page = client_of_stub.changed_orders(
        since=datetime(2026, 11, 23, 9, 25, tzinfo=UTC), after=None
    )

    assert stub.asked[0].variables["query"] == "updated_at:>='2026-11-23T09:25:00Z'"
    assert (len(page.nodes), page.cursor) == (1, "c")


def test_a_page_that_costs_too_much_is_asked_for_in_halves(stub, client_of_stub) -> None:
    refusal = errors("MAX_COST_EXCEEDED")
    stub.answer("ChangedCustomers", refusal, refusal, {"customers": connection()})

    client_of_stub.changed_customers(since=datetime(2026, 11, 23, tzinfo=UTC), after=None)

    assert [asked.variables["first"] for asked in stub.asked] == [50, 25, 12]


def test_the_next_page_waits_for_the_bucket_instead_of_being_refused(stub, monkeypatch) -> None:
    page = {"data": {"orders": connection(cursor="c")}} | bucket(100, 90, 1000)
    stub.answer("ChangedOrders", Reply(page))
    client, since = a_client(stub), datetime(2026, 11, 23, tzinfo=UTC)
    waits: list[float] = []
    monkeypatch.setattr(client._transport._waiting, "wait", waits.append)

    client.changed_orders(since=since, after=None)
    client.changed_orders(since=since, after="c")

    assert len(waits) == 1
    assert 0 < waits[0] <= 0.11


def test_consent_to_whatsapp_is_asked_for_from_the_version_that_has_it(stub) -> None:
    stub.answer("ChangedCustomers", {"customers": connection()})
    for version in ("2026-04", "2026-07", "unstable"):
        ShopifyClient(
            base_url=stub.url, version=version, access=StaticAccess("t")
        ).changed_customers(since=datetime(2026, 11, 23, tzinfo=UTC), after=None)

    asked = ["whatsAppMarketingConsent" in one.query for one in stub.asked]
    assert asked == [False, True, True]


def test_a_bulk_operation_is_read_by_node_where_the_version_is_older(stub, client_of_stub) -> None:
    node = {"id": "gid://shopify/BulkOperation/1", "status": "RUNNING", "objectCount": "12"}
    stub.answer("Bulk", Reply({"errors": [{"message": "Field doesn't exist"}]}), {"node": node})

    found = client_of_stub.bulk("gid://shopify/BulkOperation/1")

    assert (found.status, found.objects, found.is_over) == (BulkStatus.RUNNING, 12, False)


def test_the_lines_of_a_file_come_whole_from_any_byte_and_without_the_token(
    stub, client_of_stub
) -> None:
    stub.files["/f.jsonl"] = b'{"a":1}\n{"b":2}\n{"c":3}'

    assert list(client_of_stub.bulk_lines(f"{stub.url}/f.jsonl")) == [
        b'{"a":1}\n',
        b'{"b":2}\n',
        b'{"c":3}',
    ]
    assert list(client_of_stub.bulk_lines(f"{stub.url}/f.jsonl", skip=8)) == [
        b'{"b":2}\n',
        b'{"c":3}',
    ]
    assert not any("X-Shopify-Access-Token" in headers for headers in stub.file_requests)


def test_an_expired_file_is_gone_and_a_broken_line_may_be_gone_on_with(
    stub, client_of_stub
) -> None:
    stub.files["/f.jsonl"] = b'{"a":1}\n{"b":2}\n'
    stub.cuts = [9]

    with pytest.raises(Unreachable):
        list(client_of_stub.bulk_lines(f"{stub.url}/f.jsonl"))
    assert len(list(client_of_stub.bulk_lines(f"{stub.url}/f.jsonl", skip=8))) == 1
    with pytest.raises(FileGone):
        next(client_of_stub.bulk_lines(f"{stub.url}/none.jsonl"))


def test_every_question_has_its_braces_closed() -> None:
    from orders.shopify import queries

    texts = [value for name, value in vars(queries).items() if name.isupper() and name[0] != "_"]
    texts += [
        make("2026-10")
        for make in (
            queries.one_order,
            queries.changed_customers,
            queries.changed_checkouts,
            queries.bulk_customers,
            queries.bulk_orders,
        )
    ]
    asked = [text for text in [*texts, queries.bulk_products()] if "{" in text]

    assert len(asked) > 15
    for text in asked:
        assert text.count("{") == text.count("}"), text
        assert not re.search(r"\{\s*\}", text), text
