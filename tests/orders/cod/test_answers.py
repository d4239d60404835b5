"""What customers answer, in whatever order it comes."""

import pytest

from audiences.models import Contact
from campaigns.models import OutboundMessage
from conversations.models import Message
from orders.cod import silence
from orders.models import Order
from tests.factories.audiences import make_contact
from tests.orders.cod.world import (
    CANCEL,
    CHANGE,
    CONFIRM,
    FIVE,
    PHONE,
    SIX,
    advertise,
    after,
    asked,
    calls,
    change,
    leaves,
    place,
    questions,
    replies_to,
    state,
    steps,
    taps,
    writes,
)
from tests.orders.taking.bodies import ORDER, at, fulfillment, hear
from tests.orders.taking.bodies import customer as account

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("asking_shop")]


def notes(order):
    found = order.shop_calls.filter(kind="append_note").order_by("pk")
    return [call.payload["text"] for call in found]


def test_the_question_names_its_buttons_and_a_tap_confirms(giulia):
    order, question = asked()

    taps(CONFIRM, question, at=FIVE)

    assert state(order) == "confirmed"
    assert (order.answered_at, order.asked_at) == (FIVE, after())
    assert calls(order) == [("add_tags", ["COD"]), ("add_tags", ["COD-confermato"])]
    assert notes(order) == ["23/11/2026 10:35 – Contrassegno: confermato dal cliente su WhatsApp."]
    assert replies_to(giulia) == []


@pytest.mark.parametrize(
    ("button", "status", "tag"),
    [(CHANGE, "change_requested", "COD-modifica"), (CANCEL, "cancel_requested", "COD-annulla")],
)
def test_the_other_buttons_ask_for_a_person(giulia, button, status, tag):
    order, question = asked()

    taps(button, question, at=FIVE)

    assert state(order) == status
    assert calls(order)[-1] == ("add_tags", [tag])


@pytest.mark.parametrize(
    "told",
    [{"payload": ""}, {"replyToMessageUid": None}, {"payload": "", "replyToMessageUid": None}],
)
@pytest.mark.parametrize(
    ("button", "status"), [(CONFIRM, "confirmed"), (CANCEL, "cancel_requested")]
)
def test_a_tap_counts_by_payload_by_reference_or_by_its_label(giulia, told, button, status):
    order, question = asked()

    taps(button, question, at=FIVE, **told)

    assert state(order) == status


def test_an_answer_may_come_before_the_news_that_its_question_left(giulia):
    order = place()
    question = leaves(questions(order)[0], is_told=False)
    assert state(order) == "to_ask"

    taps(CONFIRM, question, at=FIVE)

    assert state(order) == "confirmed"
    assert steps(order) == ["seen", "asked", "confirmed"]
    assert order.asked_at == after()


def test_an_answer_whose_question_has_no_clear_outcome_counts(giulia):
    order = place()
    (question,) = questions(order)
    OutboundMessage.objects.filter(pk=question.pk).update(status="unknown", sending_at=after())

    taps(CONFIRM, question, at=FIVE, replyToMessageUid=None)

    assert state(order) == "confirmed"


def test_two_taps_on_the_same_button_are_one_answer(giulia):
    order, question = asked()
    taps(CONFIRM, question, at=FIVE)
    before = calls(order)

    taps(CONFIRM, question, at=SIX)

    assert (state(order), calls(order)) == ("confirmed", before)
    assert steps(order) == ["seen", "asked", "confirmed", "repeated"]


def test_the_same_message_told_twice_does_nothing_twice(giulia):
    order, question = asked()
    key = taps(CANCEL, question, at=FIVE)
    before = steps(order)

    taps(CANCEL, question, at=FIVE, uuid=key, is_updated=True)

    assert steps(order) == before


