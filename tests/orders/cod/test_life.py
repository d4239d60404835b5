"""Where a confirmation goes next, and what an answer does: pure rules."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.cod.life import (
    AFTER,
    Deed,
    Facts,
    Meaning,
    Question,
    Standing,
    Step,
    deed_of,
    is_overtaken,
    next_step,
)
from orders.models import Order

Status = Order.CodStatus
FRESH = Facts(status=Status.TO_ASK, due_cents=6490, asked_cents=None, question=Question.NONE)
WAITING = replace(FRESH, asked_cents=6490, question=Question.WAITING)
ASKED = replace(WAITING, status=Status.ASKED, question=Question.GONE)


def test_a_new_order_is_asked_about():
    assert next_step(FRESH) is Step.ASK


def test_whoever_cannot_be_asked_is_not():
    assert next_step(replace(FRESH, why_not="no_phone")) is Step.REFUSE


def test_whoever_can_be_asked_by_now_is():
    assert next_step(replace(FRESH, status=Status.NOT_ELIGIBLE)) is Step.ASK


def test_nothing_happens_while_the_question_waits():
    assert next_step(WAITING) is Step.NOTHING


def test_a_question_that_waits_says_the_new_amount():
    assert next_step(replace(WAITING, due_cents=5990)) is Step.REFRESH


@pytest.mark.parametrize("changes", [{"due_cents": 5990}, {"has_new_address": True}])
def test_a_question_that_is_written_but_not_gone_is_replaced(changes):
    assert next_step(replace(WAITING, question=Question.WRITTEN, **changes)) is Step.ASK_AGAIN


def test_a_question_that_has_gone_is_noticed_before_anything_else():
    assert next_step(replace(ASKED, status=Status.TO_ASK, due_cents=5990)) is Step.NOTICE


@pytest.mark.parametrize(
    "status", [Status.ASKED, Status.UNANSWERED, Status.CONFIRMED, Status.CHANGED]
)
def test_another_amount_is_asked_again(status):
    assert next_step(replace(ASKED, status=status, due_cents=5990)) is Step.ASK_AGAIN


@pytest.mark.parametrize("status", [Status.CHANGE_REQUESTED, Status.CANCEL_REQUESTED])
def test_while_a_person_is_at_work_nothing_is_asked_again(status):
    assert next_step(replace(ASKED, status=status, due_cents=5990)) is Step.NOTHING


@pytest.mark.parametrize("status", [Status.ASKED, Status.CONFIRMED])
def test_the_same_amount_is_not_asked_again(status):
    assert next_step(replace(ASKED, status=status, has_new_address=True)) is Step.NOTHING


def test_what_an_agent_confirmed_without_a_question_is_not_asked():
    facts = replace(ASKED, status=Status.CONFIRMED, asked_cents=None, question=Question.NONE)

    assert next_step(facts) is Step.NOTHING


@pytest.mark.parametrize("status", set(Status) - {Status.NOT_COD, Status.CANCELLED})
def test_what_shopify_cancelled_before_it_left_is_cancelled(status):
    assert next_step(replace(ASKED, status=status, is_cancelled=True)) is Step.CANCEL


@pytest.mark.parametrize("status", set(Status) - {Status.TO_ASK})
def test_a_cancellation_after_it_left_changes_no_answer(status):
    facts = replace(ASKED, status=status, is_cancelled=True, has_shipped=True)

    assert next_step(facts) is Step.NOTHING


@pytest.mark.parametrize("status", [Status.TO_ASK, Status.ASKED, Status.UNANSWERED])
def test_what_is_paid_meanwhile_needs_no_answer(status):
    facts = replace(ASKED, status=status, due_cents=0, question=Question.WAITING)

    assert next_step(facts) is Step.CLOSE


@pytest.mark.parametrize(
    "status", [Status.CONFIRMED, Status.CHANGE_REQUESTED, Status.CANCEL_REQUESTED]
)
def test_what_was_answered_stays_answered_once_it_is_paid(status):
    assert next_step(replace(ASKED, status=status, due_cents=0)) is Step.NOTHING


def test_what_left_unasked_is_not_asked():
    assert next_step(replace(WAITING, has_shipped=True)) is Step.CLOSE


def test_what_left_without_an_answer_stays_asked():
    assert next_step(replace(ASKED, has_shipped=True)) is Step.NOTHING


@pytest.mark.parametrize("facts", [ASKED, replace(WAITING, status=Status.TO_ASK)])
def test_a_question_that_never_arrives_leaves_the_order_to_a_person(facts):
    assert next_step(replace(facts, question=Question.FAILED)) is Step.REFUSE


ANY_FACTS = st.builds(
    Facts,
    status=st.sampled_from(Status),
    due_cents=st.sampled_from([0, 5990, 6490]),
    asked_cents=st.sampled_from([None, 5990, 6490]),
    question=st.sampled_from(Question),
    why_not=st.sampled_from(["", "no_phone"]),
    is_cancelled=st.booleans(),
    has_shipped=st.booleans(),
    has_new_address=st.booleans(),
)


@given(ANY_FACTS)
def test_nobody_is_asked_about_what_is_cancelled_shipped_paid_or_forbidden(facts):
    if facts.is_cancelled or facts.has_shipped or facts.due_cents == 0 or facts.why_not:
        assert next_step(facts) not in {Step.ASK, Step.ASK_AGAIN, Step.REFRESH}


@given(ANY_FACTS)
def test_every_step_is_a_legal_move(facts):
    after = {Step.CANCEL: Status.CANCELLED, Step.NOTICE: Status.ASKED}
    after |= dict.fromkeys([Step.CLOSE, Step.REFUSE], Status.NOT_ELIGIBLE)
    after |= dict.fromkeys([Step.ASK, Step.ASK_AGAIN], Status.TO_ASK)
    new = after.get(next_step(facts))

    assert new is None or new == facts.status or new in Order.COD_NEXT[Status(facts.status)]


STANDING = Standing(status=Status.ASKED)


@pytest.mark.parametrize(
    ("meaning", "deed"),
    [(Meaning.CONFIRM, Deed.CONFIRM), (Meaning.CHANGE, Deed.CHANGE), (Meaning.CANCEL, Deed.CANCEL)],
)
@pytest.mark.parametrize("status", [Status.TO_ASK, Status.ASKED, Status.UNANSWERED])
def test_an_open_question_takes_every_answer(status, meaning, deed):
    assert deed_of(meaning, replace(STANDING, status=status)) is deed


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (Status.CONFIRMED, Meaning.CONFIRM),
        (Status.CHANGED, Meaning.CONFIRM),
        (Status.CHANGE_REQUESTED, Meaning.CHANGE),
        (Status.CANCEL_REQUESTED, Meaning.CANCEL),
        (Status.CANCELLED, Meaning.CANCEL),
    ],
)
def test_the_same_answer_again_does_nothing(status, meaning):
    assert deed_of(meaning, replace(STANDING, status=status)) is Deed.NOTHING


def test_an_answer_to_the_old_amount_confirms_nothing():
    assert deed_of(Meaning.CONFIRM, replace(STANDING, is_current=False)) is Deed.OLD


@pytest.mark.parametrize("meaning", [Meaning.CHANGE, Meaning.CANCEL])
def test_an_answer_to_the_old_question_may_change_or_cancel_all_the_same(meaning):
    assert deed_of(meaning, replace(STANDING, is_current=False)).value == meaning.value


@pytest.mark.parametrize("meaning", [Meaning.CHANGE, Meaning.CANCEL])
def test_after_it_left_only_a_person_can_see_to_it(meaning):
    assert deed_of(meaning, replace(STANDING, has_shipped=True)) is Deed.LATE


def test_after_it_left_a_confirmation_is_still_noted():
    assert deed_of(Meaning.CONFIRM, replace(STANDING, has_shipped=True)) is Deed.CONFIRM


def test_a_confirmation_does_not_throw_away_the_address_that_was_just_written():
    typed = replace(STANDING, status=Status.CHANGE_REQUESTED, has_typed=True)

    assert deed_of(Meaning.CONFIRM, typed) is Deed.NOTHING
    assert deed_of(Meaning.CONFIRM, replace(typed, has_typed=False)) is Deed.CONFIRM


@pytest.mark.parametrize("meaning", [Meaning.CONFIRM, Meaning.CHANGE])
def test_whoever_comes_back_after_the_cancellation_is_heard_by_a_person(meaning):
    assert deed_of(meaning, replace(STANDING, status=Status.CANCELLED)) is Deed.LATE
    handed_over = replace(STANDING, status=Status.CANCEL_REQUESTED, is_cancelling=True)
    assert deed_of(meaning, handed_over) is Deed.LATE


@given(
    st.sampled_from(Meaning),
    st.builds(
        Standing,
        status=st.sampled_from(sorted(set(Status) - {Status.NOT_COD})),
        has_shipped=st.booleans(),
        is_current=st.booleans(),
        has_typed=st.booleans(),
        is_cancelling=st.booleans(),
    ),
)
def test_every_deed_is_a_legal_move(meaning, standing):
    deed = deed_of(meaning, standing)

    assert deed not in AFTER or AFTER[deed] in Order.COD_NEXT[Status(standing.status)]


def test_an_answer_from_before_the_last_one_is_overtaken():
    assert is_overtaken(Meaning.CONFIRM, Status.CANCEL_REQUESTED, at=10, answered_at=20)
    assert not is_overtaken(Meaning.CONFIRM, Status.CANCEL_REQUESTED, at=30, answered_at=20)
    assert not is_overtaken(Meaning.CONFIRM, Status.ASKED, at=30, answered_at=None)


@given(st.permutations([Meaning.CONFIRM, Meaning.CHANGE, Meaning.CANCEL]))
def test_of_answers_of_the_same_moment_the_most_careful_one_stands(order):
    status, answered_at = Status.ASKED, None
    for meaning in order:
        if not is_overtaken(meaning, status, at=10, answered_at=answered_at):
            status, answered_at = AFTER[Deed(meaning.value)], 10

    assert status == Status.CANCEL_REQUESTED
