"""A large audience freezes behind the page that launched it; a small one while somebody waits."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override
from kombu.exceptions import OperationalError

from campaigns import launches, lifecycle, tasks
from campaigns.alerts import text_of
from campaigns.lifecycle import launching
from campaigns.models import Alert, Campaign, OutboundMessage
from campaigns.refusals import AlreadyLaunched, CampaignRefused, LaunchFailed
from config.roles import MARKETER
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_campaign, make_user
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db
Status = Campaign.Status
LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def large(monkeypatch) -> Campaign:
    """An approved campaign of one person, which counts as many here."""
    monkeypatch.setattr(launching, "LARGE", 1)
    make_contact()
    return make_campaign(status=Status.APPROVED)


@pytest.fixture
def handed(monkeypatch) -> list[dict[str, int]]:
    """What the workers are asked to finish."""
    asked: list[dict[str, int]] = []
    monkeypatch.setattr(tasks.finish_launch, "delay", lambda **words: asked.append(words))
    return asked


def launch(campaign: Campaign, by=None) -> Campaign:
    return tasks.launch(campaign=campaign, by=by or make_user(), confirm=campaign.name, now=NOW)


def state_of(campaign: Campaign) -> tuple[str, int]:
    campaign.refresh_from_db()
    return campaign.status, OutboundMessage.objects.count()


@pytest.fixture
def marketer() -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    client.force_login(make_member(MARKETER), backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(campaign: Campaign, name: str = "progress") -> str:
    return reverse(f"admin:campaigns_campaign_{name}", args=[campaign.pk])


def test_a_small_campaign_is_launched_at_once(handed):
    make_contact()
    campaign = make_campaign(status=Status.APPROVED)

    assert launch(campaign).status == Status.SCHEDULED
    assert (handed, state_of(campaign)) == ([], ("scheduled", 1))


def test_a_large_one_is_claimed_and_handed_to_a_worker(large, handed):
    by = make_user()

    assert launch(large, by).status == Status.LAUNCHING
    assert handed == [{"campaign_id": large.pk, "by_id": by.pk}]
    assert state_of(large) == ("launching", 0)


def test_the_worker_freezes_it_in_the_name_of_whoever_clicked(large, handed):
    by = make_user()
    launch(large, by)

    launches.finish(**handed[0], now=LATER)

    assert state_of(large) == ("scheduled", 1)
    assert (large.launched_by, large.launched_at) == (by, LATER)


def test_a_second_click_is_told_that_it_is_launched(large, handed):
    launch(large)

    with pytest.raises(AlreadyLaunched):
        launch(large)

    assert len(handed) == 1


def test_a_task_delivered_twice_launches_once(large, handed):
    launch(large)

    for _ in range(2):
        launches.finish(**handed[0], now=LATER)

    assert state_of(large) == ("scheduled", 1)
    assert large.events.filter(verb="launched").count() == 1


def test_a_task_that_comes_after_the_launch_was_given_up_does_nothing(large, handed):
    launch(large)
    lifecycle.recover_stuck_launches(now=NOW + timedelta(minutes=3))

    launches.finish(**handed[0], now=LATER)

    assert state_of(large) == ("approved", 0)


def test_without_workers_nothing_is_launched_and_the_person_is_told(large, monkeypatch):
    def nobody(**_):
        raise OperationalError("connection refused")

    monkeypatch.setattr(tasks.finish_launch, "delay", nobody)

    with pytest.raises(LaunchFailed), override("en"):
        launch(large)

    assert state_of(large) == ("approved", 0)
    assert large.events.get(verb="launch_failed").figures["code"] == "no_worker"


@pytest.fixture
def moved(large: Campaign, handed) -> Campaign:
    """A large campaign whose audience doubled between the click and the freeze."""
    launch(large)
    make_contact()
    launches.finish(**handed[0], now=LATER)
    return large


def test_an_audience_that_moves_before_the_freeze_leaves_it_approved(moved):
    assert state_of(moved) == ("approved", 0)


def test_whoever_is_anywhere_by_then_is_told_why_nothing_was_launched(moved):
    with override("en"):
        text = text_of(Alert.objects.open().get(), now=LATER)

    assert text == (
        f"“{moved.name}” was not launched. 1 recipients were approved, now they are 2: more than "
        "10 % away. Bring it back to draft and have it approved again."
    )


def test_the_next_launch_ends_that_alert(moved):
    with pytest.raises(CampaignRefused):
        launch(moved)
    still_there = Alert.objects.open().count()
    Campaign.objects.update(approved_recipients=2)

    launch(moved)

    assert (still_there, Alert.objects.open().count()) == (1, 0)


def test_the_page_of_a_launch_that_failed_says_why(moved, marketer):
    content = marketer.get(page(moved)).content.decode()

    assert "The launch did not succeed. 1 recipients were approved, now they are 2" in content


def test_the_click_leads_to_a_page_that_says_what_is_going_on(large, handed, marketer):
    answer = marketer.post(page(large, "launch"), {"confirm": large.name}, follow=True)

    content = answer.content.decode()
    assert answer.redirect_chain == [(page(large), 302)]
    assert "Its 1 recipients are being written down" in content
    assert "is being launched: you can leave this page." in content
    assert 'hx-trigger="every 2s"' in content


def test_the_page_goes_on_by_itself_once_it_is_launched(large, handed, marketer):
    launch(large)
    launches.finish(**handed[0], now=LATER)

    answer = marketer.get(page(large, "progress_live"))

    assert answer.status_code == 200
    assert 'data-counter="queued"' in answer.content.decode()


def test_the_api_answers_launching(large, handed, marketer):
    answer = marketer.post(
        f"/api/v1/campaigns/{large.pk}/launch/", {"confirm": large.name},
        content_type="application/json",
    )  # fmt: skip

    assert (answer.status_code, answer.json()["status"]) == (200, "launching")
    assert len(handed) == 1
