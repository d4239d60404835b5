"""Reads and writes around the sends: addresses, bodies, pages, repetitions."""

import pytest
import requests
from responses import matchers

from spoki import (
    ContactWrite,
    LocalizationDraft,
    SpokiAuthError,
    SpokiClient,
    SpokiNotFound,
    SpokiOutcomeUnknown,
    SpokiProtocolError,
    SpokiRefused,
    SpokiRowsUnreadable,
    SpokiServerError,
    SpokiThrottled,
    SpokiUnreachable,
    TemplateDraft,
)
from spoki.fake import account_payload, channel_payload, template_payload
from spoki.transport import Patience
from tests.spoki.conftest import BASE, KEY, PHONE
from tests.spoki.stubs import API, asked, body_of, envelope

DRAFT = TemplateDraft("saldi", "MARKETING", [LocalizationDraft("it", "Ciao %%NAME%%!")])
HTML = "<html>hello</html>"


def test_accounts_come_as_a_bare_array(client, stub):
    stub.get(f"{API}/accounts/", json=[account_payload()])

    assert [account.id for account in client.accounts()] == [1]
    assert stub.calls[0].request.headers["X-Spoki-Api-Key"] == KEY


def test_accounts_may_come_in_an_envelope_as_well(client, stub):
    stub.get(f"{API}/accounts/", json=envelope(account_payload()))

    assert [account.id for account in client.accounts()] == [1]


def test_one_account_is_read_by_id(client, stub):
    stub.get(f"{API}/accounts/1/", json=account_payload())

    assert client.account(1).credit_millis == 1_000_000


def test_channels_have_a_singular_path_and_small_pages(client, stub):
    stub.get(f"{API}/channel/", json=envelope(channel_payload()))

    assert [channel.id for channel in client.channels()] == [7]
    assert asked(stub) == [("GET", "/channel/?page_size=30")]


def test_templates_are_read_page_by_page(client, stub):
    second = f"{API}/templates/?page=2&page_size=100"
    stub.get(
        f"{API}/templates/",
        json=envelope(template_payload(id=1), template_payload(id=2), following=second),
        match=[matchers.query_param_matcher({"page_size": "100"})],
    )
    stub.get(
        f"{API}/templates/",
        json=envelope(template_payload(id=2), template_payload(id=3)),
        match=[matchers.query_param_matcher({"page_size": "100", "page": "2"})],
    )

    assert [template.id for template in client.templates()] == [1, 2, 3]


def test_templates_are_searched_in_one_channel(client, stub):
    stub.get(f"{API}/templates/", json=envelope())

    assert list(client.templates(search="black friday", channel_id=7)) == []
    assert asked(stub) == [("GET", "/templates/?page_size=100&search=black+friday&channel_id=7")]


def test_templates_before_a_broken_page_are_given_and_then_the_error(client, stub):
    second = f"{API}/templates/?page=2"
    stub.get(
        f"{API}/templates/",
        json=envelope(template_payload(id=1), following=second),
        match=[matchers.query_param_matcher({"page_size": "100"})],
    )
    stub.get(second, status=500)
    rows = client.templates()

    assert next(rows).id == 1
    with pytest.raises(SpokiServerError):
        next(rows)


def test_the_key_never_goes_to_another_origin(client, stub):
    evil = stub.get("https://evil.test/api/1/templates/", json=envelope())
    stub.get(
        f"{API}/templates/",
        json=envelope(template_payload(), following="https://evil.test/api/1/templates/"),
    )

    with pytest.raises(SpokiProtocolError, match="Spoki templates"):
        list(client.templates())

    assert evil.call_count == 0


def test_one_template_is_read_by_id(client, stub):
    stub.get(f"{API}/templates/5/", json=template_payload(id=5))

    assert client.template(5).id == 5


def test_a_missing_template_is_not_found(client, stub):
    stub.get(f"{API}/templates/5/", status=404, json={"detail": "Not found."})

    with pytest.raises(SpokiNotFound):
        client.template(5)


def test_a_template_is_created_as_a_draft(client, stub):
    stub.post(f"{API}/templates/", status=201, json=template_payload(id=5, status="DRAFT"))

    assert client.create_template(DRAFT).id == 5
    assert body_of(stub.calls[0]) == DRAFT.to_payload()


def test_a_refused_template_says_why_to_its_author(client, stub):
    payload = {"code": "spoki::3014", "title": "Too many fields"}
    stub.post(f"{API}/templates/", status=400, json=payload)

    with pytest.raises(SpokiRefused) as refusal:
        client.create_template(DRAFT)

    assert (refusal.value.code, refusal.value.detail) == ("spoki::3014", "Too many fields")


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 201, "body": b""},
        {"status": 201, "json": {"ok": True}},
        {"status": 200, "body": HTML},
        {"status": 500},
        {"body": requests.ReadTimeout()},
    ],
    ids=str,
)
def test_a_creation_without_a_readable_answer_may_have_happened(client, stub, answer):
    stub.post(f"{API}/templates/", **answer)

    with pytest.raises(SpokiOutcomeUnknown, match="create_template"):
        client.create_template(DRAFT)

    assert len(stub.calls) == 1


