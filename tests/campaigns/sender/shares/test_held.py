"""What a stop rule holds goes on only by a person who says why."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns import lifecycle
from campaigns.models import TransitionRefused
from campaigns.refusals import CampaignRefused
from campaigns.sender.rollout import keep_rollouts
from tests.campaigns.sender.shares.steps import POLICY, Phase, rollout_of
from tests.factories.campaigns import make_user

pytestmark = pytest.mark.django_db


def test_a_campaign_held_by_a_stop_rule_is_not_simply_resumed(held):
    with pytest.raises(CampaignRefused, match=r"Continue anyway|Continua comunque"):
        lifecycle.resume_campaign(campaign=held, by=make_user(), now=timezone.now())

    held.refresh_from_db()
    assert (held.status, rollout_of(held).phase) == ("paused", Phase.HELD)


def test_a_person_may_continue_anyway_and_the_others_follow(calm, held):
    by = make_user()
    now = timezone.now()

    lifecycle.continue_campaign(campaign=held, by=by, why="Lista controllata", now=now)

    held.refresh_from_db()
    rollout = rollout_of(held)
    event = held.events.get(verb="continued")
    assert (held.status, held.pause_code) == ("sending", "")
    assert (rollout.phase, rollout.judged_from) == (Phase.OPEN, now)
    assert (event.by, event.figures["reason"]) == (by, "Lista controllata")
    assert event.figures["despite"]["code"] == "stop_undeliverable"


def test_what_left_before_somebody_let_it_continue_is_not_judged_again(calm, held):
    lifecycle.continue_campaign(campaign=held, by=make_user(), why="Va bene", now=timezone.now())

    keep_rollouts(now=timezone.now() + timedelta(minutes=1), policy=POLICY)

    held.refresh_from_db()
    assert held.status == "sending"


def test_nobody_continues_without_saying_why(held):
    with pytest.raises(CampaignRefused):
        lifecycle.continue_campaign(campaign=held, by=make_user(), why="  ", now=timezone.now())

    held.refresh_from_db()
    assert held.status == "paused"


def test_a_second_person_who_continues_is_told_that_it_goes_on(held):
    now = timezone.now()
    lifecycle.continue_campaign(campaign=held, by=make_user(), why="Va bene", now=now)

    with pytest.raises(TransitionRefused):
        lifecycle.continue_campaign(campaign=held, by=make_user(), why="Anche io", now=now)

    assert held.events.filter(verb="continued").count() == 1


def test_what_a_person_paused_is_resumed_not_continued(running):
    campaign = running(2)
    lifecycle.pause_campaign(campaign=campaign, by=make_user(), now=timezone.now())

    with pytest.raises(TransitionRefused):
        lifecycle.continue_campaign(
            campaign=campaign, by=make_user(), why="Va bene", now=timezone.now()
        )


def test_a_held_campaign_can_be_stopped_for_good(held):
    lifecycle.cancel_campaign(campaign=held, by=make_user(), now=timezone.now())

    held.refresh_from_db()
    assert held.status == "cancelled"
    assert held.messages.filter(status="skipped").count() == 16