def test_of_conferma_and_then_annulla_the_last_one_stands(giulia):
    order, question = asked()

    taps(CONFIRM, question, at=FIVE)
    taps(CANCEL, question, at=SIX)

    assert state(order) == "cancel_requested"
    assert calls(order)[-2:] == [("remove_tags", ["COD-confermato"]), ("add_tags", ["COD-annulla"])]


def test_of_annulla_and_then_conferma_the_last_one_stands(giulia):
    order, question = asked()

    taps(CANCEL, question, at=FIVE)
    taps(CONFIRM, question, at=SIX)

    assert state(order) == "confirmed"
    assert calls(order)[-2:] == [("remove_tags", ["COD-annulla"]), ("add_tags", ["COD-confermato"])]


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [(CONFIRM, CANCEL, "cancel_requested"), (CANCEL, CONFIRM, "confirmed")],
)
def test_taps_that_arrive_in_the_wrong_order_end_as_they_were_made(giulia, first, second, status):
    order, question = asked()

    taps(second, question, at=SIX)
    taps(first, question, at=FIVE)

    assert state(order) == status
    assert steps(order)[-1] == "overtaken"


@pytest.mark.parametrize("first", [CONFIRM, CANCEL])
def test_of_two_taps_of_the_same_moment_the_careful_one_stands(giulia, first):
    order, question = asked()

    taps(first, question, at=FIVE)
    taps(CANCEL if first == CONFIRM else CONFIRM, question, at=FIVE)

    assert state(order) == "cancel_requested"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Sì confermo", "confirmed"),
        ("ok", "confirmed"),
        ("annulla", "cancel_requested"),
        ("NO", "cancel_requested"),
        ("CANCELLA", "cancel_requested"),
        ("Cancel", "cancel_requested"),
        ("modifica", "change_requested"),
    ],
)
def test_a_clear_text_is_an_answer_and_no_unsubscription(giulia, text, status):
    order, _question = asked()

    writes(text, at=FIVE)

    giulia.refresh_from_db()
    assert state(order) == status
    assert giulia.marketing_consent == "unknown"
    assert Message.objects.get().opt_out == ""


def test_anything_else_is_a_question_for_a_person(giulia):
    order, _question = asked()

    writes("A che ora passa il corriere?", at=FIVE)

    assert state(order) == "asked"
    assert order.cod_question_at == FIVE
    event = order.cod_events.get(verb="question")
    assert event.evidence == "A che ora passa il corriere?"


def test_stop_is_always_the_unsubscription_and_leaves_the_order_alone(giulia):
    order, question = asked()

    writes("STOP", at=FIVE, replyToMessageUid=question.provider_uuid)

    giulia.refresh_from_db()
    assert giulia.marketing_consent == "withdrawn"
    assert (state(order), order.cod_question_at) == ("asked", None)
    assert steps(order) == ["seen", "asked"]


def test_a_no_after_marketing_came_in_between_is_still_the_orders(giulia):
    order, _question = asked()
    advertise(giulia, at=after(minutes=3))

    writes("NO", at=FIVE)

    assert state(order) == "cancel_requested"


def test_a_bare_yes_after_marketing_confirms_nothing_but_a_named_one_does(giulia):
    order, question = asked()
    advertise(giulia, at=after(minutes=3))

    writes("ok", at=FIVE)
    assert (state(order), order.cod_question_at) == ("asked", None)

    writes("ok", at=FIVE, replyToMessageUid=question.provider_uuid)
    assert state(order) == "confirmed"


def test_a_reply_to_marketing_is_not_about_the_order(giulia):
    order, _question = asked()
    offer = advertise(giulia, at=after(minutes=3))
    OutboundMessage.objects.filter(pk=offer.pk).update(provider_uuid="a" * 32)

    writes("NO", at=FIVE, replyToMessageUid="a" * 32)

    assert (state(order), steps(order)) == ("asked", ["seen", "asked"])


