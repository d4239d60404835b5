"""News of messages sent to customers: ours, ours not yet known by uuid, those of others."""

import pytest

from campaigns.alerts import text_of
from campaigns.models import Alert
from conversations.models import Message
from tests.conversations.payloads import (
    BUSINESS,
    PHONE,
    UUID,
    after,
    outbound,
    process,
    receive,
)
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_message, make_number

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def number():
    return make_number(phone=f"+{BUSINESS}")


@pytest.fixture
def contact():
    return make_contact(phone=PHONE)


def test_a_status_moves_our_message_forward(contact):
    sent = make_message(contact=contact, status="accepted", provider_uuid=UUID)

    row = receive(outbound("Delivered", at=after(seconds=9)), now=after(seconds=10))

    sent.refresh_from_db()
    assert (row.state, row.outcome) == ("done", "status")
    assert (sent.status, sent.delivered_at) == ("delivered", after(seconds=9))
    assert Message.objects.count() == 0


def test_a_status_dated_in_the_future_counts_from_its_arrival(contact):
    sent = make_message(contact=contact, status="accepted", provider_uuid=UUID)

    receive(outbound("Delivered", at=after(days=3)))

    sent.refresh_from_db()
    assert sent.delivered_at == after(minutes=0)


def test_statuses_that_arrive_in_the_wrong_order_end_at_the_highest(contact):
    sent = make_message(contact=contact, status="accepted", provider_uuid=UUID)

    for status in ("Read", "Delivered", "Sent"):
        receive(outbound(status))

    sent.refresh_from_db()
    assert sent.status == "read"


def test_a_failure_is_kept_with_its_code(contact):
    sent = make_message(contact=contact, status="sent", provider_uuid=UUID)

    receive(outbound("Error", error_code="131026", send_error_message="Undeliverable"))

    sent.refresh_from_db()
    assert (sent.status, sent.error_code) == ("failed", "whatsapp::131026")


@pytest.mark.parametrize("write", [lambda key: key.hex, str, lambda key: str(key).upper()])
def test_a_message_whose_answer_was_lost_is_settled_by_its_metadata(contact, write):
    sent = make_message(contact=contact, status="unknown")

    receive(outbound("Delivered", metadata={"msg": write(sent.key)}))

    sent.refresh_from_db()
    assert (sent.status, sent.provider_uuid) == ("delivered", UUID)


def test_our_reference_settles_a_message_of_which_spoki_tells_no_identifier(contact):
    sent = make_message(contact=contact, status="unknown")

    receive(outbound("Delivered", metadata={"msg": sent.key.hex}, uuid=None))

    sent.refresh_from_db()
    assert (sent.status, sent.provider_uuid) == ("delivered", None)


def test_a_status_we_do_not_know_changes_nothing(contact):
    sent = make_message(contact=contact, status="sent", provider_uuid=UUID)

    row = receive(outbound("Teleported"))

    sent.refresh_from_db()
    assert (row.state, sent.status) == ("done", "sent")


def test_a_status_that_overtakes_the_answer_of_the_send_waits_for_it(contact):
    sent = make_message(contact=contact, status="sending")

    row = receive(outbound("Delivered"))

    assert (row.state, row.outcome, row.attempts) == ("received", "waiting", 0)
    assert (row.due_at, row.event_uuid) == (after(seconds=30), UUID)
    assert Message.objects.count() == 0

    sent.provider_uuid = UUID
    sent.save()
    process(row, now=after(seconds=40))

    sent.refresh_from_db()
    assert (row.state, sent.status) == ("done", "delivered")


def test_a_status_that_waited_ten_minutes_is_a_message_written_by_others(contact):
    make_message(contact=contact, status="unknown")
    row = receive(outbound("Delivered"))

    process(row, now=after(minutes=9))
    assert row.state == "received"

    process(row, now=after(minutes=10))
    assert (row.state, row.outcome) == ("done", "by_others")
    assert Message.objects.get().status == "delivered"


def test_a_message_of_an_operator_is_kept_at_once_when_nothing_of_ours_is_awaited(contact):
    row = receive(outbound("Sent", text="Arriva domani", at=after(minutes=-1)))

    message = Message.objects.get()
    assert (row.state, row.outcome) == ("done", "by_others")
    assert (message.direction, message.text, message.status) == (
        "outbound",
        "Arriva domani",
        "sent",
    )
    assert (message.contact, message.at) == (contact, after(minutes=-1))


def test_a_message_with_a_key_that_is_not_ours_is_kept_at_once(contact):
    make_message(contact=contact, status="sending")

    row = receive(outbound("Sent", metadata={"msg": "f" * 32}))

    assert (row.state, row.outcome) == ("done", "by_others")


def test_the_status_of_a_message_of_others_only_moves_forward(contact):
    for status in ("Sent", "Read", "Delivered", "Error"):
        receive(outbound(status))

    assert Message.objects.get().status == "read"


def test_a_message_of_others_to_an_unknown_person_is_kept_without_a_contact():
    receive(outbound("Sent"))

    message = Message.objects.get()
    assert (message.contact, message.phone) == (None, PHONE)


