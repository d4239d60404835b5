"""What a decision needs, and what no machine decides."""

from datetime import timedelta

import pytest

from campaigns.evidence import facts_about
from campaigns.models import Settlement
from campaigns.sender import housekeeping
from campaigns.settling import SettlementRefused, digest_of
from spoki import MessageStatus
from tests.campaigns.settling.steps import LATER, RELEASED, SENT, Status, decide, now_of, told
from tests.conftest import NOW
from tests.factories.campaigns import make_message

pytestmark = pytest.mark.django_db


def test_of_a_selection_those_that_may_not_go_again_stay_and_are_counted(campaign, unknown):
    late = make_message(campaign=campaign, status="unknown", expires_at=LATER)

    settled = decide(RELEASED, unknown, late)

    assert (settled.done, sum(settled.refused.values())) == (1, 1)
    assert (now_of(unknown).status, now_of(late).status) == (Status.QUEUED, Status.UNKNOWN)


@pytest.mark.parametrize("why", ["", "   "])
def test_nobody_decides_without_saying_why(unknown, why):
    with pytest.raises(SettlementRefused):
        decide(SENT, unknown, why=why)

    assert now_of(unknown).status == Status.UNKNOWN


def test_who_decides_on_what_a_webhook_settled_meanwhile_is_told(unknown):
    told(unknown.key, MessageStatus.DELIVERED)

    with pytest.raises(SettlementRefused):
        decide(RELEASED, unknown)

    assert now_of(unknown).status == Status.DELIVERED
    assert not Settlement.objects.exists()


def test_a_decision_on_facts_that_have_changed_is_not_taken(unknown):
    seen = digest_of(facts_about([unknown]))
    make_message(contact=unknown.contact, status="read", sending_at=NOW + timedelta(minutes=5))

    with pytest.raises(SettlementRefused):
        decide(RELEASED, unknown, seen=seen)

    assert now_of(unknown).status == Status.UNKNOWN


def test_an_automation_start_without_news_becomes_unknown_and_a_late_webhook_settles_it():
    after = timedelta(minutes=15)
    silent = make_message(status="accepted", accepted_at=NOW)
    lately = make_message(status="accepted", sending_at=NOW, accepted_at=NOW + timedelta(seconds=1))
    known = make_message(status="accepted", accepted_at=NOW, provider_uuid="ab" * 16)

    moved = housekeeping.give_up_silent(after=after, now=NOW + after + timedelta(seconds=1))

    assert (moved, now_of(silent).status, silent.reason) == (1, "unknown", "no_news")
    assert (now_of(lately).status, now_of(known).status) == ("accepted", "accepted")
    told(silent.key, MessageStatus.DELIVERED)
    assert now_of(silent).status == Status.DELIVERED


def test_no_machine_ever_takes_a_message_out_of_unknown_by_itself(campaign, unknown):
    make_message(campaign=campaign)
    for days in range(3):
        housekeeping.keep_house(
            account_id=unknown.account_id,
            undecided_after=timedelta(seconds=60),
            now=NOW + timedelta(days=days),
        )

    assert now_of(unknown).status == Status.UNKNOWN
