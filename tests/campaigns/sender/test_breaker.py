"""The same refusal again and again stops the campaign before everybody meets it."""

import itertools
import threading
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Alert, Campaign, CampaignEvent
from campaigns.sender.breaker import NO_ANSWER, ONE_STALL, Seen, find_wall, wall
from campaigns.sender.codes import RULES
from campaigns.sender.policy import DEFAULT_POLICY
from spoki import SendReceipt, SpokiError, SpokiNotFound, SpokiOutcomeUnknown
from tests.campaigns.sender.gate import Gate, Send, StopAfter, accepted
from tests.campaigns.sender.steps import drainer
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_campaign, make_message

IN_A_ROW = DEFAULT_POLICY.breaker_in_a_row
PERSONAL = sorted({rule.reason for rule in RULES.values() if rule.is_personal})
ACCEPTED = Seen("accepted", "", "", True, NOW)
DELIVERED = Seen("delivered", "", "", True, NOW)


def refused(code: str = "http::404", reason: str = "refused", *, late: bool = False) -> Seen:
    return Seen("failed", reason, code, late, NOW)


def unknown(reason: str = "no_answer") -> Seen:
    return Seen("unknown", reason, "", False, NOW)


def met(*seen: Seen, apart: float = 6.0) -> str:
    """The wall after these, in the order in which they began, so many seconds apart."""
    begun = [
        replace(one, began_at=NOW + timedelta(seconds=place * apart))
        for place, one in enumerate(seen)
    ]
    return wall(begun[::-1], policy=DEFAULT_POLICY)


def test_the_fifth_equal_refusal_in_a_row_is_a_wall():
    assert met(*[refused()] * 4) == ""
    assert met(*[refused()] * 5) == "http::404"


def test_another_code_begins_to_count_anew():
    assert met(*[refused()] * 4, refused("http::400"), *[refused()] * 4) == ""


def test_a_message_that_left_shows_that_there_is_no_wall():
    assert met(*[refused()] * 4, ACCEPTED, *[refused()] * 4) == ""


@pytest.mark.parametrize("reason", PERSONAL)
def test_what_concerns_one_person_is_never_a_wall(reason):
    assert met(*[refused("whatsapp::131026", reason)] * 30) == ""


def test_more_than_a_fifth_of_the_last_hundred_is_a_wall():
    mixed = [refused(), ACCEPTED, ACCEPTED, ACCEPTED]

    assert met(*mixed * 20) == ""
    assert met(*mixed * 21) == "http::404"


def test_what_was_before_the_last_hundred_is_forgotten():
    assert met(*[refused(), ACCEPTED] * 20, *[ACCEPTED] * 80) == ""


def test_late_failures_count_beside_messages_that_spoki_goes_on_accepting():
    late = refused("whatsapp::131053", "media_problem", late=True)

    assert met(*[late, ACCEPTED, ACCEPTED] * 4) == ""
    assert met(*[late, ACCEPTED, ACCEPTED] * 5) == "whatsapp::131053"


def test_a_delivery_between_late_failures_shows_that_there_is_no_wall():
    late = refused("whatsapp::131053", "media_problem", late=True)

    assert met(*[late] * 4, DELIVERED, *[late] * 4) == ""


def test_answers_that_leave_it_open_again_and_again_are_a_wall():
    assert met(*[unknown()] * 4) == ""
    assert met(*[unknown("no_identifier"), unknown("provider_unsure"), *[unknown()] * 3])


def test_a_moment_in_which_nothing_in_flight_is_answered_is_no_wall():
    assert met(*[unknown()] * 32, apart=0.1) == ""
    assert met(*[ACCEPTED] * 60, *[unknown()] * 32, *[ACCEPTED] * 8, apart=0.1) == ""


def test_two_calls_of_an_automation_without_an_answer_are_a_wall_and_one_is_none():
    call = [unknown()] * 500
    later = [replace(one, began_at=NOW + timedelta(seconds=21)) for one in call]

    assert wall(call, policy=DEFAULT_POLICY) == ""
    assert wall(later + call, policy=DEFAULT_POLICY) == NO_ANSWER


def test_unclear_answers_among_good_ones_are_a_wall_once_they_go_on():
    mixed = [unknown(), ACCEPTED, ACCEPTED]

    assert met(*mixed * 30, apart=0.2) == ""
    assert met(*mixed * 30, apart=1.0) == NO_ANSWER


