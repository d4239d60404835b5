import json

import requests

RUN = "mutation($query: String!, $grouped: Boolean!) { bulkOperationRunQuery(query: $query, groupObjects: $grouped) { bulkOperation { id status } userErrors { code message } } }"
STATE = "{ currentBulkOperation { id status objectCount rootObjectCount fileSize url } }"
ORDERS = "{ orders { edges { node { id name lineItems { edges { node { id title } } } } } } }"


def run(ask, query: str = ORDERS) -> dict:
    answer: dict = ask(RUN, query=query, grouped=False)["data"]["bulkOperationRunQuery"]
    return answer


def ended(ask) -> dict:
    for _ in range(300):
        state: dict = ask(STATE)["data"]["currentBulkOperation"]
        if state["status"] == "COMPLETED":
            return state
    raise AssertionError("the operation did not end")


def lines(state: dict, **headers) -> list[dict]:
    text = requests.get(state["url"], headers=headers, timeout=5).text
    return [json.loads(line) for line in text.splitlines()]


def test_a_bulk_operation_writes_children_as_lines_of_their_own(shop, ask, receiver):
    placed = [shop.place()["id"] for _ in range(2)]
    begun = run(ask)

    state = ended(ask)
    shop.settled()

    rows = lines(state)
    parents = [row["id"] for row in rows if "__parentId" not in row]
    assert begun["bulkOperation"]["status"] == "CREATED"
    assert parents == [f"gid://shopify/Order/{number}" for number in placed]
    assert [row["__parentId"] for row in rows if "__parentId" in row] == parents
    assert (state["objectCount"], state["rootObjectCount"]) == ("4", "2")
    assert receiver.of("bulk_operations/finish")[0][1]["admin_graphql_api_id"] == state["id"]


def test_children_may_stand_apart_from_their_parents(shop, ask):
    shop.config(bulk_children="apart")
    for _ in range(2):
        shop.place()
    run(ask)

    rows = lines(ended(ask))

    assert ["__parentId" in row for row in rows] == [False, False, True, True]


def test_a_file_is_read_on_from_a_byte(shop, ask):
    shop.place()
    run(ask)
    state = ended(ask)

    whole = requests.get(state["url"], timeout=5).content
    rest = requests.get(state["url"], headers={"Range": "bytes=10-"}, timeout=5)

    assert rest.status_code == 206
    assert rest.content == whole[10:]
    assert len(whole) == int(state["fileSize"])


def test_nothing_found_has_no_file(shop, ask):
    run(ask, ORDERS.replace("orders {", 'orders(query: "tag:nessuno") {'))

    assert ended(ask)["url"] is None


def test_what_cannot_run_in_bulk_is_refused_with_the_reason(shop, ask):
    deep = "{ customers { edges { node { id orders { edges { node { id lineItems { edges { node { id product { variants { edges { node { id } } } } } } } } } } } } } }"
    in_list = (
        "{ orders { edges { node { id fulfillments { id events { edges { node { id } } } } } } } }"
    )

    refusals = [
        run(ask, query)["userErrors"][0]
        for query in ("{ shop { name } }", "{ orders { edges { node { nope } } } }", deep, in_list)
    ]

    assert [one["code"] for one in refusals] == ["INVALID"] * 4
    assert "connection" in refusals[0]["message"]
    assert "nope" in refusals[1]["message"]
    assert "nested" in refusals[2]["message"]
    assert "within a list" in refusals[3]["message"]


def test_a_sixth_operation_at_once_is_refused(shop, ask):
    shop.config(bulk_seconds=30.0)

    codes = [run(ask)["userErrors"] for _ in range(6)]

    assert codes[:5] == [[]] * 5
    assert codes[5][0]["code"] == "OPERATION_IN_PROGRESS"
