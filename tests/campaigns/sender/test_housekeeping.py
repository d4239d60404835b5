"""What time alone brings about."""

from dataclasses import replace
from datetime import timedelta

import pytest

from campaigns.models import Alert, Campaign, CampaignEvent, Grant, SenderReport, TierRecipient
from campaigns.sender import housekeeping
from campaigns.sender.allowance import Wait
from campaigns.sender.policy import DEFAULT_POLICY, StopRules
from campaigns.sender.rollout import open_rollout
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_account, make_campaign, make_message

pytestmark = pytest.mark.django_db

Status = Campaign.Status
LATER = NOW + timedelta(seconds=1)
AFTER = timedelta(seconds=60)


def campaign_with(*statuses: str, status: str = Status.SENDING, **changes) -> Campaign:
    campaign = make_campaign(status=status, contacts=[make_contact()], **changes)
    for message_status in statuses:
        make_message(campaign=campaign, status=message_status)
    return campaign


def events(campaign: Campaign) -> list[str]:
    return list(CampaignEvent.objects.filter(campaign=campaign).values_list("verb", flat=True))


def test_a_scheduled_campaign_starts_when_its_hour_has_come():
    due = campaign_with("queued", status=Status.SCHEDULED, send_after=NOW)

    assert housekeeping.start_due_campaigns(now=NOW) == 1

    due.refresh_from_db()
    assert (due.status, due.started_at, events(due)) == (Status.SENDING, NOW, ["started"])


def test_a_scheduled_campaign_does_not_start_before_its_hour():
    early = campaign_with("queued", status=Status.SCHEDULED, send_after=LATER)

    assert housekeeping.start_due_campaigns(now=NOW) == 0

    early.refresh_from_db()
    assert (early.status, events(early)) == (Status.SCHEDULED, [])


def test_what_waits_past_its_last_moment_expires():
    message = make_message(expires_at=NOW)

    assert housekeeping.expire_late(now=NOW) == 1

    message.refresh_from_db()
    assert (message.status, message.reason) == ("expired", "send_before_passed")
    assert message.ended_at == NOW


@pytest.mark.parametrize(
    "changes",
    [
        {"expires_at": LATER},
        {"expires_at": NOW, "lease_until": LATER},
        {"expires_at": NOW, "status": "sending"},
        {},
    ],
    ids=["in_time", "reserved_just_now", "leaving", "no_last_moment"],
)
def test_what_may_still_leave_or_is_leaving_does_not_expire(changes):
    message = make_message(**changes)

    assert housekeeping.expire_late(now=NOW) == 0

    message.refresh_from_db()
    assert message.status == changes.get("status", "queued")


def test_what_came_back_after_the_cancellation_is_skipped():
    cancelled = campaign_with("queued", "accepted", status=Status.CANCELLED)
    running = campaign_with("queued")

    assert housekeeping.skip_cancelled(now=NOW) == 1

    skipped = cancelled.messages.get(status="skipped")
    assert (skipped.reason, skipped.ended_at) == ("campaign_cancelled", NOW)
    assert running.messages.get().status == "queued"


def test_a_long_end_is_written_down_in_turns_that_keep_nobody_waiting(monkeypatch):
    monkeypatch.setattr(housekeeping, "ROWS_AT_ONCE", 2)
    monkeypatch.setattr(housekeeping, "SECONDS_AT_ONCE", 0.0)
    for _ in range(3):
        make_message(expires_at=NOW)
    campaign_with("queued", "queued", "queued", status=Status.CANCELLED)

    expired = [housekeeping.expire_late(now=NOW) for _ in range(3)]
    skipped = [housekeeping.skip_cancelled(now=NOW) for _ in range(3)]

    assert (expired, skipped) == ([2, 1, 0], [2, 1, 0])


def test_a_turn_with_time_left_goes_on_to_the_end(monkeypatch):
    monkeypatch.setattr(housekeeping, "ROWS_AT_ONCE", 2)
    for _ in range(5):
        make_message(expires_at=NOW)

    assert housekeeping.expire_late(now=NOW) == 5


