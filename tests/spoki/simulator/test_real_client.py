"""The real client against the simulator: what one writes, the other reads."""

from collections.abc import Iterator

import pytest

from spoki import (
    AutomationContact,
    AutomationStart,
    ButtonPayload,
    ContactWrite,
    MessageEvent,
    MessageStatus,
    SpokiAuthError,
    SpokiClient,
    SpokiNotFound,
    SpokiOutcomeUnknown,
    SpokiRefused,
    SpokiThrottled,
    TemplateSend,
    TemplateStatus,
    TextSend,
    events,
)
from tests.spoki.simulator.conftest import PHONE

SEND = TemplateSend(
    phone=PHONE,
    template_id=1008,
    language="it",
    variables={"FIRST_NAME": "Ada"},
    metadata={"msg": "k1"},
)


@pytest.fixture
def client(process, control) -> Iterator[SpokiClient]:
    client = SpokiClient(
        base_url=process.url,
        api_key=process.api_key,
        history_path="/api/1/messages/",
        timeout=(1.0, 0.5),
        read_pause=0.001,
    )
    yield client
    client.close()


def _to(suffix: str) -> TemplateSend:
    return TemplateSend(
        phone=f"+393470{suffix}", template_id=1008, language="it",
        variables={"FIRST_NAME": "Ada"}, metadata={"msg": suffix},
    )  # fmt: skip


def _heard(receiver, direction) -> list[MessageEvent]:
    parsed = [events.parse(body) for _, body in receiver.deliveries]
    messages = [event for event in parsed if isinstance(event, MessageEvent)]
    assert len(messages) == len(parsed)
    return [message for message in messages if message.direction == direction]


def test_it_reads_the_account_and_its_numbers(client):
    (account,) = client.accounts()

    assert (account.id, account.daily_limit, account.credit_millis) == (501, 100_000, 5_000_000)
    assert [channel.id for channel in client.channels()] == [701, 702]


def test_it_reads_templates_of_every_shape_and_status(client):
    found = {template.id: template for template in client.templates()}
    states = {id_: one.localizations[0].status for id_, one in found.items()}

    assert len(found) == 27
    assert states[1001] == states[1005] == states[1006] == states[1007] == TemplateStatus.APPROVED
    assert states[1022] == TemplateStatus.PENDING
    assert states[1026] == TemplateStatus.UNKNOWN
    assert found[1003].customfields == ("FIRST_NAME", "ORDER_NAME", "AMOUNT_DUE")
    assert [button.text for button in found[1002].localizations[0].buttons] == [
        "Confermo",
        "Cambio indirizzo",
        "Annullo",
    ]


def test_a_send_is_confirmed_and_its_webhooks_are_understood(client, control, receiver):
    receipt = client.send_template(SEND)
    control.wait(accepted=1, idle=True)

    heard = _heard(receiver, events.Direction.OUTBOUND)
    assert receipt.is_confirmed
    assert [event.status for event in heard] == [
        MessageStatus.SENT,
        MessageStatus.DELIVERED,
        MessageStatus.READ,
    ]
    assert {(event.uuid, event.phone, event.metadata["msg"]) for event in heard} == {
        (receipt.uuid, PHONE, "k1")
    }


def test_a_tap_is_understood(client, control, receiver):
    client.send_template(
        TemplateSend(
            phone=PHONE, template_id=1003, language="it", metadata={"msg": "k1"},
            variables={"FIRST_NAME": "Ada", "ORDER_NAME": "#1", "AMOUNT_DUE": "9 €"},
            buttons=[ButtonPayload(order=0, payload="confirm:1")],
        )
    )  # fmt: skip
    control.inbound(PHONE, kind="button", button="Confermo")
    control.wait(accepted=1, idle=True)

    heard = _heard(receiver, events.Direction.INBOUND)
    assert [(event.text, event.payload, event.phone) for event in heard] == [
        ("Confermo", "confirm:1", PHONE)
    ]


@pytest.mark.parametrize(
    ("suffix", "error", "taken"),
    [
        ("901029", SpokiRefused, 0),
        ("920044", SpokiRefused, 0),
        ("900429", SpokiThrottled, 0),
        ("900401", SpokiAuthError, 0),
        ("900408", SpokiOutcomeUnknown, 1),
        ("900409", SpokiOutcomeUnknown, 1),
        ("900500", SpokiOutcomeUnknown, 0),
        ("900501", SpokiOutcomeUnknown, 1),
        ("900503", SpokiOutcomeUnknown, 1),
    ],
)
def test_every_trouble_has_its_class(client, control, suffix, error, taken):
    with pytest.raises(error):
        client.send_template(_to(suffix))

    assert len(control.messages()) == taken


@pytest.mark.parametrize("suffix", ["900200", "900201"])
def test_an_answer_without_identifier_is_not_confirmed(client, suffix):
    assert not client.send_template(_to(suffix)).is_confirmed


def test_a_text_goes_out_only_in_an_open_window(client, control):
    with pytest.raises(SpokiRefused):
        client.send_text(TextSend(phone=PHONE, text="Ciao"))
    control.inbound(PHONE)

    assert client.send_text(TextSend(phone=PHONE, text="Ciao")).is_confirmed


def test_contacts_go_up_and_come_down(client, control):
    client.sync_contacts([ContactWrite(phone=PHONE, first_name="Ada")])
    client.sync_contact(ContactWrite(phone=PHONE, last_name="Neri"))

    (contact,) = client.contacts(phone=PHONE)
    assert (contact.first_name, contact.last_name) == ("Ada", "Neri")


def test_an_automation_is_started_without_the_key(client, control):
    contact = AutomationContact(
        phone=PHONE,
        variables={"FIRST_NAME": "Ada", "PET_NAME": "Argo", "CODE": "X"},
        metadata={"msg": "a1"},
    )
    client.start_automation(
        AutomationStart(
            uuid="0b7c1f6e-5d3a-4c1e-9f68-2f1f6f0f1a01", secret="auto-secret-natale",
            contact=contact,
        )
    )  # fmt: skip

    assert control.messages()[0]["metadata"] == {"msg": "a1"}
    assert control.log(lane="automation")[0]["api_key"] == ""


def test_history_is_read_when_the_account_has_it(client, control):
    with pytest.raises(SpokiNotFound):
        client.history(PHONE)
    control.config(history=True)
    control.inbound(PHONE, text="Ciao")

    page = client.history(PHONE)
    assert [message.text for message in page.messages] == ["Ciao"]


def test_webhooks_are_made_rotated_and_removed(client, receiver):
    made = client.create_webhook(event="contact.deleted", url=receiver.url)
    secret = client.rotate_webhook_secret(made.id)

    assert made.secret != secret
    assert len(client.webhooks()) == 4
    client.delete_webhook(made.id)
    assert len(client.webhooks()) == 3
