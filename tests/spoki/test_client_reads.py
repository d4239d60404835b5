"""Reads and writes around the sends: addresses, bodies, pages, repetitions."""

import json

import pytest
import requests
from responses import matchers

from spoki import (
    ConsentStatus,
    ContactWrite,
    LocalizationDraft,
    SpokiAuthError,
    SpokiClient,
    SpokiNotFound,
    SpokiOutcomeUnknown,
    SpokiProtocolError,
    SpokiRefused,
    SpokiServerError,
    SpokiThrottled,
    SpokiUnreachable,
    TemplateDraft,
)
from spoki.fake import account_payload, channel_payload, contact_payload, template_payload
from tests.spoki.conftest import BASE, KEY, PHONE

API = f"{BASE}/api/1"
DRAFT = TemplateDraft("saldi", "MARKETING", [LocalizationDraft("it", "Ciao %%NAME%%!")])
HTML = "<html>hello</html>"


def envelope(*rows, following=None):
    return {"count": 9, "next": following, "previous": None, "results": list(rows)}


def asked(stub):
    return [(call.request.method, call.request.url.removeprefix(API)) for call in stub.calls]


def body_of(call):
    return json.loads(call.request.body)


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


def test_a_phone_is_looked_up_with_and_without_plus(client, stub):
    stub.get(
        f"{API}/contacts/",
        json=envelope(contact_payload(id=1)),
        match=[matchers.query_param_matcher({"phone": PHONE}, strict_match=False)],
    )
    stub.get(
        f"{API}/contacts/",
        json=envelope(
            contact_payload(id=1),
            contact_payload(id=2, phone="393330000001"),
            contact_payload(id=3, phone="+393339999999"),
        ),
        match=[matchers.query_param_matcher({"phone": PHONE[1:]}, strict_match=False)],
    )

    found = list(client.contacts(phone="393330000001"))

    assert [contact.id for contact in found] == [1, 2]
    assert asked(stub) == [
        ("GET", "/contacts/?page_size=100&phone=%2B393330000001"),
        ("GET", "/contacts/?page_size=100&phone=393330000001"),
    ]


def test_a_phone_that_is_none_belongs_to_nobody(client, stub):
    assert list(client.contacts(phone="12")) == []
    assert len(stub.calls) == 0


def test_contacts_are_filtered_by_spoki(client, stub):
    stub.get(f"{API}/contacts/", json=envelope(contact_payload()))

    found = client.contacts(
        email="a@b.it", search="Ada", tag=3, status=ConsentStatus.SUBSCRIBED, is_blocked=False
    )

    assert [contact.id for contact in found] == [501]
    assert asked(stub) == [
        (
            "GET",
            "/contacts/?page_size=100&email=a%40b.it&search=Ada&tag=3&status=Subscribed&is_blocked=false",
        )
    ]


def test_one_contact_is_read_by_id(client, stub):
    stub.get(f"{API}/contacts/501/", json=contact_payload())

    assert client.contact(501).phone == PHONE


def test_a_contact_is_synced(client, stub):
    stub.post(f"{API}/contacts/sync/", json=contact_payload())

    assert client.sync_contact(ContactWrite(phone=PHONE, first_name="Ada")).id == 501
    assert body_of(stub.calls[0]) == {"phone": PHONE, "first_name": "Ada"}


def test_a_contact_synced_without_an_answer_is_read_back(client, stub):
    stub.post(f"{API}/contacts/sync/", status=204)
    stub.get(f"{API}/contacts/", json=envelope(contact_payload()))

    assert client.sync_contact(ContactWrite(phone=PHONE)).id == 501


def test_a_contact_synced_without_an_answer_and_not_found_is_of_an_unknown_shape(client, stub):
    stub.post(f"{API}/contacts/sync/", status=204)
    stub.get(f"{API}/contacts/", json=envelope())

    with pytest.raises(SpokiProtocolError, match="sync_contact"):
        client.sync_contact(ContactWrite(phone=PHONE))


def test_many_contacts_are_synced_as_a_bare_array(client, stub):
    stub.post(f"{API}/contacts/sync_all/", json=[contact_payload()])

    result = client.sync_contacts([ContactWrite(phone=PHONE)])

    assert [contact.id for contact in result.contacts] == [501]
    assert body_of(stub.calls[0]) == [{"phone": PHONE}]


@pytest.mark.parametrize("count", [500])
def test_500_contacts_go_in_one_call(client, stub, count):
    stub.post(f"{API}/contacts/sync_all/", body=b"")

    client.sync_contacts([ContactWrite(phone=PHONE)] * count)

    assert len(body_of(stub.calls[0])) == 500


def test_501_contacts_are_a_mistake_of_the_caller(client, stub):
    with pytest.raises(ValueError, match="500"):
        client.sync_contacts([ContactWrite(phone=PHONE)] * 501)

    assert len(stub.calls) == 0


def test_no_contacts_make_no_call(client, stub):
    assert client.sync_contacts([]).contacts == ()
    assert len(stub.calls) == 0


@pytest.mark.parametrize("method", ["sync_contact", "sync_contacts", "update_contact"])
def test_a_contact_without_a_proper_phone_is_not_written(client, stub, method):
    write = ContactWrite(phone="333")
    arguments = {"sync_contacts": ([write],), "update_contact": (501, write)}.get(method, (write,))

    with pytest.raises(SpokiRefused, match="local::invalid_phone"):
        getattr(client, method)(*arguments)

    assert len(stub.calls) == 0


