"""Contacts, custom fields, webhooks and history: addresses, bodies, and answers that fail."""

import pytest
from responses import matchers

from spoki import (
    ConsentStatus,
    ContactWrite,
    SpokiClient,
    SpokiNotFound,
    SpokiOutcomeUnknown,
    SpokiProtocolError,
    SpokiRefused,
)
from spoki.fake import contact_payload
from tests.spoki.conftest import BASE, KEY, PHONE
from tests.spoki.stubs import API, asked, body_of, envelope


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
