"""However the true history is split among those who tell it: the same timeline, nothing twice, nothing lost."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversations.histories.pages import understood
from conversations.joining import join
from conversations.models import Message
from tests.conftest import NOW
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

# Few words and few moments, so that equal messages of one minute are common.
WORDS = ("Ok", "Grazie mille!", "Quando arriva?")


@st.composite
def histories(draw):
    """Messages some seconds apart, with Spoki's milliseconds."""
    steps = draw(st.lists(st.integers(1, 70_000), min_size=1, max_size=9))
    at, found = START, []
    for number, step in enumerate(steps):
        at += timedelta(milliseconds=step)
        found.append(Said(number, draw(st.booleans()), at, draw(st.sampled_from(WORDS))))
    return found


@st.composite
def tellings(draw):
    """A history, what our sender recorded of it, and a list of tellings that leave nothing out."""
    true = draw(histories())
    out = [one for one in true if not one.is_inbound]
    texts = [one.text for one in out]
    # Ours was there before anybody tells of it. Nameless it can only be known by its words.
    ours = {
        one.number: texts.count(one.text) > 1 or draw(st.booleans())
        for one in out
        if draw(st.booleans())
    }
    # Who tells without names tells all of it: of one message alone nobody could say whether it is its equal.
    told = [(way, true) for way in ("export", "bare page", "page") if draw(st.booleans())]
    fewest = 0 if told else 1
    for one in true:
        if one.number not in ours:
            ways = draw(st.sets(st.sampled_from(["webhook", "page"]), min_size=fewest))
            told += [(way, [one]) for way in sorted(ways)]
    again = draw(st.lists(st.sampled_from(told), max_size=3)) if told else []
    return true, ours, draw(st.permutations(told + again))


def tell(contact, way, messages):
    if way == "webhook":
        for one in messages:
            deliver(one)
    elif way == "export":
        bring(contact, export(messages))
    else:
        changes = {"uuid": None} if way == "bare page" else {}
        told = understood(
            page(*(row(one, **changes) for one in reversed(messages))), PHONE, [PHONE]
        ).told
        join(contact=contact, told=told, source=Message.Source.HISTORY, now=NOW)


@pytest.mark.django_db
@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tellings())
def test_the_timeline_is_the_same_whoever_tells_it_in_whatever_order_and_how_often(giulia, telling):
    true, ours, told = telling
    with transaction.atomic():
        for one in true:
            if one.number in ours:
                send(giulia, one, is_known=ours[one.number])

        for way, messages in told:
            tell(giulia, way, messages)

        assert sorted(shown(giulia)) == sorted(one.place for one in true)
        transaction.set_rollback(True)
