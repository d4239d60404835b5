"""Stops while everything is in flight, judged by the simulator's own log of arrivals."""

import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest
from django.utils import timezone

from campaigns import lifecycle
from campaigns.account import stop_account
from campaigns.models import Alert, Campaign, SpokiAccount
from campaigns.refusals import CampaignRefused
from templates_sync.models import TemplateVersion
from tests.campaigns.sender.steps import aside
from tests.factories.campaigns import make_user

pytestmark = pytest.mark.django_db(transaction=True)

SENDS = "/messages/send/"
# Nothing more may arrive after a person's stop, and after a template's.
STOP_SECONDS, HOLD_SECONDS = 2.0, 5.0


@pytest.fixture
def in_flight(running, drain, spoki):
    """Start a drain of 280 people whose answers take half a second each; return it with `stop`."""
    SpokiAccount.objects.update(template_sends_per_minute=400)
    spoki.control.config(limits={"template": 400, "text": 400}, window_seconds=2.0)
    spoki.control.fault("slow:0.5", path=SENDS, times=None)
    campaign = running(280)
    loop = drain(threads=16)
    run = aside(lambda: loop.run(seconds=30))
    assert spoki.control.wait(accepted=16, timeout=20)
    yield campaign, loop, run
    loop.stop.set()
    run.result(20)


def arrivals_after(
    moment: float, spoki, loop, run: "Future[Any]", *, watched: float
) -> list[float]:
    """Watch for `watched` seconds, end the drain, and return how long after `moment` each came."""
    loop.stop.wait(watched)
    loop.stop.set()
    run.result(20)
    return [late for row in spoki.control.sends() if (late := row["monotonic"] - moment) > 0]


def pause(campaign: Campaign) -> None:
    lifecycle.pause_campaign(campaign=campaign, by=make_user(), now=timezone.now())


def stop_everything(_campaign: Campaign) -> None:
    stop_account(by=make_user(), reason="", now=timezone.now())


@pytest.mark.parametrize("stop", [pause, stop_everything])
def test_two_seconds_after_a_persons_stop_nothing_leaves_though_all_hands_were_busy(
    in_flight, spoki, stop: Callable[[Campaign], None]
):
    campaign, loop, run = in_flight
    moment = time.monotonic()

    stop(campaign)

    late = arrivals_after(moment, spoki, loop, run, watched=STOP_SECONDS + 1.5)
    assert max(late, default=0.0) <= STOP_SECONDS
    assert campaign.messages.filter(status="queued").count() > 50
    assert not campaign.messages.filter(status__in=["sending", "unknown"]).exists()
    assert spoki.control.duplicates()["accepted_twice"] == {}


# What a sync writes when Meta did it, and the code with which the campaigns are paused.
SEEN_BY_THE_SYNC = {
    "paused": ({"status": "paused"}, "template_paused"),
    "disabled": ({"status": "disabled"}, "template_disabled"),
    "recategorised": (
        {"category": "utility"},
        "template_recategorised",
    ),
}


@pytest.mark.parametrize(("changes", "code"), SEEN_BY_THE_SYNC.values(), ids=SEEN_BY_THE_SYNC)
def test_five_seconds_after_the_sync_that_sees_it_nothing_leaves_with_that_template(
    in_flight, spoki, changes, code
):
    campaign, loop, run = in_flight
    moment = time.monotonic()

    TemplateVersion.objects.filter(pk=campaign.template_version_id).update(**changes)

    late = arrivals_after(moment, spoki, loop, run, watched=HOLD_SECONDS + 1.0)
    campaign.refresh_from_db()
    assert max(late, default=0.0) <= HOLD_SECONDS
    assert (campaign.status, campaign.pause_code) == (Campaign.Status.PAUSED, code)
    assert Alert.objects.open().get(code="campaign_stopped").campaign == campaign


def test_the_first_132015_stops_the_campaign_and_only_a_person_goes_on_once_it_is_approved(
    running, drain, spoki, statuses
):
    campaign = running(60)
    spoki.control.fault("refuse:whatsapp::132015", path=SENDS, after=5, times=None)

    drain(threads=4).run(seconds=3)

    campaign.refresh_from_db()
    assert (campaign.status, campaign.pause_code) == (Campaign.Status.PAUSED, "template_paused")
    assert statuses(campaign) == {"accepted": 5, "queued": 55}
    assert len(spoki.control.sends()) <= 5 + 4
    with pytest.raises(CampaignRefused):
        lifecycle.resume_campaign(campaign=campaign, by=make_user(), now=timezone.now())

    spoki.control.clear_faults()
    TemplateVersion.objects.update(held_at=None, held_reason="")
    drain().run(seconds=1)
    assert statuses(campaign) == {"accepted": 5, "queued": 55}
    lifecycle.resume_campaign(campaign=campaign, by=make_user(), now=timezone.now())
    drain().run(seconds=20, until_idle=True)

    assert statuses(campaign) == {"accepted": 60}
    assert not Alert.objects.open().exists()
    assert spoki.control.duplicates()["accepted_twice"] == {}


def test_a_storm_of_429_halves_the_speed_rests_and_loses_nobody(
    running, drain, spoki, account, statuses
):
    campaign = running(30)
    spoki.control.fault("429:1", path=SENDS, after=3, times=4)

    drain(threads=4).run(seconds=30, until_idle=True)

    account.refresh_from_db()
    assert statuses(campaign) == {"accepted": 30}
    assert account.speed_factor <= 0.5
    assert account.throttled_at is not None
    assert spoki.control.duplicates()["accepted_twice"] == {}