@pytest.fixture
def nameless(contact):
    """An answer of ours that Spoki took without saying what it calls it."""
    return make_message(
        contact=contact, kind="text", text="Arriva  domani", status="unknown", lane=0
    )


def test_ours_without_a_name_is_known_by_number_words_and_moment_when_no_key_comes_back(nameless):
    row = receive(outbound("Sent", text="Arriva domani", at=after(seconds=2)))
    receive(outbound("Read", text="Arriva domani", at=after(minutes=9)), now=after(minutes=9))

    nameless.refresh_from_db()
    assert (row.outcome, nameless.status, nameless.provider_uuid) == ("status", "read", UUID)
    assert Message.objects.count() == 0


@pytest.mark.parametrize(
    "told",
    [
        {"text": "Arriva oggi"},
        {"text": "Arriva domani", "to_phone": "+393470001111"},
        {"text": "Arriva domani", "at": after(minutes=-20)},
        {"text": "Arriva domani", "metadata": {"msg": "f" * 32}},
        {"text": None},
    ],
)
def test_other_words_another_number_another_hour_or_another_key_are_not_ours(nameless, told):
    row = receive(outbound("Sent", **told))
    process(row, now=after(minutes=10))

    nameless.refresh_from_db()
    assert (nameless.status, nameless.provider_uuid) == ("unknown", None)
    assert Message.objects.count() == 1


def test_of_two_equal_ones_without_a_name_each_has_its_own(contact, nameless):
    second = make_message(
        contact=contact,
        kind="text",
        text="Arriva domani",
        status="unknown",
        lane=0,
        sending_at=after(minutes=1),
    )

    for uuid, seconds in (("a" * 32, 1), ("b" * 32, 61)):
        receive(
            outbound("Sent", text="Arriva domani", uuid=uuid, at=after(seconds=seconds)),
            now=after(minutes=2),
        )

    assert [one.provider_uuid for one in type(second).objects.order_by("sending_at")] == [
        "a" * 32,
        "b" * 32,
    ]


def test_a_send_that_was_never_named_long_ago_holds_up_no_message_of_an_operator(contact):
    make_message(contact=contact, status="unknown", sending_at=after(minutes=-11))

    row = receive(outbound("Sent", text="Arriva domani"))

    assert (row.state, row.outcome) == ("done", "by_others")


@pytest.mark.parametrize("status", ["accepted", "sent"])
def test_ours_that_spoki_knows_by_its_number_alone_is_known_by_it(contact, status):
    sent = make_message(contact=contact, status=status, provider_id="991")
    make_message(contact=make_contact(), status=status, provider_id="991")

    row = receive(outbound("Read", uuid=None, id=991, text=None))

    sent.refresh_from_db()
    assert (row.outcome, sent.status) == ("status", "read")
    assert Message.objects.count() == 0


def test_ours_that_was_taken_by_its_number_learns_the_uuid_that_comes_with_it(contact):
    sent = make_message(contact=contact, status="accepted", provider_id="991")

    receive(outbound("Sent", id="991", text=None))
    receive(outbound("Delivered", text=None))

    sent.refresh_from_db()
    assert (sent.status, sent.provider_uuid) == ("delivered", UUID)


def test_a_number_says_nothing_of_a_message_that_has_another_uuid(contact):
    sent = make_message(
        contact=contact, status="accepted", provider_id="991", provider_uuid="a" * 32
    )

    receive(outbound("Read", id=991))

    sent.refresh_from_db()
    assert (sent.status, Message.objects.count()) == ("accepted", 1)


@pytest.fixture
def unconfirmed(contact):
    """A template of ours that Spoki took without saying what it calls it."""
    return make_message(contact=contact, status="unknown", reason="no_identifier", lane=1)


@pytest.mark.parametrize("text", [None, "Ciao {{FIRST_NAME}}"])
def test_a_template_without_a_name_is_known_by_number_template_and_moment(unconfirmed, text):
    template = unconfirmed.template_version.template.spoki_id
    first = receive(outbound("Sent", text=text))

    receive(outbound("Delivered", text=text, template=template, at=after(seconds=5)))
    process(first, now=after(seconds=40))

    unconfirmed.refresh_from_db()
    assert (unconfirmed.status, unconfirmed.provider_uuid) == ("delivered", UUID)
    assert (first.outcome, Message.objects.count()) == ("status", 0)


def test_another_template_is_not_ours(unconfirmed):
    other = unconfirmed.template_version.template.spoki_id + 1

    process(receive(outbound("Sent", text=None, template=other)), now=after(minutes=10))

    unconfirmed.refresh_from_db()
    assert (unconfirmed.status, Message.objects.count()) == ("unknown", 1)


def test_people_are_told_once_of_a_status_that_nobody_knows(contact):
    make_message(contact=contact, status="sent", provider_uuid=UUID)

    receive(outbound("Teleported"))
    receive(outbound("Teleported", again=True))

    alert = Alert.objects.get(code="spoki_status_unknown")
    assert "“Teleported”" in text_of(alert, now=after(minutes=1))