def test_a_template_is_changed_in_part(client, stub):
    stub.patch(f"{API}/templates/5/", json=template_payload(id=5))

    assert client.update_template(5, DRAFT).id == 5
    assert body_of(stub.calls[0]) == DRAFT.to_payload()


def test_a_template_changed_without_an_answer_is_read_again(client, stub):
    stub.patch(f"{API}/templates/5/", status=204)
    stub.get(f"{API}/templates/5/", json=template_payload(id=5))

    assert client.update_template(5, DRAFT).id == 5


def test_a_template_goes_through_its_life(client, stub):
    stub.post(f"{API}/templates/5/submit/", body=b"")
    stub.post(f"{API}/templates/5/back_to_draft/", json=template_payload(id=5))
    stub.delete(f"{API}/templates/5/", status=204)

    client.submit_template(5)
    client.back_to_draft(5)
    client.delete_template(5)

    assert asked(stub) == [
        ("POST", "/templates/5/submit/"),
        ("POST", "/templates/5/back_to_draft/"),
        ("DELETE", "/templates/5/"),
    ]
    assert [call.request.body for call in stub.calls] == [None, None, None]


def test_a_clone_is_a_get_that_is_never_repeated(client, stub):
    stub.get(f"{API}/templates/5/clone/", status=503)

    with pytest.raises(SpokiOutcomeUnknown):
        client.clone_template(5)

    assert len(stub.calls) == 1


def test_a_clone_is_a_new_template(client, stub):
    stub.get(f"{API}/templates/5/clone/", json=template_payload(id=6))

    assert client.clone_template(5).id == 6


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_read_is_tried_twice_more_after_a_passing_fault(client, stub, status):
    stub.get(f"{API}/accounts/1/", status=status)
    stub.get(f"{API}/accounts/1/", status=status)
    stub.get(f"{API}/accounts/1/", json=account_payload())

    assert client.account(1).id == 1
    assert len(stub.calls) == 3


@pytest.mark.parametrize(
    "failure", [requests.ConnectionError(), requests.ConnectTimeout()], ids=["reset", "connect"]
)
def test_a_read_is_tried_twice_more_and_then_given_up(client, stub, failure):
    stub.get(f"{API}/accounts/1/", body=failure)

    with pytest.raises(SpokiUnreachable):
        client.account(1)

    assert len(stub.calls) == 3


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"status": 500}, SpokiServerError),
        ({"status": 429}, SpokiThrottled),
        ({"status": 401}, SpokiAuthError),
        ({"status": 400}, SpokiRefused),
        ({"status": 301, "headers": {"Location": f"{BASE}/x/"}}, SpokiProtocolError),
        ({"status": 200, "body": HTML}, SpokiProtocolError),
        ({"status": 200, "body": b""}, SpokiProtocolError),
        ({"status": 200, "json": []}, SpokiProtocolError),
        ({"status": 200, "json": {"error": "no", "error_code": "spoki::1"}}, SpokiRefused),
        ({"body": requests.ReadTimeout()}, SpokiUnreachable),
    ],
    ids=str,
)
def test_a_read_that_went_otherwise_wrong_is_not_repeated(client, stub, answer, kind):
    stub.get(f"{API}/accounts/1/", **answer)

    with pytest.raises(kind, match="Spoki account"):
        client.account(1)

    assert len(stub.calls) == 1


def test_a_write_that_may_be_repeated_is_left_to_the_caller(client, stub):
    stub.post(f"{API}/contacts/sync/", status=503)

    with pytest.raises(SpokiServerError) as error:
        client.sync_contact(ContactWrite(phone=PHONE))

    assert error.value.retryable
    assert len(stub.calls) == 1


@pytest.mark.parametrize(
    "base_url",
    ["https://spoki.test", "https://spoki.test/", "https://spoki.test/api/1/"],
)
def test_the_address_may_be_written_in_several_ways(stub, base_url):
    stub.get(f"{API}/accounts/1/", json=account_payload())

    assert SpokiClient(base_url=base_url, api_key=KEY).account(1).id == 1


@pytest.mark.parametrize(
    "base_url", ["", "spoki.test", "ftp://spoki.test", "https://", "https://a?b"]
)
def test_an_address_that_is_none_is_refused_at_once(base_url):
    with pytest.raises(ValueError, match=r"https://api\.spoki\.com"):
        SpokiClient(base_url=base_url, api_key=KEY)