def test_a_contact_is_blocked_with_its_phone(client, stub):
    stub.patch(f"{API}/contacts/501/", json=contact_payload(is_blocked=True))

    assert client.update_contact(501, ContactWrite(phone=PHONE), is_blocked=True).is_blocked
    assert body_of(stub.calls[0]) == {"phone": PHONE, "is_blocked": True}


def test_a_contact_changed_without_an_answer_is_read_again(client, stub):
    stub.patch(f"{API}/contacts/501/", status=204)
    stub.get(f"{API}/contacts/501/", json=contact_payload())

    assert client.update_contact(501, ContactWrite(phone=PHONE)).id == 501


def test_consent_is_not_written_by_a_change(client, stub):
    write = ContactWrite(phone=PHONE, status=ConsentStatus.SUBSCRIBED)

    with pytest.raises(ValueError, match="sync_contact"):
        client.update_contact(501, write)

    assert len(stub.calls) == 0


def test_custom_fields_are_listed_and_made(client, stub):
    row = {"id": 1, "code": "PET", "label": "Pet", "field_type": 1}
    stub.get(f"{API}/custom-fields/", json=envelope(row))
    stub.post(f"{API}/custom-fields/", status=201, json=row)

    assert [field.code for field in client.custom_fields()] == ["PET"]
    assert client.create_custom_field(code="PET", label="Pet").id == 1
    assert body_of(stub.calls[1]) == {"code": "PET", "label": "Pet", "field_type": 1}


def webhook(**changes):
    return {
        "id": 3,
        "event": "message.inbound",
        "version": 2,
        "url": "https://zampa.test/webhooks/spoki/",
        "is_active": False,
        **changes,
    }


def test_a_webhook_is_made_asleep_and_shows_its_secret(client, stub):
    stub.post(f"{API}/external-webhooks/", status=201, json=webhook(secret="whsec_1"))

    made = client.create_webhook(event="message.inbound", url="https://zampa.test/webhooks/spoki/")

    assert made.secret == "whsec_1"
    assert body_of(stub.calls[0]) == {
        "event": "message.inbound",
        "version": 2,
        "url": "https://zampa.test/webhooks/spoki/",
        "is_active": False,
    }


def test_webhooks_are_listed_woken_tested_and_removed(client, stub):
    stub.get(f"{API}/external-webhooks/", json=envelope(webhook()))
    stub.patch(f"{API}/external-webhooks/3/", json=webhook(is_active=True))
    stub.post(f"{API}/external-webhooks/3/test/", body=b"")
    stub.delete(f"{API}/external-webhooks/3/", status=204)

    assert [row.is_active for row in client.webhooks()] == [False]
    assert client.update_webhook(3, is_active=True).is_active
    client.test_webhook(3)
    client.delete_webhook(3)

    assert body_of(stub.calls[1]) == {"is_active": True}
    assert len(stub.calls) == 4


def test_a_webhook_changed_without_an_answer_is_read_again(client, stub):
    stub.patch(f"{API}/external-webhooks/3/", status=204)
    stub.get(f"{API}/external-webhooks/3/", json=webhook())

    assert client.update_webhook(3, url="https://zampa.test/x/").id == 3


def test_a_rotated_secret_is_returned(client, stub):
    stub.post(f"{API}/external-webhooks/3/rotate_secret/", json={"secret": "whsec_2"})

    assert client.rotate_webhook_secret(3) == "whsec_2"


def test_a_rotated_secret_that_is_not_answered_is_read(client, stub):
    stub.post(f"{API}/external-webhooks/3/rotate_secret/", body=b"")
    stub.get(f"{API}/external-webhooks/3/", json=webhook(secret="whsec_2"))

    assert client.rotate_webhook_secret(3) == "whsec_2"


def test_a_rotated_secret_that_is_shown_nowhere_is_said(client, stub):
    stub.post(f"{API}/external-webhooks/3/rotate_secret/", body=b"")
    stub.get(f"{API}/external-webhooks/3/", json=webhook())

    with pytest.raises(SpokiOutcomeUnknown):
        client.rotate_webhook_secret(3)

    assert [call.request.method for call in stub.calls] == ["POST", "GET"]


def test_a_page_of_history_is_asked_for_by_phone_and_page(client, stub):
    row = {"uuid": "a", "direction": "Inbound", "text": "Ciao", "from_phone": "393330000001"}
    stub.get(f"{API}/messages/", json=envelope(row, following=f"{API}/messages/?page=3"))

    page = client.history(PHONE, page=2)

    assert [message.phone for message in page.messages] == [PHONE]
    assert page.has_more
    assert asked(stub) == [("GET", "/messages/?phone=%2B393330000001&page=2")]


def test_an_account_without_the_endpoint_has_no_history(client, stub):
    stub.get(f"{API}/messages/", status=404, json={"detail": "Not found."})

    with pytest.raises(SpokiNotFound):
        client.history(PHONE)


def test_without_a_history_path_nothing_is_asked(stub):
    client = SpokiClient(base_url=BASE, api_key=KEY)

    with pytest.raises(SpokiNotFound):
        client.history(PHONE)

    assert len(stub.calls) == 0


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

    with pytest.raises(SpokiProtocolError):
        read.extend(template.id for template in client.templates())

    assert read == [1, 2]
