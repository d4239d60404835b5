"""What a message of a history does beside being shown, and which of ours it is recognised as."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audiences.consent import record_consent
from audiences.models import ConsentPurpose, ConsentRecord
from campaigns.models import ConversationWindow, OutboundMessage
from conversations import standing
from conversations.histories.pages import understood
from conversations.joining import join
from conversations.models import Conversation, MediaFile, Message
from conversations.told import Known, Told, pair, says_of
from tests.conftest import NOW
from tests.conversations import payloads
from tests.conversations.histories.steps import (
    PHONE,
    START,
    Said,
    bring,
    deliver,
    export,
    page,
    row,
    send,
    shown,
)
from tests.factories.campaigns import make_message, make_user
from tests.factories.conversations import make_reply
from tests.factories.templates import make_version

HOUR = timedelta(hours=1)


def joined(contact, *rows, now=NOW):
    told = understood(page(*rows), PHONE, [PHONE]).told
    return join(contact=contact, told=told, source=Message.Source.HISTORY, now=now)


def test_ours_is_recognised_by_the_key_that_it_carried(giulia):
    mine = send(giulia, Said(1, False, START, "Parte oggi"), is_known=False)
    said = Said(2, False, START + HOUR, "Un altro testo")

    joined(giulia, row(said, metadata={"msg": mine.key.hex}))

    mine.refresh_from_db()
    assert (mine.provider_uuid, mine.status) == (said.uuid, "read")
    assert Message.objects.count() == 0


@pytest.mark.parametrize("is_delivered", [True, False])
def test_a_tap_told_by_its_payload_alone_is_the_one_that_a_file_told_of_by_its_label(
    giulia, is_delivered
):
    tap, told = Said(1, True, START, "Confermo"), {"payload": "Confermo", "content_type": "Button"}
    bring(giulia, export([tap]))

    if is_delivered:
        payloads.receive(payloads.inbound("", at=tap.at, uuid=tap.uuid, **told))
    else:
        joined(giulia, row(tap, text="", **told))

    assert shown(giulia) == [tap.place]
    assert Message.objects.get().uuid == tap.uuid


def test_ours_is_recognised_by_the_number_that_spokis_answer_gave_it(giulia):
    mine = send(giulia, Said(1, False, START, "Parte oggi"), is_known=False)
    OutboundMessage.objects.update(provider_id="991")

    joined(giulia, row(Said(2, False, START, "Un altro testo"), uuid=None, id=991))

    mine.refresh_from_db()
    assert (mine.status, Message.objects.count()) == ("read", 0)


def test_ours_is_recognised_by_phone_text_and_minute(giulia):
    mine = send(giulia, Said(1, False, START, "Parte  oggi"), is_known=False)
    said = Said(2, False, START + timedelta(seconds=40), "Parte oggi")

    joined(giulia, row(said))

    mine.refresh_from_db()
    assert (mine.provider_uuid, len(shown(giulia))) == (said.uuid, 1)


def test_the_same_words_an_hour_later_are_another_message(giulia):
    send(giulia, Said(1, False, START, "Parte oggi"), is_known=False)

    joined(giulia, row(Said(2, False, START + HOUR, "Parte oggi")))

    assert len(shown(giulia)) == 2


def test_a_template_of_ours_is_recognised_by_what_the_customer_read(giulia):
    version = make_version(body="Ciao %%FIRST_NAME%%, arriva oggi.", footer="Zampa")
    mine = make_message(
        contact=giulia,
        template_version=version,
        params={"FIRST_NAME": "Giulia"},
        status="accepted",
        created_at=START,
        sending_at=START,
    )

    joined(giulia, row(Said(1, False, START, "Ciao Giulia, arriva oggi.\n\nZampa")))

    mine.refresh_from_db()
    assert mine.provider_uuid == Said(1, False, START, "").uuid
    assert Message.objects.count() == 0


def test_what_may_still_become_ours_is_left_to_its_webhook(giulia):
    send(giulia, Said(1, False, NOW - timedelta(minutes=1), "Ciao"), is_known=False)

    joined(giulia, row(Said(2, False, NOW - timedelta(seconds=50), "Con la firma: Ciao")))

    assert Message.objects.count() == 0


def test_a_failure_of_long_ago_sends_nothing_again(giulia):
    one = Said(1, False, START, "Parte oggi")
    mine = make_message(
        contact=giulia, kind="text", text=one.text, params={}, status="sent", created_at=START,
        sending_at=START, provider_uuid=one.uuid,
    )  # fmt: skip

    joined(giulia, row(one, send_status="Error", error_code="131049"))

    mine.refresh_from_db()
    assert mine.status == "sent"
    assert OutboundMessage.objects.count() == 1


def test_a_stop_that_no_webhook_told_of_is_obeyed_without_a_word(giulia):
    joined(giulia, row(Said(1, True, NOW - 2 * HOUR, "STOP")))

    record = ConsentRecord.objects.get(contact=giulia, state="withdrawn")
    assert (record.purpose, record.at) == (ConsentPurpose.WHATSAPP_MARKETING, NOW - 2 * HOUR)
    assert OutboundMessage.objects.count() == 0


def test_a_stop_that_is_told_by_the_payload_of_its_button_is_obeyed(giulia):
    joined(giulia, row(Said(1, True, NOW - 48 * HOUR, ""), payload="STOP"))

    assert ConsentRecord.objects.filter(contact=giulia, state="withdrawn").count() == 1


def test_a_stop_of_long_ago_does_not_outweigh_a_later_consent(giulia):
    record_consent(
        contact=giulia,
        purpose=ConsentPurpose.WHATSAPP_MARKETING,
        state=ConsentRecord.State.GIVEN,
        source="form",
        evidence="form 7",
        at=NOW - HOUR,
        now=NOW,
    )

    joined(giulia, row(Said(1, True, START, "STOP")))

    giulia.refresh_from_db()
    assert giulia.marketing_consent == "given"
    assert ConsentRecord.objects.filter(contact=giulia, state="withdrawn").get().at == START


def test_a_start_that_only_the_history_tells_of_is_no_consent(giulia):
    joined(giulia, row(Said(1, True, NOW - HOUR, "START")))

    assert Message.objects.get().text == "START"
    assert not giulia.consents.filter(source="whatsapp").exists()


def test_what_she_wrote_within_a_day_opens_the_window(giulia):
    joined(giulia, row(Said(1, True, NOW - HOUR, "Ciao")), row(Said(2, True, START, "Salve")))

    assert ConversationWindow.objects.get().last_inbound_at == NOW - HOUR


def test_what_is_old_opens_no_window(giulia):
    joined(giulia, row(Said(1, True, START, "Ciao")))

    assert ConversationWindow.objects.count() == 0


def test_a_file_of_a_history_is_noted_to_be_fetched(giulia):
    media = [{"media": "https://files.spoki.com/a.jpg", "content_type": "image/jpeg"}]

    joined(giulia, row(Said(1, True, START, ""), content_type="Image", mediamessage_set=media))

    assert MediaFile.objects.get().state == "waiting"


def waiting():
    row = Conversation.objects.get()
    return row.unanswered_since, row.unread_count


LOST = Said(1, True, NOW - HOUR, "Quando arriva?")


def test_what_she_wrote_within_a_day_and_no_delivery_told_waits_for_an_answer(giulia):
    joined(giulia, row(LOST), row(Said(2, True, START, "Salve")))

    assert waiting() == (NOW - HOUR, 1)
    assert Conversation.objects.get().window_closes_at == ConversationWindow.objects.get().closes_at


def test_told_again_by_a_history_or_by_its_delivery_it_counts_once(giulia):
    joined(giulia, row(LOST))
    joined(giulia, row(LOST))
    deliver(LOST)
    joined(giulia, row(LOST))

    assert (waiting(), len(shown(giulia))) == ((NOW - HOUR, 1), 1)


def test_whom_a_delivery_told_of_before_the_history_changes_nothing_for(giulia):
    deliver(LOST)
    noted = Message.objects.get().noted_at

    joined(giulia, row(LOST))

    assert (Message.objects.get().noted_at, waiting()) == (noted, (NOW - HOUR, 1))


def test_a_late_delivery_does_not_bring_back_what_was_done(giulia):
    joined(giulia, row(LOST))
    standing.settle(contact=giulia, by=make_user(), now=NOW)

    deliver(LOST)

    assert waiting() == (None, 0)


def test_what_an_answer_was_given_to_since_waits_for_none(giulia):
    make_reply(contact=giulia, at=NOW - timedelta(minutes=30))

    joined(giulia, row(LOST), row(Said(2, True, NOW - timedelta(minutes=20), "E poi?")))

    assert waiting() == (NOW - timedelta(minutes=20), 1)


def test_a_lost_message_wakes_and_opens_again_as_a_delivered_one_does(giulia):
    standing.note_inbound(
        contact=giulia, at=NOW - 3 * HOUR, text="Ciao", is_settled=False, now=NOW - 3 * HOUR
    )
    standing.settle(contact=giulia, by=make_user(), now=NOW - 2 * HOUR)
    Conversation.objects.update(snoozed_until=NOW + HOUR)

    joined(giulia, row(LOST))

    found = Conversation.objects.get()
    assert waiting() == (NOW - HOUR, 1)
    assert (found.done_at, found.done_by, found.snoozed_until) == (None, None, None)


def test_a_lost_stop_and_a_lost_reaction_make_nobody_wait_and_a_lost_picture_does(giulia):
    sign = row(Said(2, True, NOW - HOUR, ""), content_type="Reaction", reaction={"emoji": "👍"})
    joined(giulia, sign)
    assert not ConversationWindow.objects.exists()

    joined(giulia, row(Said(1, True, NOW - 2 * HOUR, "STOP")))
    assert waiting() == (None, 0)

    joined(giulia, row(Said(3, True, NOW - HOUR, ""), content_type="Image", mediamessage_set=[]))
    assert waiting() == (NOW - HOUR, 1)


def test_an_uploaded_message_makes_nobody_wait_until_the_history_tells_of_it_too(giulia):
    told = Told(is_inbound=True, at=LOST.at, text=LOST.text, own_key="upload:1")
    join(contact=giulia, told=[told], source=Message.Source.UPLOAD, now=NOW)
    assert waiting() == (None, 0)

    joined(giulia, row(LOST))

    assert (waiting(), Message.objects.count()) == ((NOW - HOUR, 1), 1)


def test_what_is_known_is_only_completed(giulia):
    deliver(Said(1, True, START, "Come fu consegnato"))

    result = joined(giulia, row(Said(1, True, START, "Altre parole"), payload="si"))

    message = Message.objects.get()
    assert (message.text, message.payload, message.source) == (
        "Come fu consegnato",
        "si",
        "webhook",
    )
    assert (result.added, result.known) == (0, 1)


def test_the_status_of_what_others_wrote_moves_forward_only(giulia):
    one = Said(1, False, START, "Buongiorno")
    joined(giulia, row(one, send_status="Read"))
    joined(giulia, row(one, send_status="Sent"))

    assert Message.objects.get().status == "read"


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ciao  a\ntutti", "Ciao a tutti"), ("perche\u0301", "perch\u00e9"), ("\u200eOk ", "Ok")],
)
def test_blanks_accents_and_invisible_signs_make_no_other_message(one, other):
    assert says_of(one, "text") == says_of(other, "text")


def test_two_equal_messages_of_one_minute_stay_two():
    told = [Told(is_inbound=True, at=START, text="Ok", place=place) for place in range(2)]
    known = [Known(pk=1, is_inbound=True, at=START, says=frozenset({"Ok"}))]

    assert pair(told, known) == {0: 0}


def test_a_longer_page_asks_the_database_no_more(giulia):
    def asked(first, count):
        told = [
            row(
                Said(
                    first + place,
                    place % 2 == 0,
                    START + place * HOUR,
                    f"Messaggio {first + place}",
                )
            )
            for place in range(count)
        ]
        with CaptureQueriesContext(connection) as queries:
            joined(giulia, *told)
        return len(queries)

    few, many = asked(1, 2), asked(100, 60)

    assert len(shown(giulia)) == 62
    assert many == few