def test_what_was_never_answered_is_given_up_as_unknown_and_never_sent_again():
    long_ago = make_message(status="sending", sending_at=NOW - AFTER - timedelta(seconds=1))
    lately = make_message(status="sending", sending_at=NOW - AFTER)

    assert housekeeping.give_up_undecided(after=AFTER, now=NOW) == 1

    long_ago.refresh_from_db()
    lately.refresh_from_db()
    assert (long_ago.status, long_ago.reason, lately.status) == ("unknown", "crashed", "sending")


@pytest.mark.parametrize("status", [Status.SENDING, Status.PAUSED])
def test_a_campaign_of_which_nothing_waits_or_flies_is_done(status):
    campaign = campaign_with("accepted", "failed", "unknown", status=status)

    assert housekeeping.finish_campaigns(now=NOW) == 1

    campaign.refresh_from_db()
    assert (campaign.status, campaign.ended_at) == (Status.DONE, NOW)
    assert events(campaign) == ["done"]


@pytest.mark.parametrize("status", [Status.SENDING, Status.PAUSED])
@pytest.mark.parametrize("rest", ["queued", "sending"])
def test_a_campaign_of_which_something_waits_or_flies_is_not_done(status, rest):
    campaign = campaign_with("accepted", rest, status=status)

    assert housekeeping.finish_campaigns(now=NOW) == 0

    campaign.refresh_from_db()
    assert (campaign.status, events(campaign)) == (status, [])


def test_a_campaign_that_went_badly_with_its_last_people_ends_and_people_are_told():
    bad = {"status": "failed", "reason": "refused", "error_code": "http::400", "sending_at": NOW}
    campaign = campaign_with()
    for _ in range(3):
        make_message(campaign=campaign, **bad)
    policy = replace(DEFAULT_POLICY, stop=StopRules(min_sample=3))
    open_rollout(campaign=campaign, now=NOW, policy=policy)

    for _ in range(2):
        housekeeping.keep_house(
            account_id=make_account().pk, undecided_after=AFTER, now=NOW, policy=policy
        )

    campaign.refresh_from_db()
    assert campaign.status == Status.DONE
    assert "paused" not in events(campaign)
    assert [alert.code for alert in Alert.objects.all()] == ["campaign_watched"]


def test_keeping_house_twice_changes_nothing_more():
    account = make_account()
    campaign = campaign_with("queued", status=Status.SCHEDULED, send_after=NOW)
    campaign.messages.update(expires_at=NOW)

    for _ in range(2):
        housekeeping.keep_house(account_id=account.pk, undecided_after=AFTER, now=NOW)

    campaign.refresh_from_db()
    assert campaign.status == Status.DONE
    assert sorted(events(campaign)) == ["done", "started"]


def test_the_report_says_what_the_sender_waits_for_and_until_when():
    account = make_account()
    waits = (Wait("hour_limit", {"limit": 1000}),)

    for look_again_at in (None, LATER):
        housekeeping.write_report(
            account_id=account.pk, waits=waits, look_again_at=look_again_at, now=NOW
        )

    report = SenderReport.objects.get()
    assert report.waits == [{"limit": 1000, "code": "hour_limit"}]
    assert (report.at, report.look_again_at) == (NOW, LATER)


def test_the_ledger_forgets_only_what_no_window_can_see_any_more():
    account = make_account()
    seen, unseen = NOW - timedelta(hours=25), NOW - timedelta(hours=49)
    for at in (seen, unseen):
        Grant.objects.create(account=account, kind="template", count=1, at=at)
        TierRecipient.objects.create(account=account, phone=f"+39{at.day}", last_at=at)

    housekeeping.forget_old_grants(account_id=account.pk, now=NOW)

    assert Grant.objects.get().at == seen
    assert TierRecipient.objects.get().last_at == seen
