"""One POST: whatever happens, it is told apart whether the message may have left."""

import time
from typing import Any

import pytest

from campaigns.models import WhatsAppNumber
from campaigns.sender.post import REMEMBERED_SECONDS, Packer, Parcel, post
from spoki import Media, SpokiThrottled, TemplateSend, TextSend
from templates_sync.models import TemplateVersion
from tests.campaigns.sender.gate import Gate, Slow
from tests.campaigns.sender.steps import claim_now, make_reserved, order_message, reply
from tests.factories.campaigns import make_number
from tests.factories.templates import make_version


def parcel(**changes) -> Parcel:
    row = make_reserved(**changes)
    return Parcel(row, TextSend(phone=row.phone, text="Ciao!"))


def send(parcel: Parcel, gate: Any) -> tuple[str, str, bool]:
    """Return the state, the reason and whether the answer was late."""
    posted = post(parcel, gate)
    assert posted.outcome is not None
    return posted.outcome.status, posted.outcome.reason, posted.was_late


def refuse_with(error: Exception) -> Gate:
    def refuse(_send):
        raise error

    return Gate(refuse)


def test_a_parcel_within_its_lease_is_sent_and_is_not_late():
    assert send(parcel(), Gate()) == ("accepted", "", False)


def test_a_parcel_whose_lease_is_over_is_not_sent():
    gate: Any = Gate()

    posted = post(parcel(start_by=time.monotonic() - 0.01), gate)

    assert (posted.outcome, gate.phones) == (None, [])


def test_an_answer_after_the_lease_is_late():
    hurried = parcel(start_by=time.monotonic() + 0.05)

    assert send(hurried, Gate(Slow(0.1))) == ("accepted", "", True)


@pytest.mark.parametrize("error", [KeyError("uuid"), MemoryError(), ValueError("odd")])
def test_an_error_that_nobody_foresaw_may_have_sent_the_message(error):
    assert send(parcel(), refuse_with(error)) == ("unknown", "no_answer", False)


def test_a_senseless_retry_after_ends_no_hand():
    senseless = SpokiThrottled("send_text", retry_after=1e14)

    assert send(parcel(), refuse_with(senseless)) == ("queued", "throttled", False)


@pytest.mark.django_db
def test_a_template_goes_out_under_our_key_in_the_language_of_the_template(calm, greeting):
    message = order_message(template_version=greeting)
    (row,) = claim_now(calm).rows

    assert Packer().pack([row]) == {
        row.id: TemplateSend(
            phone=message.phone,
            template_id=1008,
            language="it",
            variables={"FIRST_NAME": "Giulia"},
            metadata={"msg": message.key.hex},
        )
    }


@pytest.mark.django_db
def test_the_reply_buttons_of_an_order_message_say_which_message_and_which_button(calm):
    buttons = [
        {"order": n, "type": "quick_reply", "text": text} for n, text in enumerate(["Sì", "No"])
    ]
    version = make_version(category="utility", buttons=buttons)
    message = order_message(template_version=version)
    (row,) = claim_now(calm).rows

    (packed,) = Packer().pack([row]).values()

    assert isinstance(packed, TemplateSend)
    assert packed.to_payload()["buttons"] == [
        {"order": 0, "payload": f"{message.key.hex}:0"},
        {"order": 1, "payload": f"{message.key.hex}:1"},
    ]


@pytest.mark.django_db
def test_a_reply_leaves_from_the_number_it_was_written_to(calm):
    second = make_number(account=calm, spoki_channel_id=77)
    message = reply(number=second)
    (row,) = claim_now(calm).rows

    assert Packer().pack([row]) == {
        row.id: TextSend(
            phone=message.phone, text="Ciao!", metadata={"msg": message.key.hex}, channel_id=77
        )
    }


@pytest.mark.django_db
def test_a_picture_and_a_channel_that_a_sync_has_changed_are_used_within_a_second(calm, greeting):
    number = make_number(account=calm, spoki_channel_id=77)
    order_message(template_version=greeting, number=number)
    (row,) = claim_now(calm).rows
    packer = Packer(seconds=0.0)
    before = packer.pack([row])[row.id]

    media = {"type": "image", "url": "https://zampa.example/neu.jpg"}
    TemplateVersion.objects.filter(pk=greeting.pk).update(header_media=media)
    WhatsAppNumber.objects.filter(pk=number.pk).update(spoki_channel_id=78)

    after = packer.pack([row])[row.id]
    assert isinstance(before, TemplateSend)
    assert isinstance(after, TemplateSend)
    assert (before.header_media, before.channel_id) == (None, 77)
    assert (after.header_media, after.channel_id) == (Media.from_payload(media), 78)
    assert REMEMBERED_SECONDS == 1.0
