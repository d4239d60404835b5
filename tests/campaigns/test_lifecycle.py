"""The life of a campaign: each move, who may make it, and what a refusal leaves untouched."""

from datetime import timedelta

import pytest

from audiences.models import ConsentState, Snapshot
from campaigns import lifecycle
from campaigns.models import Campaign, OutboundMessage, Quality, SpokiAccount, TransitionRefused
from campaigns.refusals import AlreadyLaunched, CampaignRefused, SamePersonRefused
from tests.conftest import NOW
from tests.factories.audiences import ITALIANS, make_contact, make_segment
from tests.factories.campaigns import make_campaign, make_message, make_user
from tests.factories.templates import make_version

pytestmark = pytest.mark.django_db
Status = Campaign.Status


def approved(**changes):
    """An approved campaign to one person who is there."""
    make_contact()
    return make_campaign(status=Status.APPROVED, **changes)


def launch(campaign, **changes):
    fields = {"by": campaign.author, "confirm": campaign.name, "now": NOW} | changes
    return lifecycle.launch_campaign(campaign=campaign, **fields)


def untouched(campaign, status):
    campaign.refresh_from_db()
    return campaign.status == status and not Snapshot.objects.exists() and not campaign.total


def verbs(campaign):
    return list(campaign.events.values_list("verb", flat=True))


def test_submission_pins_the_wording_of_the_segments(now):
    make_contact()
    wording = make_segment()
    left_out = make_segment(rules={"v": 1, "groups": []})
    campaign = make_campaign(segment_version=wording, exclude=[left_out])

    submitted = lifecycle.submit_campaign(campaign=campaign, by=campaign.author, now=now)

    assert submitted.status == Status.IN_REVIEW
    assert submitted.segment_version == wording
    assert list(submitted.exclude_versions.all()) == [left_out]
    assert len(submitted.fingerprint) == 64
    assert submitted.events.get(verb="submitted").figures == {"recipients": 1}


def test_a_campaign_that_reaches_nobody_is_not_submitted(now):
    campaign = make_campaign()

    with pytest.raises(CampaignRefused) as refused:
        lifecycle.submit_campaign(campaign=campaign, by=campaign.author, now=now)

    assert [blocker.code for blocker in refused.value.blockers] == ["empty_audience"]
    campaign.refresh_from_db()
    assert campaign.status == Status.DRAFT
    assert campaign.segment_version is None
    assert verbs(campaign) == []


def test_a_campaign_in_review_is_not_submitted_again(now):
    campaign = make_campaign(status=Status.IN_REVIEW)

    with pytest.raises(TransitionRefused):
        lifecycle.submit_campaign(campaign=campaign, by=campaign.author, now=now)


def test_another_person_approves_and_the_audience_is_counted(now):
    make_contact()
    make_contact(marketing_consent=ConsentState.WITHDRAWN)
    campaign = make_campaign(status=Status.IN_REVIEW)
    approver = make_user()

    result = lifecycle.approve_campaign(campaign=campaign, by=approver, now=now)

    assert (result.status, result.approved_by, result.approved_recipients) == (
        Status.APPROVED,
        approver,
        1,
    )


@pytest.mark.parametrize("role", ["author", "last_editor"])
@pytest.mark.parametrize("is_superuser", [False, True])
def test_who_wrote_or_edited_it_does_not_approve_it_not_even_a_superuser(now, role, is_superuser):
    make_contact()
    person = make_user(is_superuser=is_superuser)
    campaign = make_campaign(status=Status.IN_REVIEW, **{role: person})

    with pytest.raises(SamePersonRefused):
        lifecycle.approve_campaign(campaign=campaign, by=person, now=now)

    campaign.refresh_from_db()
    assert (campaign.status, campaign.approved_by) == (Status.IN_REVIEW, None)


def test_what_changed_under_the_approvers_eyes_is_not_approved(now):
    make_contact()
    campaign = make_campaign(status=Status.IN_REVIEW)
    seen = campaign.fingerprint
    Campaign.objects.filter(pk=campaign.pk).update(holdout_share="0.100")

    with pytest.raises(CampaignRefused) as refused:
        lifecycle.approve_campaign(campaign=campaign, by=make_user(), now=now, seen=seen)

    assert [blocker.code for blocker in refused.value.blockers] == ["changed"]
    campaign.refresh_from_db()
    assert campaign.status == Status.IN_REVIEW


def test_approval_is_refused_when_the_template_lost_its_own(now):
    make_contact()
    version = make_version()
    campaign = make_campaign(status=Status.IN_REVIEW, template_version=version)
    version.status = "paused"
    version.save()

    with pytest.raises(CampaignRefused) as refused:
        lifecycle.approve_campaign(campaign=campaign, by=make_user(), now=now)

    assert list(refused.value.by_field()) == ["template_version"]


