"""The same refusal again and again stops the campaign before everybody meets it."""

import threading

import pytest

from campaigns.models import Campaign
from campaigns.sender.breaker import IN_A_ROW, PERSONAL, Breaker
from campaigns.sender.outcome import Outcome
from campaigns.sender.post import Posted
from spoki import SpokiNotFound
from tests.campaigns.sender.gate import Gate, StopAfter
from tests.campaigns.sender.steps import ACCEPTED, drainer, make_reserved


def refused(code: str = "http::404", *, campaign: int | None = 7, reason: str = "refused"):
    outcome = Outcome("failed", reason, error_code=code)
    return Posted(make_reserved(campaign_id=campaign), outcome)


def became(outcome: Outcome | None) -> Posted:
    return Posted(make_reserved(), outcome)


def counts(*answers: Posted) -> list[bool]:
    breaker = Breaker()
    return [breaker.trips(answer) for answer in answers]


def test_the_tenth_equal_refusal_in_a_row_is_a_wall():
    assert counts(*[refused()] * 10) == [False] * 9 + [True]


def test_another_code_begins_to_count_anew():
    assert not any(counts(*[refused()] * 9, refused("http::400"), *[refused()] * 9))


def test_a_message_that_left_shows_that_there_is_no_wall():
    assert not any(counts(*[refused()] * 9, became(ACCEPTED), *[refused()] * 9))


@pytest.mark.parametrize("reason", sorted(PERSONAL))
def test_what_concerns_one_person_is_never_a_wall(reason):
    assert not any(counts(*[refused("whatsapp::131026", reason=reason)] * 30))


@pytest.mark.parametrize(
    "silent",
    [None, Outcome("queued", "unreachable"), Outcome("unknown", "no_answer")],
    ids=["never_began", "waits", "unknown"],
)
def test_what_says_nothing_of_the_wall_leaves_the_count_as_it_is(silent):
    assert counts(*[refused()] * 9, became(silent), refused())[-2:] == [False, True]


def test_every_campaign_is_counted_by_itself():
    mixed = [refused(campaign=place % 2) for place in range(2 * IN_A_ROW - 2)]

    assert not any(counts(*mixed))


def test_order_messages_pause_no_campaign():
    assert not any(counts(*[refused(campaign=None)] * 30))


@pytest.mark.django_db
def test_a_wall_that_everybody_meets_pauses_the_campaign_and_keeps_the_rest(
    running, account, statuses
):
    campaign = running(20)

    wall = StopAfter(IN_A_ROW, threading.Event(), raises=SpokiNotFound("send", status=404))

    drainer(account, Gate(wall), threads=1, stop=wall.stop).run(seconds=10)

    campaign.refresh_from_db()
    assert (campaign.status, campaign.pause_code) == (Campaign.Status.PAUSED, "repeated_refusals")
    assert campaign.pause_detail == "http::404"
    assert statuses(campaign) == {"failed": 10, "queued": 10}
