"""A tag is deleted under the segment of a campaign: it stops, and never becomes a wider one."""

import pytest

from audiences.models import Contact, Snapshot
from campaigns import lifecycle
from campaigns.blockers import launch_blockers
from campaigns.models import Campaign, OutboundMessage
from campaigns.refusals import CampaignRefused
from tests.conftest import NOW
from tests.factories.audiences import make_contact, make_segment, rules_of
from tests.factories.campaigns import make_campaign, make_user

pytestmark = pytest.mark.django_db
Status = Campaign.Status
VIP = rules_of(["contact.tag", "has", "vip"])
NOT_VIP = rules_of(["contact.tag", "has_not", "vip"])


def campaign_to(rules, status, **changes):
    make_contact(tags=["vip"])
    make_contact(tags=[])
    return make_campaign(status=status, segment_version=make_segment(rules=rules), **changes)


def delete_the_tag():
    Contact.objects.update(tags=[])


def untouched(campaign, status):
    campaign.refresh_from_db()
    nothing = not Snapshot.objects.exists() and not OutboundMessage.objects.exists()
    return campaign.status == status and nothing


@pytest.mark.parametrize("rules", [VIP, NOT_VIP])
def test_a_draft_whose_tag_was_deleted_says_so_and_cannot_be_sent_to_review(rules):
    campaign = campaign_to(rules, Status.DRAFT)
    delete_the_tag()

    with pytest.raises(CampaignRefused, match="vip"):
        lifecycle.submit_campaign(campaign=campaign, by=campaign.author, now=NOW)

    assert untouched(campaign, Status.DRAFT)
    assert [blocker.code for blocker in launch_blockers(campaign, now=NOW)] == ["broken_segment"]


@pytest.mark.parametrize("rules", [VIP, NOT_VIP])
def test_a_campaign_in_review_whose_tag_was_deleted_is_not_approved(rules):
    campaign = campaign_to(rules, Status.IN_REVIEW)
    delete_the_tag()

    with pytest.raises(CampaignRefused, match="vip"):
        lifecycle.approve_campaign(campaign=campaign, by=make_user(), now=NOW)

    assert untouched(campaign, Status.IN_REVIEW)


@pytest.mark.parametrize("rules", [VIP, NOT_VIP])
def test_an_approved_campaign_whose_tag_was_deleted_is_not_launched(rules):
    campaign = campaign_to(rules, Status.APPROVED)
    delete_the_tag()

    with pytest.raises(CampaignRefused, match="vip"):
        lifecycle.launch_campaign(
            campaign=campaign, by=campaign.author, confirm=campaign.name, now=NOW
        )

    assert untouched(campaign, Status.APPROVED)


def test_a_tag_deleted_under_the_people_to_leave_out_stops_the_launch_too():
    make_contact(tags=["vip"])
    campaign = make_campaign(status=Status.APPROVED, exclude=[make_segment(rules=VIP)])
    delete_the_tag()

    with pytest.raises(CampaignRefused, match="vip"):
        lifecycle.launch_campaign(
            campaign=campaign, by=campaign.author, confirm=campaign.name, now=NOW
        )

    assert untouched(campaign, Status.APPROVED)


def test_a_tag_deleted_after_the_launch_changes_nobody_who_was_frozen():
    campaign = campaign_to(VIP, Status.APPROVED)
    launched = lifecycle.launch_campaign(
        campaign=campaign, by=campaign.author, confirm=campaign.name, now=NOW
    )

    delete_the_tag()

    assert (launched.total, OutboundMessage.objects.count()) == (1, 1)
    assert Snapshot.objects.get().segment_version.rules == VIP
