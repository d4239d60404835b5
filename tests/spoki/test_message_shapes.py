"""Sends as they go over the wire, and the answers to them."""

import pytest

from spoki import (
    AutomationContact,
    AutomationStart,
    ButtonPayload,
    InteractiveSend,
    Media,
    Menu,
    MenuRow,
    MenuSection,
    MessageStatus,
    ReplyButton,
    SendReceipt,
    TemplateSend,
    TextSend,
)

UUID = "0f0e0d0c0b0a09080706050403020100"
PHONE = "+393330000001"


@pytest.mark.parametrize(
    ("payload", "uuid", "number"),
    [
        ({"id": 7, "uuid": UUID, "status": "Pending"}, UUID, "7"),
        ({"uuid": "0F0E0D0C-0B0A-0908-0706-050403020100"}, UUID, None),
        ({"id": 7}, None, "7"),
        ({"id": "7"}, None, "7"),
        ({"id": UUID}, UUID, None),
        ({"message_id": UUID}, UUID, None),
        ({"messageId": 7}, None, "7"),
        ({"message": {"uuid": UUID, "id": 7}}, UUID, "7"),
        ({"data": {"message_id": 7}}, None, "7"),
        ({"result": {"messageId": UUID}}, UUID, None),
        ({"message": "queued", "data": {"uuid": UUID}}, UUID, None),
        ({"uuid": "", "id": 7}, None, "7"),
        ({"uuid": "wamid.X", "id": None}, "wamid.X", None),
    ],
)
def test_an_identifier_confirms_a_send_wherever_it_lies(payload, uuid, number):
    receipt = SendReceipt.from_payload(payload)

    assert (receipt.uuid, receipt.id) == (uuid, number)
    assert receipt.is_confirmed


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"detail": "Message queued"},
        {"accepted": True},
        {"id": None, "uuid": ""},
        {"id": True},
        {"message": "ok"},
        {"contact": {"id": 7}},
    ],
)
def test_an_answer_without_identifier_confirms_nothing(payload):
    assert not SendReceipt.from_payload(payload).is_confirmed


def test_a_receipt_tells_how_far_the_message_is():
    receipt = SendReceipt.from_payload({"uuid": UUID, "status": "Queued"})

    assert receipt.status is MessageStatus.PENDING
    assert not receipt.is_held


@pytest.mark.parametrize("key", ["status", "message_status"])
def test_a_message_that_meta_holds_back_is_pending_and_held(key):
    receipt = SendReceipt.from_payload({"uuid": UUID, key: "held_for_quality_assessment"})

    assert receipt.status is MessageStatus.PENDING
    assert receipt.is_held


def test_a_message_that_failed_at_once_tells_why():
    receipt = SendReceipt.from_payload(
        {"uuid": UUID, "status": "Error", "send_error_message": "whatsapp::131026"}
    )

    assert receipt.status is MessageStatus.FAILED
    assert receipt.error_code == "whatsapp::131026"


def test_a_template_send_leaves_out_what_it_lacks():
    send = TemplateSend(phone=PHONE, template_id=1001, language="it")

    assert send.to_payload() == {
        "type": "Template",
        "phone": PHONE,
        "template": 1001,
        "language": "IT",
        "custom_fields": {},
    }


def test_a_full_template_send_goes_out_whole():
    send = TemplateSend(
        phone=PHONE,
        template_id=1001,
        language="it",
        variables={"FIRST_NAME": "Ada"},
        metadata={"msg": "8f2c6a0e"},
        buttons=[ButtonPayload(0, "confirm:8f2c")],
        channel_id=7,
        header_media=Media("https://files.test/h.pdf", "fattura.pdf"),
        header_media_set=[Media("https://files.test/c.jpg")],
        first_name="Ada",
        last_name="Bianchi",
        email="ada@example.com",
    )

    assert send.to_payload() == {
        "type": "Template",
        "phone": PHONE,
        "template": 1001,
        "language": "IT",
        "custom_fields": {"FIRST_NAME": "Ada"},
        "metadata": {"msg": "8f2c6a0e"},
        "buttons": [{"order": 0, "payload": "confirm:8f2c"}],
        "header_media": {"url": "https://files.test/h.pdf", "filename": "fattura.pdf"},
        "header_media_set": [{"url": "https://files.test/c.jpg"}],
        "channel_id": 7,
        "first_name": "Ada",
        "last_name": "Bianchi",
        "email": "ada@example.com",
    }


def test_a_text_goes_out_as_a_message():
    send = TextSend(phone=PHONE, text="Ciao", metadata={"msg": "a"}, channel_id=7)

    assert send.to_payload() == {
        "type": "Message",
        "content_type": "Text",
        "phone": PHONE,
        "text": "Ciao",
        "metadata": {"msg": "a"},
        "channel_id": 7,
    }


def test_reply_buttons_go_out_in_their_order():
    send = InteractiveSend(
        phone=PHONE,
        text="Confermi?",
        buttons=[ReplyButton("Sì, confermo", "yes"), ReplyButton("Annulla", "no")],
        header="Ordine",
        footer="Zampa",
        metadata={"msg": "a"},
        channel_id=7,
    )

    assert send.to_payload() == {
        "type": "Message",
        "content_type": "Interactive",
        "phone": PHONE,
        "text": "Confermi?",
        "buttons": [
            {"button_type": "quick_reply", "text": "Sì, confermo", "order": 0, "payload": "yes"},
            {"button_type": "quick_reply", "text": "Annulla", "order": 1, "payload": "no"},
        ],
        "header": {"format": "text", "text": "Ordine"},
        "footer": {"text": "Zampa"},
        "metadata": {"msg": "a"},
        "channel_id": 7,
    }


def test_a_menu_goes_out_as_a_list():
    menu = Menu("Scegli", [MenuSection("Orari", [MenuRow("Mattina", "am", "fino alle 12")])])

    payload = InteractiveSend(phone=PHONE, text="Quando?", menu=menu).to_payload()

    assert payload == {
        "type": "Message",
        "content_type": "List",
        "phone": PHONE,
        "text": "Quando?",
        "list": {
            "title": "Scegli",
            "sections": [
                {
                    "title": "Orari",
                    "rows": [{"title": "Mattina", "description": "fino alle 12", "payload": "am"}],
                }
            ],
        },
    }


def test_an_automation_start_carries_the_secret_and_what_is_known():
    contact = AutomationContact(
        phone=PHONE, first_name="Ada", language="it", variables={"CODE": "X"}, metadata={"msg": "a"}
    )

    assert AutomationStart(uuid="u", secret="s", contact=contact).to_payload() == {
        "secret": "s",
        "phone": PHONE,
        "first_name": "Ada",
        "language": "it",
        "custom_fields": {"CODE": "X"},
        "metadata": {"msg": "a"},
    }


@pytest.mark.parametrize(
    "thing",
    [
        TemplateSend(
            phone=PHONE, template_id=1, language="it", variables={"A": "Ada"}, first_name="Ada"
        ),
        TextSend(phone=PHONE, text="Ciao Ada"),
        InteractiveSend(phone=PHONE, text="Ciao Ada", header="Ada", footer="Ada"),
        AutomationStart(
            uuid="u", secret="Ada", contact=AutomationContact(phone=PHONE, first_name="Ada")
        ),
        SendReceipt.from_payload({"uuid": UUID, "phone": PHONE, "text": "Ada"}),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_no_person_shows_in_the_repr_of_a_message(thing):
    assert "333" not in repr(thing)
    assert "Ada" not in repr(thing)
