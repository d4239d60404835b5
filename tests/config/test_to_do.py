"""The first page says what waits for its reader, and leads there."""

import pytest

from campaigns.models import Campaign, Flow
from config.roles import ADMIN, AGENT, APPROVER, MARKETER
from config.to_do import to_do
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_campaign
from tests.factories.drafts import make_draft
from tests.factories.flows import make_flow
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db
DRAFTS = "/admin/templates_sync/templatedraft/"
CAMPAIGNS = "/admin/campaigns/campaign/"


def waiting_for(user, rf):
    request = rf.get("/admin/")
    request.user = user
    return [task.link for task in to_do(request)]


def test_who_reviews_finds_the_texts_and_campaigns_of_others(rf):
    make_contact()
    make_draft(status="in_review")
    make_campaign(status=Campaign.Status.IN_REVIEW)

    assert waiting_for(make_member(APPROVER), rf) == [
        f"{DRAFTS}?status__exact=in_review",
        f"{CAMPAIGNS}?status__exact=in_review",
    ]


@pytest.mark.parametrize("hand", ["author", "last_editor"])
def test_nobody_is_asked_to_review_their_own_text(rf, hand):
    andrea = make_member(ADMIN)
    make_draft(status="in_review", **{hand: andrea})

    assert waiting_for(andrea, rf) == []


def test_an_author_finds_what_came_back_with_a_comment_and_not_what_is_only_begun(rf):
    giulia = make_member(MARKETER)
    make_draft(author=giulia)
    assert waiting_for(giulia, rf) == []

    make_draft(author=giulia, comment="Di' che la spedizione è gratis.")
    make_draft(comment="Di un'altra persona.")
    assert waiting_for(giulia, rf) == [f"{DRAFTS}?status__exact=draft"]


@pytest.mark.parametrize(("status", "page"), [("approved", DRAFTS), ("refused", DRAFTS)])
def test_who_writes_texts_finds_those_whose_next_step_is_theirs(rf, status, page):
    make_draft(status=status)

    assert waiting_for(make_member(MARKETER), rf) == [f"{page}?status__exact={status}"]
    assert waiting_for(make_member(APPROVER, username="marco_g"), rf) == []


def test_who_launches_finds_the_approved_campaigns(rf):
    make_contact()
    make_campaign(status=Campaign.Status.APPROVED)

    assert waiting_for(make_member(MARKETER), rf) == [f"{CAMPAIGNS}?status__exact=approved"]


def test_an_agent_is_told_nothing_of_campaigns(rf):
    make_contact()
    make_draft(status="in_review")
    make_campaign(status=Campaign.Status.PAUSED)

    assert waiting_for(make_member(AGENT), rf) == []


def test_the_first_page_leads_to_a_list_of_exactly_what_it_counted(client):
    make_draft(status="in_review", name="da_leggere")
    make_draft(status="accepted", name="gia_letto")
    client.force_login(make_member(APPROVER))
    first = client.get("/admin/").content.decode()

    listed = client.get(f"{DRAFTS}?status__exact=in_review").content.decode()

    assert f'href="{DRAFTS}?status__exact=in_review"' in first
    assert ("da_leggere" in listed, "gia_letto" in listed) == (True, False)


def test_a_first_page_without_anything_to_do_has_no_empty_box(client):
    client.force_login(make_member(APPROVER))

    assert 'id="to-do"' not in client.get("/admin/").content.decode()


def test_flows_that_wait_for_a_second_person_or_were_stopped_are_told(rf):
    giulia = make_member(MARKETER)
    asked = {"requested_by": giulia, "requested_at": NOW, "author": giulia}
    make_flow(**asked)
    make_flow(stop_code="template_is_marketing")
    link = "/admin/campaigns/flow/?status__exact=disabled"

    assert waiting_for(make_member(APPROVER), rf) == [link]
    assert waiting_for(giulia, rf) == [link]
    andrea = make_member(ADMIN)
    Flow.objects.update(stop_code="", last_editor=andrea)
    assert waiting_for(andrea, rf) == []
