"""What each state of a message adds to the figures. Pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.models import OutboundMessage
from campaigns.scoreboard.figures import Figures, fold, total

STATES = OutboundMessage.Status.values


def group(status, people=1, *, reason="", replied=0, opted_out=0):
    return {
        "status": status,
        "reason": reason,
        "people": people,
        "replied": replied,
        "opted_out": opted_out,
    }


@pytest.mark.parametrize(
    ("status", "figures"),
    [
        ("queued", Figures(waiting=1)),
        ("sending", Figures(waiting=1)),
        ("accepted", Figures(sent=1)),
        ("sent", Figures(sent=1)),
        ("delivered", Figures(sent=1, delivered=1)),
        ("read", Figures(sent=1, delivered=1, read=1)),
        ("failed", Figures(sent=1, failed=1)),
        ("skipped", Figures(skipped=1)),
        ("unknown", Figures(unknown=1)),
        ("expired", Figures(expired=1)),
    ],
)
def test_each_state_counts_where_it_belongs(status, figures):
    assert fold([group(status)]) == figures


@pytest.mark.parametrize("status", ["accepted", "sent", "delivered", "read", "unknown"])
def test_an_answer_proves_that_the_message_was_sent_delivered_and_read(status):
    assert fold([group(status, replied=1)]) == Figures(sent=1, delivered=1, read=1, replied=1)


@pytest.mark.parametrize("status", ["failed", "queued", "skipped", "expired", "sending"])
def test_what_cannot_have_arrived_is_not_answered(status):
    told = fold([group(status, replied=1, opted_out=1)])

    assert (told.replied, told.read, told.delivered, told.opted_out) == (0, 0, 0, 0)


def test_whoever_had_stopped_marketing_in_whatsapp_has_unsubscribed_and_failed():
    told = fold([group("failed", 3, reason="stopped_marketing"), group("failed", 2)])

    assert told == Figures(sent=5, failed=5, opted_out=3)


def test_a_stop_word_counts_once_beside_the_answer_that_it_is():
    told = fold([group("read", 10, replied=4, opted_out=2)])

    assert told == Figures(sent=10, delivered=10, read=10, replied=4, opted_out=2)


@given(
    st.lists(
        st.tuples(st.sampled_from(STATES), st.integers(0, 10**6), st.floats(0, 1)), max_size=20
    )
)
def test_each_recipient_is_counted_in_exactly_one_place(groups):
    rows = [group(status, people, replied=int(people * part)) for status, people, part in groups]

    told = fold(rows)

    assert told.recipients == sum(people for _status, people, _part in groups)
    assert told.replied <= told.read <= told.delivered <= told.sent
    assert told.delivered + told.failed <= told.sent


def test_figures_add_up():
    assert total([Figures(sent=2, read=1), Figures(sent=3, failed=1)]) == Figures(
        sent=5, read=1, failed=1
    )
