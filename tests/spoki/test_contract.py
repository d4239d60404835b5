"""One set of expectations for the fake and for the client, so that the fake cannot drift."""

from collections.abc import Iterator

import pytest
import responses

from spoki import (
    AutomationContact,
    AutomationStart,
    Component,
    ConsentStatus,
    ContactWrite,
    InteractiveSend,
    LocalizationDraft,
    MessageStatus,
    ReplyButton,
    SpokiNotFound,
    SpokiRefused,
    TemplateDraft,
    TemplateSend,
    TextSend,
)
from spoki.fake import automation_payload, contact_payload, template_payload
from tests.spoki.worlds import TROUBLES, FakeWorld, StubWorld, World

PHONE = "+393330000001"
SEND = TemplateSend(phone=PHONE, template_id=1001, language="it", variables={"NAME": "Ada"})
DRAFT = TemplateDraft("saldi", "MARKETING", [LocalizationDraft("it", "Ciao %%NAME%%!")])


@pytest.fixture(params=["fake", "client"])
def world(request) -> Iterator[World]:
    if request.param == "fake":
        yield FakeWorld()
        return
    with responses.RequestsMock(assert_all_requests_are_fired=False) as stub:
        yield StubWorld(stub)


def test_a_send_is_confirmed_pending_and_tried_once(world):
    receipt = world.gateway.send_template(SEND)

    assert receipt.is_confirmed
    assert receipt.status is MessageStatus.PENDING
    assert len(receipt.uuid) == 32
    assert world.tried_phones() == [PHONE]


def test_free_messages_are_confirmed_too(world):
    text = world.gateway.send_text(TextSend(phone=PHONE, text="Ciao"))
    buttons = world.gateway.send_interactive(
        InteractiveSend(phone=PHONE, text="Sì?", buttons=[ReplyButton("Sì", "yes")])
    )

    assert text.is_confirmed
    assert buttons.is_confirmed
    assert text.uuid != buttons.uuid


# A read has no outcome that could be unknown, and a fault after a send is nothing else.
READ_TROUBLES = [("accounts", trouble) for trouble in TROUBLES if trouble != "silence"]
SEND_TROUBLES = [("send_template", trouble) for trouble in TROUBLES if trouble != "fault"]


@pytest.mark.parametrize(("operation", "trouble"), READ_TROUBLES + SEND_TROUBLES)
def test_a_trouble_has_the_same_face(world, operation, trouble):
    sends = {"send_template": lambda: world.gateway.send_template(SEND)}
    call = sends.get(operation, world.gateway.accounts)
    expected = TROUBLES[trouble][0]
    world.break_calls(operation, trouble)

    with pytest.raises(type(expected)) as error:
        call()

    for attribute in ("retryable", "maybe_sent", "status", "code", "retry_after"):
        assert getattr(error.value, attribute) == getattr(expected, attribute), attribute


@pytest.mark.parametrize("trouble", ["throttled", "silence"])
def test_a_send_in_trouble_is_tried_once(world, trouble):
    world.break_calls("send_template", trouble)

    with pytest.raises(type(TROUBLES[trouble][0])):
        world.gateway.send_template(SEND)

    assert world.tried_phones() == [PHONE]


def test_an_answer_without_identifier_confirms_nothing(world):
    world.break_calls("send_template", "unconfirmed")

    assert not world.gateway.send_template(SEND).is_confirmed


@pytest.mark.parametrize(
    ("send", "code"),
    [
        (TemplateSend(phone="333", template_id=1, language="it"), "local::invalid_phone"),
        (
            TemplateSend(phone=PHONE, template_id=1, language="it", variables={"A": " "}),
            "local::empty_variable",
        ),
        (
            TemplateSend(phone=PHONE, template_id=1, language="it", variables={"A": "a\nb"}),
            "local::variable_layout",
        ),
    ],
)
def test_what_meta_would_fail_is_refused_before_it_leaves(world, send, code):
    with pytest.raises(SpokiRefused) as refusal:
        world.gateway.send_template(send)

    assert refusal.value.code == code
    assert world.tried_phones() == []


def test_a_text_without_words_is_refused_before_it_leaves(world):
    with pytest.raises(SpokiRefused, match="local::empty_text"):
        world.gateway.send_text(TextSend(phone=PHONE, text=" "))

    assert world.tried_phones() == []


@pytest.mark.parametrize(
    ("uuid", "phone", "code"),
    [("a/b", PHONE, "local::invalid_trigger"), ("u", "333", "local::invalid_phone")],
)
def test_an_automation_is_checked_before_it_starts(world, uuid, phone, code):
    contact = AutomationContact(phone=phone)

    with pytest.raises(SpokiRefused, match=code):
        world.gateway.start_automation(AutomationStart(uuid=uuid, secret="s", contact=contact))
    with pytest.raises(SpokiRefused, match=code):
        world.gateway.start_automation_bulk(uuid, "s", [contact])


