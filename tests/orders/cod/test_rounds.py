"""An amount that changes is asked about again: what an answer to the old one means."""

import pytest

from tests.orders.cod.world import (
    CANCEL,
    CHANGE,
    CONFIRM,
    FIVE,
    SIX,
    after,
    asked,
    calls,
    change,
    leaves,
    questions,
    state,
    steps,
    taps,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("asking_shop")]


def test_an_amount_that_changes_is_asked_again_once(giulia):
    order, question = asked()
    taps(CONFIRM, question, at=FIVE)

    change(minutes=10, total="71.40")
    change(minutes=11, total="71.40", note="Piano terzo")

    first, second = questions(order)
    assert state(order) == "to_ask"
    assert (first.status, second.status, second.params["AMOUNT"]) == ("sent", "queued", "71,40 €")
    assert calls(order)[-1] == ("remove_tags", ["COD-confermato"])


def test_a_yes_to_the_old_amount_confirms_nothing(giulia):
    order, question = asked()
    change(minutes=3, total="71.40")

    taps(CONFIRM, question, at=FIVE)
    assert (state(order), steps(order)[-1]) == ("to_ask", "old")

    leaves(questions(order)[-1], at=SIX)
    taps(CONFIRM, question, at=after(minutes=7))
    assert (state(order), steps(order)[-1]) == ("asked", "old")

    taps(CONFIRM, questions(order)[-1], at=after(minutes=8))
    assert state(order) == "confirmed"


@pytest.mark.parametrize(
    ("button", "status"), [(CHANGE, "change_requested"), (CANCEL, "cancel_requested")]
)
def test_a_wish_in_answer_to_the_old_amount_counts_and_the_new_question_stays_home(
    giulia, button, status
):
    order, question = asked()
    change(minutes=3, total="71.40")

    taps(button, question, at=FIVE)

    assert state(order) == status
    assert questions(order)[-1].status == "skipped"
