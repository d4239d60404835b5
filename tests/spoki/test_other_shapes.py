"""Accounts, numbers, contacts, fields, webhooks and histories, as Spoki shows them."""

from datetime import UTC, datetime

import pytest

from spoki import (
    UNLIMITED,
    Account,
    Automation,
    BulkSyncResult,
    Channel,
    ConsentStatus,
    Contact,
    ContactWrite,
    CustomField,
    HistoryPage,
    Media,
    Quality,
    SpokiProtocolError,
    Webhook,
)
from spoki.fake import account_payload, automation_payload, channel_payload, contact_payload


def test_an_account_is_read_whole():
    account = Account.from_payload(account_payload(contacted_in_24h=12, current_credit=1500))

    assert (account.id, account.name, account.phone) == (1, "Zampa", "+390000000000")
    assert (account.daily_limit, account.contacted_in_24h) == (100_000, 12)
    assert account.credit_millis == 1500
    assert (account.quality, account.phone_status) == (Quality.HIGH, "connected")
    assert account.timezone == "Europe/Rome"
    assert account.is_active
    assert account.primary_channel_id == 7


def test_numbers_given_as_text_are_numbers():
    account = Account.from_payload(
        account_payload(id="1", daily_limit="1000", contacted_in_24h="7", current_credit="-20")
    )

    assert (account.id, account.daily_limit, account.contacted_in_24h) == (1, 1000, 7)
    assert account.credit_millis == -20


@pytest.mark.parametrize(
    ("word", "people"),
    [("TIER_250", 250), ("tier_10k", 10_000), ("TIER_UNLIMITED", UNLIMITED)],
)
def test_a_tier_given_by_metas_name_is_its_number_of_people(word, people):
    assert Account.from_payload(account_payload(daily_limit=word)).daily_limit == people
    assert Channel.from_payload(channel_payload(daily_limit=word)).daily_limit == people


def test_a_count_of_people_is_never_a_tiers_name():
    payload = account_payload(contacted_in_24h="TIER_10K")

    assert Account.from_payload(payload).contacted_in_24h is None


@pytest.mark.parametrize("value", [None, -1, "TIER_NOT_SET", "TIER_5M", True, [], 1.5])
def test_a_limit_that_is_no_count_is_not_known(value):
    assert Account.from_payload(account_payload(daily_limit=value)).daily_limit is None
    assert Channel.from_payload(channel_payload(daily_limit=value)).daily_limit is None


@pytest.mark.parametrize(
    ("word", "quality"),
    [
        ("High", "high"),
        ("GREEN", "high"),
        ("medium", "medium"),
        ("yellow", "medium"),
        ("low", "low"),
        ("RED", "low"),
        (3, "unknown"),
        ("superb", "unknown"),
        (None, "unknown"),
    ],
)
def test_the_quality_of_a_number_has_our_name(word, quality):
    assert Account.from_payload(account_payload(quality_score=word)).quality == quality
    assert Channel.from_payload(channel_payload(quality_score=word)).quality == quality


def test_a_quality_that_we_do_not_know_keeps_its_word():
    assert Account.from_payload(account_payload(quality_score="Superb")).quality_word == "superb"


def test_a_bare_account_is_read():
    account = Account.from_payload({"id": 1})

    assert (account.name, account.phone, account.phone_status) == ("", None, "unknown")
    assert account.quality is Quality.UNKNOWN
    assert account.is_active
    assert account.credit_millis is None


def test_a_channel_is_read_whole():
    channel = Channel.from_payload(channel_payload())

    assert (channel.id, channel.phone, channel.is_primary) == (7, "+390000000000", True)


def test_an_older_channel_names_its_phone_identifier():
    payload = {"id": 7, "name": "Zampa", "identifier": "390000000000", "is_primary": False}

    channel = Channel.from_payload(payload)

    assert channel.phone == "+390000000000"
    assert not channel.is_primary