def test_a_rejection_tells_the_author_why(now):
    campaign = make_campaign(status=Status.IN_REVIEW)

    rejected = lifecycle.reject_campaign(
        campaign=campaign, by=make_user(), reason=" Manca il codice ", now=now
    )

    assert (rejected.status, rejected.rejection_reason) == (Status.REJECTED, "Manca il codice")
    assert rejected.segment_version is None


def test_a_rejection_without_a_reason_is_refused(now):
    campaign = make_campaign(status=Status.IN_REVIEW)

    with pytest.raises(CampaignRefused):
        lifecycle.reject_campaign(campaign=campaign, by=make_user(), reason="  ", now=now)

    campaign.refresh_from_db()
    assert campaign.status == Status.IN_REVIEW


def test_going_back_to_draft_voids_the_approval(now):
    campaign = approved()

    draft = lifecycle.return_to_draft(campaign=campaign, by=campaign.author, now=now)

    assert (draft.status, draft.approved_by, draft.fingerprint) == (Status.DRAFT, None, "")
    assert draft.segment_version is None


def test_launch_freezes_the_audience_and_queues_one_message_each(now):
    ada = make_contact(first_name="Ada")
    make_contact(marketing_consent=ConsentState.UNKNOWN)
    campaign = make_campaign(status=Status.APPROVED)

    launched = launch(campaign)

    message = OutboundMessage.objects.get()
    assert (launched.status, launched.total) == (Status.SCHEDULED, 1)
    assert launched.snapshot.counts == {"no_consent": 1}
    assert (message.contact, message.params) == (ada, {"FIRST_NAME": "Ada"})
    assert launched.events.get(verb="launched").figures["recipients"] == 1


def test_held_out_people_are_frozen_but_never_queued(now):
    for _ in range(40):
        make_contact()
    campaign = make_campaign(status=Status.IN_REVIEW, holdout_share="0.500")
    campaign = lifecycle.approve_campaign(campaign=campaign, by=make_user(), now=now)

    launched = launch(campaign)

    assert launched.snapshot.total + launched.snapshot.holdout_count == 40
    assert launched.snapshot.holdout_count > 0
    assert launched.total == OutboundMessage.objects.count() == launched.snapshot.total


def test_the_name_must_be_typed_to_launch(now):
    campaign = approved(name="Natale crocchette -20%")

    with pytest.raises(CampaignRefused, match="Natale crocchette -20%"):
        launch(campaign, confirm="natale")

    assert untouched(campaign, Status.APPROVED)


def test_a_second_launch_says_that_it_is_launched_already(now):
    campaign = approved()
    launch(campaign)

    with pytest.raises(AlreadyLaunched):
        launch(campaign)

    assert OutboundMessage.objects.count() == 1
    assert Snapshot.objects.count() == 1


def test_a_draft_is_not_launched(now):
    make_contact()
    campaign = make_campaign()

    with pytest.raises(TransitionRefused):
        launch(campaign)

    assert untouched(campaign, Status.DRAFT)


