"""An answer: queued once per click in the reply lane, or refused with a sentence and nothing done."""

from datetime import timedelta
from uuid import uuid4

import pytest

from audiences.merging import merge_contacts
from audiences.models import ConsentState, Contact
from audiences.privacy import erase_contact
from campaigns.models import Lane, OutboundMessage, SpokiAccount, WhatsAppNumber
from campaigns.models.account import default_marketing_hours
from conversations.models import Conversation, Reply
from conversations.replies import ReplyRefused, send_template, send_text
from conversations.standing import note_inbound
from tests.conftest import NOW
from tests.conversations.replies.conftest import KEY
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_message
from tests.factories.conversations import make_window
from tests.factories.templates import make_version

pytestmark = pytest.mark.django_db


def say(contact, text="Parte oggi!", **changes):
    return send_text(
        **{"contact": contact, "text": text, "key": KEY, "by": None, "now": NOW} | changes
    )


def offer(contact, version, **changes):
    known = {"contact": contact, "version": version, "variables": {"FIRST_NAME": "Ada"}, "key": KEY, "by": None, "now": NOW}  # fmt: skip
    return send_template(**known | changes)


def utility(**changes):
    return make_version(**{"category": "utility", "body": "Ciao %%FIRST_NAME%%, ecco."} | changes)


def refusal(do, *args, **changes):
    """The code of the refusal; nothing was queued, counted or written down."""
    before = list(Conversation.objects.values())
    with pytest.raises(ReplyRefused) as caught:
        do(*args, **changes)
    assert caught.value.sentence
    assert (OutboundMessage.objects.count(), Reply.objects.count()) == (0, 0)
    assert list(Conversation.objects.values()) == before
    return caught.value.code


def test_a_text_is_queued_in_the_reply_lane_and_may_leave_until_the_window_closes(writing, sara):
    message = say(writing, " Parte oggi!\r\nCiao ", by=sara)

    message.refresh_from_db()
    assert (message.lane, message.kind, message.text) == (Lane.REPLY, "text", "Parte oggi!\nCiao")
    assert (message.phone, message.status, message.params) == ("+393475550199", "queued", {})
    assert (message.due_at, message.expires_at) == (NOW, NOW + timedelta(hours=1))
    assert message.number == WhatsAppNumber.objects.get()
    reply = Reply.objects.get()
    assert (reply.contact, reply.key, reply.message, reply.by, reply.at) == (writing, KEY, message, sara, NOW)  # fmt: skip


def test_whoever_was_answered_waits_no_more(writing):
    note_inbound(contact=writing, at=NOW, text="Ciao?", is_settled=False, now=NOW)

    say(writing, now=NOW + timedelta(minutes=1))

    row = Conversation.objects.get()
    assert (row.unanswered_since, row.unread_count, row.preview) == (None, 0, "Parte oggi!")


def test_buttons_go_with_the_text(writing):
    message = say(writing, buttons=["Sì", " ", " Più  tardi "])

    assert message.params == {"buttons": ["Sì", "Più tardi"]}


@pytest.mark.parametrize(
    ("text", "buttons", "code"),
    [
        ("  \n ", [], "empty"),
        ("x" * 4_097, [], "too_long"),
        ("x" * 1_025, ["Sì"], "too_long"),
        ("Ciao", ["1", "2", "3", "4"], "buttons"),
        ("Ciao", ["x" * 21], "buttons"),
        ("Ciao", ["Sì", "SÌ"], "buttons"),
    ],
)
def test_what_whatsapp_would_not_take_is_refused(writing, text, buttons, code):
    assert refusal(say, writing, text, buttons=buttons) == code


@pytest.mark.parametrize(("length", "buttons"), [(4_096, []), (1_024, ["Sì"])])
def test_the_longest_text_fits(writing, length, buttons):
    assert len(say(writing, "x" * length, buttons=buttons).text) == length


def test_the_same_click_again_is_the_same_message(writing):
    first = say(writing)

    # The window has closed meanwhile: it was sent all the same.
    assert say(writing, now=NOW + timedelta(hours=3)) == first
    assert (OutboundMessage.objects.count(), Reply.objects.count()) == (1, 1)


def test_another_text_under_a_used_key_is_never_taken_for_the_first(writing):
    say(writing)

    with pytest.raises(ReplyRefused) as caught:
        say(writing, "Parte domani!")

    assert caught.value.code == "key_used"
    assert OutboundMessage.objects.get().text == "Parte oggi!"


def test_another_click_is_another_message(writing):
    assert say(writing) != say(writing, key=uuid4())


def test_a_text_outside_of_the_window_is_refused(giulia):
    assert refusal(say, giulia) == "window_closed"

    make_window(contact=giulia, closes_at=NOW)
    assert refusal(say, giulia) == "window_closed"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"is_blocked": True}, "blocked"),
        ({"has_invalid_phone": True}, "invalid_phone"),
        ({"can_receive_whatsapp": False}, "not_a_mobile"),
        ({"phone": None, "can_receive_whatsapp": False}, "no_phone"),
    ],
)
def test_whoever_whatsapp_does_not_reach_is_not_written_to(writing, changes, code):
    Contact.objects.filter(pk=writing.pk).update(**changes)

    assert refusal(say, writing) == code
    assert refusal(offer, writing, utility()) == code


def test_whoever_was_erased_is_not_written_to(writing, sara):
    erase_contact(contact=writing, why="GDPR", by=sara, now=NOW)

    assert refusal(say, writing) == "erased"


