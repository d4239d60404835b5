"""What many people look at is worked out once, and anew as soon as something has changed."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.health import health_of
from campaigns.lifecycle import pause_campaign
from campaigns.models import Campaign, SenderReport, SpokiAccount
from campaigns.progress import progress_of
from campaigns.sender.policy import DEFAULT_POLICY
from campaigns.shared_looks import MANY
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_campaign, make_message, make_user

pytestmark = pytest.mark.django_db
SOON = timedelta(seconds=5)


@pytest.fixture
def campaign(now) -> Campaign:
    """A campaign at work of which one person waits, with a sender that reports."""
    campaign = make_campaign(status="sending", contacts=[make_contact()])
    make_message(campaign=campaign)
    account = SpokiAccount.objects.get()
    SenderReport.objects.create(account=account, at=now, waits=[])
    return campaign


def foresees(campaign: Campaign, *, now) -> bool:
    """Look at the progress; return whether the queue was counted for a forecast."""
    campaign.refresh_from_db()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert progress_of(campaign, now=now).finish_at is not None
    return any("GROUP BY" in q["sql"] and '"zone"' in q["sql"] for q in asked)


def test_viewers_who_look_within_ten_seconds_share_one_forecast(campaign, now):
    first = foresees(campaign, now=now)
    later = [foresees(campaign, now=now + n * timedelta(seconds=3)) for n in (0, 1, 2, 3)]

    assert (first, later) == (True, [False] * 4)


def test_after_ten_seconds_the_end_is_foreseen_anew(campaign, now):
    foresees(campaign, now=now)

    assert foresees(campaign, now=now + timedelta(seconds=10))


def test_a_campaign_that_moved_is_foreseen_anew(campaign, now):
    foresees(campaign, now=now)
    person = make_user()
    pause_campaign(campaign=campaign, by=person, now=now + SOON / 2)
    Campaign.objects.filter(pk=campaign.pk).update(status="sending", updated_at=now + SOON / 2)

    assert foresees(campaign, now=now + SOON)


def test_another_campaign_that_begins_changes_the_forecast_of_this_one(campaign, now):
    foresees(campaign, now=now)
    make_campaign(status="sending")

    assert foresees(campaign, now=now + SOON)


@pytest.mark.parametrize(
    "changes",
    [{"speed_factor": 0.5}, {"template_sends_per_minute": 10}, {"daily_limit_override": 50}],
    ids=str,
)
def test_another_speed_or_limit_is_foreseen_anew(campaign, now, changes):
    foresees(campaign, now=now)
    SpokiAccount.objects.update(**changes)

    assert foresees(campaign, now=now + SOON)


def test_a_small_campaign_is_counted_at_each_look(campaign, now):
    progress_of(campaign, now=now)
    make_message(campaign=campaign, status="read")

    assert progress_of(campaign, now=now + SOON / 5).counters.read == 1


def test_a_large_campaign_is_counted_once_for_all_who_look_within_four_seconds(campaign, now):
    campaign.total = MANY
    before = progress_of(campaign, now=now).counters
    make_message(campaign=campaign, status="read")

    soon = progress_of(campaign, now=now + timedelta(seconds=3)).counters
    later = progress_of(campaign, now=now + timedelta(seconds=4)).counters

    assert (soon, soon.total) == (before, 1)
    assert (later.read, later.total) == (1, 2)


def test_a_pause_of_a_large_campaign_is_counted_at_once(campaign, now):
    Campaign.objects.update(total=MANY)
    campaign.refresh_from_db()
    progress_of(campaign, now=now)
    make_message(campaign=campaign, status="read")

    paused = pause_campaign(campaign=campaign, by=make_user(), now=now + SOON / 5)

    assert progress_of(paused, now=now + SOON / 5).counters.read == 1


def test_the_figures_of_the_rules_are_read_once_for_all_viewers_of_a_large_campaign(campaign, now):
    def reads(at) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert health_of(campaign, policy=DEFAULT_POLICY, now=at) is not None
        return sum("opted_out_at" in q["sql"] for q in asked)

    campaign.total = MANY
    large = [reads(now), reads(now + SOON / 5), reads(now + SOON)]
    campaign.total = MANY - 1
    small = [reads(now), reads(now)]

    assert (large, small) == ([1, 0, 1], [1, 1])