@pytest.mark.parametrize(
    "change",
    [
        {"holdout_share": "0.100"},
        {"spread_hours": "6.00"},
        {"send_after": NOW + timedelta(hours=3)},
        {"variables": {"FIRST_NAME": {"value": "tutti"}}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_any_change_after_the_approval_brings_it_back_to_draft(now, change):
    campaign = approved()
    Campaign.objects.filter(pk=campaign.pk).update(**change)

    with pytest.raises(CampaignRefused) as refused:
        launch(campaign)

    assert [blocker.code for blocker in refused.value.blockers] == ["approval_voided"]
    assert untouched(campaign, Status.DRAFT)
    assert verbs(campaign) == ["approval_voided"]


def test_limits_changed_by_hand_void_the_approval(now):
    campaign = approved()
    SpokiAccount.objects.update(template_sends_per_minute=300)

    with pytest.raises(CampaignRefused):
        launch(campaign)

    assert untouched(campaign, Status.DRAFT)


def test_a_new_wording_of_the_segment_does_not_widen_what_was_approved(now):
    make_contact(language="it")
    make_contact(language="en")
    wording = make_segment()
    campaign = make_campaign(status=Status.APPROVED, segment_version=wording)
    everybody = {"v": 1, "groups": [{"mode": "any", "rules": [["contact.language", "is", "en"]]}]}
    wording.segment.versions.create(number=2, rules=everybody)

    launched = launch(campaign)

    assert launched.snapshot.segment_version.rules == ITALIANS
    assert OutboundMessage.objects.get().language == "it"


def test_launch_is_refused_when_the_audience_moved_more_than_a_tenth(now):
    for _ in range(12):
        make_contact()
    campaign = make_campaign(status=Status.APPROVED, approved_recipients=10)

    with pytest.raises(CampaignRefused, match=r"10.*12"):
        launch(campaign)

    assert untouched(campaign, Status.APPROVED)


def test_launch_goes_on_when_the_audience_moved_by_a_tenth(now):
    for _ in range(11):
        make_contact()
    campaign = make_campaign(status=Status.APPROVED, approved_recipients=10)

    assert launch(campaign).total == 11


def test_launch_is_refused_when_the_template_lost_approval(now):
    campaign = approved(template_version=make_version(status="rejected"))

    with pytest.raises(CampaignRefused):
        launch(campaign)

    assert untouched(campaign, Status.APPROVED)


def test_launch_is_refused_while_the_quality_of_the_number_is_low(now):
    campaign = approved()
    SpokiAccount.objects.update(quality=Quality.RED)

    with pytest.raises(CampaignRefused):
        launch(campaign)

    assert untouched(campaign, Status.APPROVED)


@pytest.mark.parametrize("status", [Status.SCHEDULED, Status.SENDING])
def test_a_person_pauses_without_a_code(now, status):
    campaign = make_campaign(status=status)

    paused = lifecycle.pause_campaign(campaign=campaign, by=campaign.author, now=now)

    assert (paused.status, paused.pause_code) == (Status.PAUSED, "")
    assert verbs(campaign) == ["paused"]


def test_a_finished_campaign_is_not_paused(now):
    campaign = make_campaign(status=Status.DONE)

    with pytest.raises(TransitionRefused):
        lifecycle.pause_campaign(campaign=campaign, by=campaign.author, now=now)

    campaign.refresh_from_db()
    assert campaign.status == Status.DONE


@pytest.mark.parametrize(
    ("started_at", "goes_on"), [(NOW, Status.SENDING), (None, Status.SCHEDULED)]
)
def test_resuming_goes_on_from_where_it_stopped(now, started_at, goes_on):
    campaign = make_campaign(
        status=Status.PAUSED, started_at=started_at, pause_code="template_paused"
    )

    resumed = lifecycle.resume_campaign(campaign=campaign, by=campaign.author, now=now)

    assert (resumed.status, resumed.pause_code) == (goes_on, "")
    assert resumed.events.get(verb="resumed").figures == {"paused_for": "template_paused"}


def test_resuming_is_refused_while_the_template_is_paused(now):
    campaign = make_campaign(
        status=Status.PAUSED, template_version=make_version(status="paused"), pause_code="x"
    )

    with pytest.raises(CampaignRefused):
        lifecycle.resume_campaign(campaign=campaign, by=campaign.author, now=now)

    campaign.refresh_from_db()
    assert (campaign.status, campaign.pause_code) == (Status.PAUSED, "x")


def test_cancelling_skips_whoever_was_not_written_to(now):
    campaign = make_campaign(status=Status.SENDING)
    waiting = make_message(campaign=campaign)
    gone = make_message(campaign=campaign, status="delivered")

    cancelled = lifecycle.cancel_campaign(campaign=campaign, by=campaign.author, now=now)

    waiting.refresh_from_db()
    gone.refresh_from_db()
    assert (cancelled.status, cancelled.ended_at) == (Status.CANCELLED, now)
    assert (waiting.status, waiting.reason) == ("skipped", "campaign_cancelled")
    assert gone.status == "delivered"
    assert cancelled.events.get(verb="cancelled").figures == {"skipped": 1}


@pytest.mark.parametrize("status", [Status.DRAFT, Status.IN_REVIEW, Status.APPROVED])
def test_a_campaign_that_was_not_launched_can_be_cancelled(now, status):
    campaign = make_campaign(status=status)

    cancelled = lifecycle.cancel_campaign(campaign=campaign, by=campaign.author, now=now)

    assert cancelled.status == Status.CANCELLED


def test_an_ended_campaign_is_not_cancelled(now):
    campaign = make_campaign(status=Status.CANCELLED)

    with pytest.raises(TransitionRefused):
        lifecycle.cancel_campaign(campaign=campaign, by=campaign.author, now=now)


def test_a_launch_whose_process_died_is_approved_again(now):
    campaign = make_campaign(status=Status.LAUNCHING, updated_at=now - timedelta(minutes=3))

    assert lifecycle.recover_stuck_launches(now=now) == [campaign.pk]

    campaign.refresh_from_db()
    assert campaign.status == Status.APPROVED
    assert verbs(campaign) == ["launch_recovered"]


def test_a_launch_of_a_moment_ago_is_left_alone(now):
    make_campaign(status=Status.LAUNCHING, updated_at=now - timedelta(minutes=1))

    assert lifecycle.recover_stuck_launches(now=now) == []