def test_a_row_that_cannot_be_read_hides_none_of_the_others(client, stub):
    broken = {"name": "without an id"}
    rows = envelope(template_payload(id=1), broken, template_payload(id=2))
    stub.get(f"{API}/templates/", json=rows)
    read: list[int] = []

    with pytest.raises(SpokiRowsUnreadable) as raised:
        read.extend(template.id for template in client.templates())

    assert read == [1, 2]
    assert [str(row) for row in raised.value.rows] == ["#2 template.id"]
    assert raised.value.operation == "templates"


SLOW = {"status": 429, "headers": {"Retry-After": "0"}}


def test_a_patient_read_waits_where_spoki_asks_to_slow_down_and_goes_on(client, stub):
    second = f"{API}/templates/?page=2&page_size=100"
    stub.get(f"{API}/templates/", **SLOW)
    stub.get(f"{API}/templates/", json=envelope(template_payload(id=1), following=second))
    stub.get(f"{API}/templates/", **SLOW)
    stub.get(f"{API}/templates/", json=envelope(template_payload(id=2)))

    assert [template.id for template in client.templates(patience=1.0)] == [1, 2]
    assert len(stub.calls) == 4


def test_a_patient_read_of_one_template_waits_as_well(client, stub):
    stub.get(f"{API}/templates/1/", **SLOW)
    stub.get(f"{API}/templates/1/", json=template_payload(id=1))

    assert client.template(1, patience=1.0).id == 1


@pytest.mark.parametrize("headers", [{"Retry-After": "2"}, {}], ids=["too long", "unsaid: 5 s"])
def test_a_wait_longer_than_the_patience_is_left_to_the_caller(client, stub, headers):
    stub.get(f"{API}/templates/", status=429, headers=headers)

    with pytest.raises(SpokiThrottled):
        list(client.templates(patience=1.9))

    assert len(stub.calls) == 1


class Waits(list[float]):
    """Stands for the wait itself: notes how long it would have been."""

    def wait(self, seconds):
        self.append(seconds)


def test_a_429_that_does_not_say_how_long_is_waited_for_longer_each_time_and_soon_left_to_the_caller(
    client, stub
):
    stub.get(f"{API}/templates/", status=429)
    waits = client._transport._waiting = Waits()

    with pytest.raises(SpokiThrottled):
        list(client.templates(patience=120.0))

    assert (waits, len(stub.calls)) == ([5.0, 15.0], 3)


def test_the_pages_of_a_list_share_the_waits_after_a_429_that_does_not_say_how_long(client, stub):
    second = f"{API}/templates/?page=2&page_size=100"
    stub.get(f"{API}/templates/", status=429)
    stub.get(f"{API}/templates/", json=envelope(template_payload(id=1), following=second))
    stub.get(f"{API}/templates/", status=429)
    waits = client._transport._waiting = Waits()
    read: list[int] = []

    with pytest.raises(SpokiThrottled):
        read.extend(template.id for template in client.templates(patience=120.0))

    assert (read, waits) == ([1], [5.0, 15.0])


def test_a_spoki_that_only_says_429_is_asked_three_times_at_most(client, stub):
    stub.get(f"{API}/templates/", **SLOW)

    with pytest.raises(SpokiThrottled):
        list(client.templates(patience=1.0))

    assert len(stub.calls) == 3


def test_a_patient_write_is_made_again_after_429_which_says_that_nothing_was_done(client, stub):
    for path in ("templates/", "templates/5/submit/", "templates/5/back_to_draft/"):
        stub.post(f"{API}/{path}", **SLOW)
        stub.post(f"{API}/{path}", json=template_payload(id=5))
    stub.patch(f"{API}/templates/5/", **SLOW)
    stub.patch(f"{API}/templates/5/", json=template_payload(id=5))

    client.create_template(DRAFT, patience=1.0)
    client.update_template(5, DRAFT, patience=1.0)
    client.submit_template(5, patience=1.0)
    client.back_to_draft(5, patience=1.0)

    assert len(stub.calls) == 8


def test_without_patience_a_write_is_made_once(client, stub):
    stub.post(f"{API}/templates/5/submit/", **SLOW)

    with pytest.raises(SpokiThrottled):
        client.submit_template(5)

    assert len(stub.calls) == 1


def test_without_patience_a_read_is_not_made_again_after_429(client, stub):
    stub.get(f"{API}/templates/", **SLOW)

    with pytest.raises(SpokiThrottled):
        list(client.templates())

    assert len(stub.calls) == 1


def test_the_patience_of_a_list_is_shared_by_its_pages():
    patience = Patience(10.0)

    assert [patience.allows(6.0), patience.allows(6.0), patience.allows(4.0)] == [
        True,
        False,
        True,
    ]
