"""Two people at the same moment, on the real database with real connections."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event

import pytest
from django.db import DatabaseError, connection, transaction

from audiences.models import Snapshot
from campaigns import lifecycle
from campaigns.editing import edit_campaign
from campaigns.lifecycle import launching
from campaigns.models import Campaign, OutboundMessage, TransitionRefused
from campaigns.outbox import enqueue_campaign
from campaigns.refusals import AlreadyLaunched, LaunchFailed
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_campaign, make_user

pytestmark = pytest.mark.django_db(transaction=True)
Status = Campaign.Status


def together(*calls):
    """Run `calls` at the same moment, each on its own connection; return results or exceptions."""
    barrier = Barrier(len(calls))

    def run(call):
        try:
            barrier.wait(10)
            return call()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def launch(campaign):
    return lifecycle.launch_campaign(
        campaign=campaign, by=campaign.author, confirm=campaign.name, now=NOW
    )


def test_two_launches_at_once_freeze_and_queue_once():
    make_contact()
    campaign = make_campaign(status=Status.APPROVED)

    results = together(*[lambda: launch(campaign)] * 3)

    assert sorted(type(result).__name__ for result in results) == [
        "AlreadyLaunched",
        "AlreadyLaunched",
        "Campaign",
    ]
    assert Snapshot.objects.count() == 1
    assert OutboundMessage.objects.count() == 1


def test_an_approval_and_an_edit_at_once_never_approve_what_nobody_saw():
    make_contact()
    campaign = make_campaign(status=Status.IN_REVIEW)
    seen, editor, approver = campaign.fingerprint, make_user(), make_user()

    def edit():
        draft = lifecycle.return_to_draft(campaign=campaign, by=editor, now=NOW)
        changes = {"variables": {"FIRST_NAME": {"value": "tutti"}}}
        edit_campaign(campaign=draft, changes=changes, by=editor, now=NOW)
        return lifecycle.submit_campaign(campaign=draft, by=editor, now=NOW)

    def approve():
        return lifecycle.approve_campaign(campaign=campaign, by=approver, now=NOW, seen=seen)

    together(edit, approve)

    campaign.refresh_from_db()
    assert campaign.status == Status.IN_REVIEW
    assert campaign.variables == {"FIRST_NAME": {"value": "tutti"}}
    assert campaign.approved_by is None


def test_two_approvals_at_once_leave_one_approver():
    make_contact()
    campaign = make_campaign(status=Status.IN_REVIEW)
    marco, lucia = make_user(), make_user()

    results = together(
        lambda: lifecycle.approve_campaign(campaign=campaign, by=marco, now=NOW),
        lambda: lifecycle.approve_campaign(campaign=campaign, by=lucia, now=NOW),
    )

    assert sum(isinstance(result, TransitionRefused) for result in results) == 1
    assert campaign.events.filter(verb="approved").count() == 1


def test_a_launch_that_fails_while_it_freezes_leaves_the_campaign_approved(monkeypatch):
    make_contact()
    campaign = make_campaign(status=Status.APPROVED)

    def full_disk(**_):
        raise DatabaseError("no space left on device")

    monkeypatch.setattr(launching, "enqueue_campaign", full_disk)

    with pytest.raises(LaunchFailed):
        launch(campaign)

    campaign.refresh_from_db()
    assert campaign.status == Status.APPROVED
    assert not Snapshot.objects.exists()
    assert not OutboundMessage.objects.exists()


def test_a_launch_that_is_still_freezing_is_not_recovered(monkeypatch):
    make_contact()
    campaign = make_campaign(status=Status.APPROVED)
    freezing, go_on = Event(), Event()

    def slow_enqueue(**fields):
        freezing.set()
        assert go_on.wait(10)
        return enqueue_campaign(**fields)

    monkeypatch.setattr(launching, "enqueue_campaign", slow_enqueue)

    def recover_meanwhile():
        assert freezing.wait(10)
        try:
            return lifecycle.recover_stuck_launches(now=NOW + timedelta(minutes=30))
        finally:
            go_on.set()

    launched, recovered = together(lambda: launch(campaign), recover_meanwhile)

    assert recovered == []
    assert launched.status == Status.SCHEDULED


def test_a_second_click_while_the_first_freezes_says_already_launched():
    campaign = make_campaign(status=Status.LAUNCHING)

    with pytest.raises(AlreadyLaunched):
        launch(campaign)

    with transaction.atomic():
        campaign.refresh_from_db()
    assert campaign.status == Status.LAUNCHING