def test_a_contact_is_read_whole():
    contact = Contact.from_payload(
        contact_payload(
            phone="393330000001",
            email="ada@example.com",
            status="unsubscribed",
            is_blocked=True,
            has_invalid_phone="true",
            contactfield_set=[
                {"visual_code": "%%PET%%", "value": "Argo"},
                {
                    "visual_code": "%%BORN%%",
                    "value": None,
                    "value_datetime": "2020-01-01T00:00:00Z",
                },
                {"visual_code": "%%NOTHING%%", "value": None},
                "strange",
            ],
            contactfield_values={"%%CITY%%": "Bari", "NONE": None},
            tag_set=[{"id": 1, "name": "vip"}, {"id": 2}, 7],
        )
    )

    assert contact.phone == "+393330000001"
    assert contact.status is ConsentStatus.UNSUBSCRIBED
    assert contact.is_blocked
    assert contact.has_invalid_phone
    assert contact.fields == {"CITY": "Bari", "PET": "Argo", "BORN": "2020-01-01T00:00:00Z"}
    assert contact.tags == ("vip",)
    assert contact.created_at == datetime(2026, 9, 1, 8, tzinfo=UTC)


def test_a_consent_in_a_new_word_is_not_known():
    contact = Contact.from_payload(contact_payload(status="Maybe"))

    assert (contact.status, contact.status_word) == (None, "maybe")


def test_a_contact_with_an_unreadable_phone_is_kept():
    assert Contact.from_payload(contact_payload(phone="n/a")).phone is None


def test_no_person_shows_in_the_repr_of_a_contact():
    contact = Contact.from_payload(contact_payload(email="ada@example.com"))

    assert "333" not in repr(contact)
    assert "Ada" not in repr(contact)
    assert "ada@" not in repr(contact)


def test_a_contact_is_written_without_what_is_not_given():
    assert ContactWrite(phone="+393330000001").to_payload() == {"phone": "+393330000001"}


def test_a_contact_is_written_whole():
    write = ContactWrite(
        phone="+393330000001",
        first_name="",
        email="ada@example.com",
        status=ConsentStatus.UNSUBSCRIBED,
        custom_fields={"PET": "Argo"},
    )

    assert write.to_payload() == {
        "phone": "+393330000001",
        "first_name": "",
        "email": "ada@example.com",
        "status": "Unsubscribed",
        "custom_fields": {"PET": "Argo"},
    }


@pytest.mark.parametrize(
    "payload",
    [
        [contact_payload()],
        {"results": [contact_payload()]},
        {"contacts": [contact_payload()]},
    ],
)
def test_a_bulk_answer_shows_contacts_in_several_shapes(payload):
    result = BulkSyncResult.from_payload(payload)

    assert [contact.id for contact in result.contacts] == [501]
    assert result.errors == ()
    assert result.raw == payload


def test_a_bulk_answer_keeps_the_errors_unread():
    row = {"phone": ["Invalid."]}

    result = BulkSyncResult.from_payload({"errors": [row], "results": [row]})

    assert result.errors == (row, row)


@pytest.mark.parametrize("payload", [None, {}, [], "ok"])
def test_a_bulk_answer_may_say_nothing(payload):
    result = BulkSyncResult.from_payload(payload)

    assert (result.contacts, result.errors) == ((), ())


def test_a_custom_field_is_read_whole():
    payload = {"id": 1, "label": "PET", "code": "%%PET%%", "field_type": 1, "example": "Argo"}

    field = CustomField.from_payload(payload)

    assert (field.id, field.code, field.label, field.example) == (1, "PET", "PET", "Argo")


def test_the_secret_of_a_webhook_shows_nowhere_but_in_its_field():
    webhook = Webhook.from_payload(
        {"id": 1, "event": "message.inbound", "url": "https://a.test/", "secret": "whsec_x"}
    )

    assert webhook.secret == "whsec_x"
    assert "whsec_x" not in repr(webhook)
    assert "whsec_x" not in str(webhook.raw)
    assert not webhook.is_active