def test_what_a_crash_left_open_says_nothing_of_a_wall():
    assert met(*[unknown("crashed")] * 9) == ""


def test_the_policy_says_how_many_are_a_wall():
    strict = replace(DEFAULT_POLICY, breaker_in_a_row=2)

    assert wall([refused()] * 2, policy=strict) == "http::404"


def failed(campaign: Campaign, *, after: int) -> None:
    make_message(
        campaign=campaign,
        status="failed",
        reason="refused",
        error_code="http::404",
        sending_at=NOW + timedelta(seconds=after),
    )


def at_work() -> Campaign:
    return make_campaign(status=Campaign.Status.SENDING, contacts=[make_contact()])


@pytest.mark.django_db
def test_every_campaign_is_counted_by_itself():
    one, other = at_work(), at_work()
    for place in range(IN_A_ROW):
        failed(one, after=place)
    failed(other, after=IN_A_ROW)

    assert find_wall(one.pk, policy=DEFAULT_POLICY) == "http::404"
    assert find_wall(other.pk, policy=DEFAULT_POLICY) == ""


@pytest.mark.django_db
@pytest.mark.parametrize("verb", ["resumed", "continued"])
def test_what_was_before_a_person_let_it_go_on_is_not_held_against_the_campaign(verb):
    campaign = at_work()
    for place in range(IN_A_ROW):
        failed(campaign, after=place)
    resumed_at = NOW + timedelta(minutes=1)
    CampaignEvent.objects.create(campaign=campaign, at=resumed_at, verb=verb)
    failed(campaign, after=61)

    assert find_wall(campaign.pk, policy=DEFAULT_POLICY) == ""


def drain_into(error: SpokiError, account, *, times: int) -> None:
    wall_of = StopAfter(times, threading.Event(), raises=error)
    drainer(account, Gate(wall_of), threads=1, stop=wall_of.stop).run(seconds=10)


@pytest.mark.django_db
def test_a_wall_that_everybody_meets_pauses_the_campaign_tells_people_and_keeps_the_rest(
    running, account, statuses
):
    campaign = running(20)

    drain_into(SpokiNotFound("send", status=404), account, times=IN_A_ROW)

    campaign.refresh_from_db()
    assert (campaign.status, campaign.pause_code) == (Campaign.Status.PAUSED, "repeated_refusals")
    assert campaign.pause_detail == "http::404"
    assert statuses(campaign) == {"failed": 5, "queued": 15}
    alert = Alert.objects.open().get(code="campaign_stopped")
    assert (alert.campaign, alert.detail["why"]) == (campaign, "repeated_refusals")


@pytest.mark.django_db
def test_a_spoki_that_goes_on_answering_nonsense_does_not_get_the_whole_audience(
    running, account, statuses
):
    campaign = running(20)
    before = timezone.now() - ONE_STALL
    for place in range(IN_A_ROW - 1):
        began_at = before + timedelta(milliseconds=place)
        make_message(campaign=campaign, status="unknown", reason="no_answer", sending_at=began_at)

    drain_into(SpokiOutcomeUnknown("send", status=500), account, times=1)

    campaign.refresh_from_db()
    assert (campaign.status, campaign.pause_code) == (Campaign.Status.PAUSED, "repeated_unknown")
    assert statuses(campaign) == {"queued": 19, "unknown": IN_A_ROW}


@pytest.mark.django_db
def test_a_short_stall_leaves_what_was_in_flight_unknown_and_the_campaign_goes_on(
    running, account, statuses
):
    campaign = running(12)
    lost = Lost(count=6)

    drainer(account, Gate(lost), threads=6).run(seconds=20, until_idle=True)

    campaign.refresh_from_db()
    assert campaign.status == Campaign.Status.DONE
    assert statuses(campaign) == {"accepted": 6, "unknown": 6}


@dataclass(slots=True)
class Lost:
    """Answers that never came for the first `count`; after them all is well."""

    count: int
    given: "itertools.count[int]" = field(default_factory=itertools.count)

    def __call__(self, send: Send) -> SendReceipt:
        if next(self.given) < self.count:
            raise SpokiOutcomeUnknown("send")
        return accepted(send)
