"""Stops and slow-downs made by machine."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns.models import Campaign, CampaignEvent, SpokiAccount
from campaigns.sender import pausing
from campaigns.sender.policy import DEFAULT_POLICY
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_account, make_campaign
from tests.factories.templates import make_version

pytestmark = pytest.mark.django_db

REST = timedelta(seconds=30)


@pytest.fixture
def account():
    return make_account()


def slow_down(account: SpokiAccount, **changes: Any) -> SpokiAccount:
    storm: dict[str, Any] = {"rest": REST, "halve": True}
    pausing.slow_down(account_id=account.pk, **storm | changes)
    account.refresh_from_db()
    return account


def at_work(version, status: str = Campaign.Status.SENDING) -> Campaign:
    return make_campaign(status=status, template_version=version, contacts=[make_contact()])


@pytest.mark.parametrize(
    ("kind", "rests"), [("template", (False, True, False)), ("text", (False, False, True))]
)
def test_a_429_rests_only_its_own_class_of_sends(account, kind, rests):
    slow_down(account, kind=kind)

    frozen = (account.frozen_until, account.templates_frozen_until, account.texts_frozen_until)
    assert tuple(moment is not None for moment in frozen) == rests


def test_a_storm_of_429_halves_the_speed_once_a_second(account):
    for _ in range(5):
        slow_down(account)
    assert account.speed_factor == 0.5

    SpokiAccount.objects.update(speed_changed_at=timezone.now() - timedelta(seconds=2))

    assert slow_down(account).speed_factor == 0.25


def test_the_speed_never_falls_below_a_twentieth(account):
    SpokiAccount.objects.update(speed_factor=0.06)

    assert slow_down(account).speed_factor == DEFAULT_POLICY.slowest_speed


def test_a_spoki_that_is_away_costs_rest_and_no_speed(account):
    slow_down(account, halve=False)

    assert account.speed_factor == 1.0
    assert account.frozen_until > timezone.now()


def test_a_shorter_rest_never_shortens_a_longer_one(account):
    until = slow_down(account).frozen_until

    assert slow_down(account, rest=timedelta(seconds=1)).frozen_until == until


@pytest.mark.parametrize(
    ("since", "changes", "speed"),
    [
        (timedelta(seconds=60), {}, 0.6),
        (timedelta(seconds=59), {}, 0.5),
        (timedelta(seconds=60), {"templates_frozen_until": NOW + REST}, 0.5),
        (timedelta(seconds=60), {"automations_frozen_until": NOW + REST}, 0.5),
        (timedelta(seconds=60), {"speed_factor": 0.95}, 1.0),
    ],
    ids=[
        "after_a_minute",
        "too_early",
        "while_it_rests",
        "while_the_automations_rest",
        "never_above_the_limit",
    ],
)
def test_the_speed_comes_back_by_a_tenth_a_minute(account, since, changes, speed):
    slow = {"speed_factor": 0.5, "speed_changed_at": NOW - since}
    SpokiAccount.objects.update(**slow | changes)

    pausing.recover_speed(account_id=account.pk, now=NOW)

    account.refresh_from_db()
    assert account.speed_factor == pytest.approx(speed)


def test_the_first_reason_why_an_account_stopped_stays(account):
    assert pausing.pause_account(account_id=account.pk, code="spam_limit", detail="131048")
    assert not pausing.pause_account(account_id=account.pk, code="credit_exhausted")

    account.refresh_from_db()
    assert (account.pause_code, account.pause_detail) == ("spam_limit", "131048")


def test_a_template_that_stops_pauses_its_campaigns_and_no_other():
    version = make_version()
    sending, scheduled = at_work(version), at_work(version, Campaign.Status.SCHEDULED)
    other = at_work(make_version())

    paused = pausing.pause_campaigns_of_template(
        version_id=version.pk, code="template_paused", detail="132015"
    )

    rows = Campaign.objects.filter(pause_code="template_paused", status=Campaign.Status.PAUSED)
    other.refresh_from_db()
    assert (paused, set(rows)) == (2, {sending, scheduled})
    assert other.status == Campaign.Status.SENDING


def test_a_campaign_that_is_not_at_work_is_not_paused():
    done = at_work(make_version(), Campaign.Status.DONE)

    assert not pausing.pause_campaign(campaign_id=done.pk, code="template_paused", detail="")

    done.refresh_from_db()
    assert done.status == Campaign.Status.DONE
    assert not CampaignEvent.objects.filter(campaign=done).exists()