def test_automations_are_listed_with_what_starts_them(world):
    world.add("automations", automation_payload(id=301, name="Natale", uuid="u-1", secret="s-1"))
    world.add("automations", automation_payload(id=302, is_active=False, webhook_set=[]))

    natale, asleep = world.gateway.automations()

    assert (natale.id, natale.name, natale.is_active) == (301, "Natale", True)
    assert [(one.uuid, one.secret) for one in natale.triggers] == [("u-1", "s-1")]
    assert (asleep.is_active, asleep.triggers) == (False, ())


def test_the_account_and_its_number_are_read(world):
    (account,) = world.gateway.accounts()
    (channel,) = world.gateway.channels()

    assert (account.daily_limit, account.credit_millis) == (100_000, 1_000_000)
    assert channel.id == account.primary_channel_id


def test_templates_are_listed_and_read_alike(world):
    world.add("templates", template_payload(id=1))
    world.add("templates", template_payload(id=2, name="saldi", body="Ciao %%CODE%%."))

    listed = list(world.gateway.templates())

    assert [template.id for template in listed] == [1, 2]
    assert world.gateway.template(2) == listed[1]
    assert listed[1].customfields == ("CODE",)


@pytest.mark.parametrize("method", ["template", "submit_template", "delete_template"])
def test_a_template_that_is_not_there_is_not_found(world, method):
    with pytest.raises(SpokiNotFound) as error:
        getattr(world.gateway, method)(404)

    assert error.value.status == 404


def test_a_template_is_created_submitted_and_removed(world):
    made = world.gateway.create_template(DRAFT)
    world.gateway.submit_template(made.id)

    (language,) = world.gateway.template(made.id).localizations
    assert (language.body, language.status) == (Component("Ciao %%NAME%%!"), "pending")

    world.gateway.delete_template(made.id)
    assert list(world.gateway.templates()) == []


def test_a_template_is_changed(world):
    world.add("templates", template_payload(id=1))

    changed = world.gateway.update_template(1, DRAFT)

    assert (changed.id, changed.name) == (1, "saldi")


def test_a_contact_is_found_by_its_phone_in_either_writing(world):
    world.add("contacts", contact_payload(id=1))
    world.add("contacts", contact_payload(id=2, phone="393330000001"))
    world.add("contacts", contact_payload(id=3, phone="+393330000003"))

    found = world.gateway.contacts(phone=PHONE)

    assert [contact.id for contact in found] == [1, 2]


def test_a_sync_makes_a_contact_and_then_changes_only_what_is_given(world):
    made = world.gateway.sync_contact(
        ContactWrite(phone=PHONE, first_name="Ada", status=ConsentStatus.SUBSCRIBED)
    )
    changed = world.gateway.sync_contact(ContactWrite(phone=PHONE, last_name="Bianchi"))

    assert changed.id == made.id
    assert (changed.first_name, changed.last_name) == ("Ada", "Bianchi")
    assert changed.status is ConsentStatus.SUBSCRIBED


def test_many_contacts_are_synced_at_once(world):
    writes = [ContactWrite(phone=PHONE), ContactWrite(phone="+393330000002")]

    result = world.gateway.sync_contacts(writes)

    assert [contact.phone for contact in result.contacts] == [PHONE, "+393330000002"]
    assert result.errors == ()


def test_more_contacts_than_spoki_takes_are_a_mistake(world):
    with pytest.raises(ValueError, match="500"):
        world.gateway.sync_contacts([ContactWrite(phone=PHONE)] * 501)


def test_a_contact_is_blocked(world):
    world.add("contacts", contact_payload(id=1))

    assert world.gateway.update_contact(1, ContactWrite(phone=PHONE), is_blocked=True).is_blocked
    assert world.gateway.contact(1).is_blocked


def test_a_webhook_is_made_asleep_and_woken(world):
    made = world.gateway.create_webhook(event="message.inbound", url="https://zampa.test/")

    assert made.secret
    assert not made.is_active
    assert world.gateway.update_webhook(made.id, is_active=True).is_active
    assert [webhook.id for webhook in world.gateway.webhooks()] == [made.id]


def test_a_history_is_read_where_there_is_one(world):
    with pytest.raises(SpokiNotFound):
        world.gateway.history(PHONE)

    world.add("history", {"uuid": "a", "direction": "Inbound", "text": "Ciao"})

    (message,) = world.gateway.history(PHONE).messages
    assert message.text == "Ciao"