def test_a_bare_yes_to_what_an_operator_wrote_since_confirms_nothing(giulia):
    order, _question = asked()
    Message.objects.create(
        uuid="operator", direction="outbound", phone=PHONE, text="Le va bene martedì?",
        at=after(minutes=3), news_at=after(minutes=3), contact=giulia,
    )  # fmt: skip

    writes("ok", at=FIVE)

    assert state(order) == "asked"


def test_an_answer_a_week_later_is_not_guessed(giulia):
    order, _question = asked()

    writes("ok", at=after(days=8))

    assert state(order) == "asked"


def test_a_text_of_the_customers_other_number_answers_her_order(giulia):
    other = make_contact(phone="+393339998877")
    order, _question = asked(customer=account(phone="+393339998877"))
    assert (order.contact, order.customer and order.customer.contact) == (giulia, other)

    writes("sì confermo", at=FIVE, phone="+393339998877")

    assert state(order) == "confirmed"


def test_a_stranger_confirms_nothing(giulia):
    order, _question = asked()

    writes(f"confermo ordine {order.name}", at=FIVE, phone="+393331112222")

    assert (state(order), steps(order)) == ("asked", ["seen", "asked"])
    assert Contact.objects.filter(phone="+393331112222").exists()


def test_of_two_open_orders_the_named_one_is_meant_else_the_last_one_asked(giulia):
    first, _question = asked()
    second, _other = asked(id=ORDER + 1, name="#1002", now=after(minutes=1))

    writes("confermo ordine #1001", at=FIVE)
    assert (state(first), state(second)) == ("confirmed", "asked")

    writes("annulla", at=SIX)
    assert (state(first), state(second)) == ("confirmed", "cancel_requested")


def test_after_it_was_shipped_a_yes_is_noted_and_a_wish_goes_to_a_person(giulia):
    order, question = asked()
    hear("fulfillments/create", fulfillment(), now=after(hours=4))

    taps(CANCEL, question, at=after(hours=5))
    assert (state(order), steps(order)[-1]) == ("asked", "late")
    assert order.cod_question_at == after(hours=5)

    taps(CONFIRM, question, at=after(hours=6))
    assert state(order) == "confirmed"


def test_an_answer_to_a_cancelled_order_goes_to_a_person(giulia):
    order, question = asked()
    change(minutes=3, cancelled_at=at(minutes=3), cancel_reason="customer")

    taps(CONFIRM, question, at=FIVE)

    assert (state(order), order.cod_question_at) == ("cancelled", FIVE)


def test_an_order_paid_online_meanwhile_needs_no_answer(giulia):
    order, _question = asked()

    change(minutes=3, financial_status="paid", total_outstanding="0.00")

    assert (state(order), order.cod_reason) == ("not_eligible", "order_paid")


def test_the_answer_of_a_merged_contact_counts(giulia):
    from audiences.merging import merge_contacts

    order, question = asked()
    survivor = make_contact(phone="+393339998877")
    merge_contacts(survivor=survivor, merged=giulia, taken=["phone"], by=None, now=after(minutes=3))

    taps(CONFIRM, question, at=FIVE)

    assert state(order) == "confirmed"
    assert Order.objects.get().contact == survivor


def test_a_reminder_is_answered_like_the_question(giulia):
    order, _question = asked()
    silence.follow_up(now=after(hours=4))
    (reminder,) = questions(order, "order.cod_unanswered")
    leaves(reminder, at=after(hours=4))

    taps(CONFIRM, reminder, at=after(hours=5))

    assert state(order) == "confirmed"


def test_a_question_that_failed_leaves_the_order_to_a_person(giulia):
    from orders.cod import follow

    order, question = asked()
    OutboundMessage.objects.filter(pk=question.pk).update(status="failed")

    follow.message_told(question.pk, FIVE)

    assert (state(order), order.cod_reason) == ("not_eligible", "question_lost")
    silence.follow_up(now=after(hours=5))
    assert len(questions(order)) == 1