@pytest.mark.parametrize(
    ("reader", "field"),
    [
        (Account, "account.id"),
        (Channel, "channel.id"),
        (Contact, "contact.id"),
        (Webhook, "webhook.id"),
    ],
)
def test_a_thing_without_id_is_of_an_unknown_shape(reader, field):
    with pytest.raises(SpokiProtocolError) as refusal:
        reader.from_payload({"name": "a"})

    assert refusal.value.field == field


@pytest.mark.parametrize("reader", [Account, Channel, Contact, CustomField, Webhook])
def test_a_thing_that_is_no_object_is_of_an_unknown_shape(reader):
    with pytest.raises(SpokiProtocolError):
        reader.from_payload(["a"])


@pytest.mark.parametrize(
    ("value", "media"),
    [
        ("https://f.test/a", Media("https://f.test/a")),
        ({"url": "https://f.test/a", "filename": "a"}, Media("https://f.test/a", "a")),
        ({"external_url": "https://f.test/a", "media": None}, Media("https://f.test/a")),
        ({}, None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_a_file_is_read_from_an_object_or_an_address(value, media):
    assert Media.from_payload(value) == media


def test_a_page_of_a_history_is_read_and_its_strange_rows_counted():
    rows = [{"uuid": "a", "direction": "Inbound", "text": "Ciao"}, {"text": "?"}, 7]

    page = HistoryPage.from_payload({"count": 40, "next": "https://x", "results": rows})

    assert [message.text for message in page.messages] == ["Ciao"]
    assert (page.has_more, page.count, page.unreadable_count) == (True, 40, 2)
    assert page.unreadable == ("direction", "object")


@pytest.mark.parametrize(
    "payload",
    [
        [{"uuid": "a", "direction": "Inbound", "text": "Ciao"}],
        {"messages": [{"uuid": "a", "direction": "inbound", "body": "Ciao"}], "has_more": True},
        {"data": [{"event": "x", "data": {"uuid": "a", "direction": "Inbound", "text": "Ciao"}}]},
        {"items": [{"message": {"uuid": "a", "direction": "INBOUND", "text": "Ciao"}}]},
    ],
)
def test_a_history_in_another_envelope_is_read_all_the_same(payload):
    page = HistoryPage.from_payload(payload)

    assert [(one.uuid, one.text) for one in page.messages] == [("a", "Ciao")]
    assert page.has_more is (isinstance(payload, dict) and "has_more" in payload)


def test_a_message_that_says_neither_who_it_is_nor_when_it_was_written_is_unreadable():
    page = HistoryPage.from_payload([{"direction": "Inbound", "text": "Ciao"}])

    assert (page.messages, page.unreadable) == ((), ("created_datetime",))


@pytest.mark.parametrize("payload", [[], {"results": [], "next": "https://x"}])
def test_an_empty_page_of_a_history_is_the_last(payload):
    assert not HistoryPage.from_payload(payload).has_more


@pytest.mark.parametrize("payload", [None, {}, {"results": {}}, "text"])
def test_a_history_of_another_shape_is_of_an_unknown_shape(payload):
    with pytest.raises(SpokiProtocolError):
        HistoryPage.from_payload(payload)


def test_an_automation_is_read_and_never_shows_its_secret():
    automation = Automation.from_payload(automation_payload(secret="geheim"))

    assert automation.triggers[0].secret == "geheim"
    assert automation.updated_at == datetime(2026, 9, 1, 8, tzinfo=UTC)
    assert "geheim" not in f"{automation!r} {automation}"


@pytest.mark.parametrize("webhooks", [None, "x", [None, 3, {}, {"uuid": None, "secret": "s"}]])
def test_an_automation_without_a_readable_trigger_has_none(webhooks):
    assert Automation.from_payload(automation_payload(webhook_set=webhooks)).triggers == ()


def test_an_automation_without_an_id_is_not_understood():
    with pytest.raises(SpokiProtocolError, match=r"automation\.id"):
        Automation.from_payload({"name": "Natale"})