def test_while_sending_is_stopped_nothing_is_queued(writing):
    SpokiAccount.objects.update(paused_at=NOW, pause_code="credit_exhausted")

    assert refusal(say, writing) == "paused"
    assert refusal(offer, writing, utility()) == "paused"


def test_a_long_halt_of_texts_refuses_texts_and_a_short_one_only_delays_them(writing):
    SpokiAccount.objects.update(texts_frozen_until=NOW + timedelta(seconds=61))
    assert refusal(say, writing) == "frozen"

    SpokiAccount.objects.update(texts_frozen_until=NOW + timedelta(seconds=60))
    assert say(writing).status == "queued"


def test_a_halt_of_templates_leaves_texts_alone(writing):
    SpokiAccount.objects.update(templates_frozen_until=NOW + timedelta(hours=1))

    assert refusal(offer, writing, utility()) == "frozen"
    assert say(writing).status == "queued"


def test_without_a_number_nothing_is_queued(giulia):
    WhatsAppNumber.objects.all().delete()

    assert refusal(offer, giulia, utility()) == "no_number"


def test_a_merged_customer_is_written_to_where_she_is_now(writing, sara):
    kept = make_contact(phone="+393475550000")
    merge_contacts(survivor=kept, merged=writing, taken=[], why="doppio", by=sara, now=NOW)
    make_window(contact=kept)

    message = say(writing)

    assert (message.contact, message.phone) == (kept, "+393475550000")


def test_a_template_writes_first_to_whoever_never_wrote(giulia, sara):
    version = utility()

    message = offer(giulia, version, by=sara)

    message.refresh_from_db()
    assert (message.lane, message.kind, message.template_version) == (Lane.REPLY, "template", version)  # fmt: skip
    assert (message.params, message.text) == ({"FIRST_NAME": "Ada"}, "")
    assert message.expires_at == NOW + timedelta(hours=24)
    row = Conversation.objects.get()
    assert (row.contact, row.preview, row.preview_kind) == (giulia, "Ciao Ada, ecco.", "template")
    assert row.unanswered_since is None


def test_a_template_may_be_sent_in_the_window_too(writing):
    assert offer(writing, utility()).status == "queued"


def test_the_same_click_on_a_template_is_the_same_message(giulia):
    version = utility()

    assert offer(giulia, version) == offer(giulia, version)
    with pytest.raises(ReplyRefused) as caught:
        offer(giulia, version, variables={"FIRST_NAME": "Eva"})
    assert caught.value.code == "key_used"
    assert OutboundMessage.objects.count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "paused"},
        {"status": "pending"},
        {"held_at": NOW},
        {"superseded_at": NOW},
        {"category": "marketing", "requested_category": "utility"},
        {"category": "authentication"},
    ],
)
def test_a_template_that_may_not_be_sent_is_refused(giulia, changes):
    assert refusal(offer, giulia, utility(**changes)) == "template"


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({}, "missing_value"),
        ({"FIRST_NAME": "  "}, "missing_value"),
        ({"FIRST_NAME": "Ada", "CODE": "X"}, "unknown_variable"),
        ({"FIRST_NAME": "x" * 513}, "value_too_long"),
    ],
)
def test_a_template_needs_each_of_its_values_and_no_other(giulia, variables, code):
    assert refusal(offer, giulia, utility(), variables=variables) == code


def test_a_value_leaves_on_one_line(giulia):
    assert offer(giulia, utility(), variables={"FIRST_NAME": " Ada\nRiva\t"}).params == {"FIRST_NAME": "Ada Riva"}  # fmt: skip


@pytest.mark.parametrize(
    ("consent", "code"),
    [(ConsentState.WITHDRAWN, "consent_withdrawn"), (ConsentState.UNKNOWN, "no_consent")],
)
def test_an_offer_goes_only_to_whoever_agreed_to_offers(writing, consent, code):
    Contact.objects.filter(pk=writing.pk).update(marketing_consent=consent)

    assert refusal(offer, writing, make_version()) == code
    assert say(writing).status == "queued"


def test_an_offer_to_whoever_agreed_is_queued(giulia):
    Contact.objects.filter(pk=giulia.pk).update(marketing_consent=ConsentState.GIVEN)

    assert offer(giulia, make_version()).status == "queued"


def test_whoever_wants_no_messages_about_orders_is_answered_and_not_written_to_first(giulia):
    Contact.objects.filter(pk=giulia.pk).update(orders_consent=ConsentState.WITHDRAWN, orders_consent_at=NOW)  # fmt: skip
    assert refusal(offer, giulia, utility()) == "orders_withdrawn"

    later = NOW + timedelta(minutes=1)
    note_inbound(contact=giulia, at=later, text="E il rimborso?", is_settled=False, now=later)

    assert offer(giulia, utility(), now=later).status == "queued"


def test_an_offer_is_sent_at_any_hour_as_any_other_answer(writing):
    SpokiAccount.objects.update(marketing_hours=default_marketing_hours())
    at = NOW.replace(hour=20, minute=0)

    assert offer(writing, make_version(last_seen_at=at), now=at).status == "queued"


def test_an_offer_to_somebody_who_had_one_today_is_sent_all_the_same(writing):
    make_message(contact=writing, status="sent", sending_at=NOW - timedelta(hours=2))

    assert offer(writing, make_version()).status == "queued"
