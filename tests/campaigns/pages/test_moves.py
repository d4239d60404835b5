"""The buttons of a campaign: who may press each, and what the page asks before."""

import pytest
from django.test import Client

from audiences.models import Snapshot
from campaigns.models import OutboundMessage
from config.roles import ADMIN, AGENT, APPROVER, MARKETER
from tests.campaigns.pages.steps import Status, client_of, page
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_campaign
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db
MOVES = {
    "submit": (Status.DRAFT, Status.IN_REVIEW, {MARKETER, ADMIN}, {}),
    "approve": (Status.IN_REVIEW, Status.APPROVED, {APPROVER, ADMIN}, {}),
    "reject": (Status.IN_REVIEW, Status.REJECTED, {APPROVER, ADMIN}, {"reason": "Manca il codice"}),
    "back_to_draft": (Status.APPROVED, Status.DRAFT, {MARKETER, ADMIN}, {}),
    "launch": (Status.APPROVED, Status.SCHEDULED, {MARKETER, ADMIN}, {}),
    "pause": (Status.SENDING, Status.PAUSED, {MARKETER, APPROVER, ADMIN}, {}),
    "resume": (Status.PAUSED, Status.SENDING, {MARKETER, APPROVER, ADMIN}, {}),
    "cancel": (Status.SENDING, Status.CANCELLED, {MARKETER, APPROVER, ADMIN}, {}),
}


@pytest.mark.parametrize("verb", MOVES)
@pytest.mark.parametrize("role", [MARKETER, APPROVER, ADMIN, AGENT])
def test_each_button_is_for_its_roles_and_asks_before_it_acts(verb, role):
    before, after, roles, answer = MOVES[verb]
    make_contact()
    campaign = make_campaign(status=before)
    client = client_of(make_member(role))
    answer = answer | {"seen": campaign.fingerprint, "confirm": campaign.name}

    asked = client.get(page(campaign, verb))
    campaign.refresh_from_db()
    untouched = campaign.status == before
    done = client.post(page(campaign, verb), answer)

    campaign.refresh_from_db()
    assert untouched
    assert (asked.status_code, done.status_code) == ((200, 302) if role in roles else (403, 403))
    assert campaign.status == (after if role in roles else before)


def test_the_author_sees_no_approve_button_and_its_address_does_nothing():
    make_contact()
    boss = make_member(ADMIN, is_superuser=True)
    campaign = make_campaign(status=Status.IN_REVIEW, author=boss)
    client = client_of(boss)

    shown = client.get(page(campaign)).content.decode()
    posted = client.post(page(campaign, "approve"), {"seen": campaign.fingerprint})

    campaign.refresh_from_db()
    assert page(campaign, "approve") not in shown
    assert posted.status_code == 302
    assert campaign.status == Status.IN_REVIEW


def test_an_approver_who_looked_at_something_else_is_asked_to_look_again():
    make_contact()
    campaign = make_campaign(status=Status.IN_REVIEW)

    answer = client_of(make_member(APPROVER)).post(page(campaign, "approve"), {"seen": "altro"})

    campaign.refresh_from_db()
    assert (answer.status_code, campaign.status) == (422, Status.IN_REVIEW)
    assert answer.context["form"].non_field_errors()


def test_a_wrong_name_is_refused_on_the_launch_page(marketer):
    make_contact()
    campaign = make_campaign(status=Status.APPROVED)

    answer = client_of(marketer).post(page(campaign, "launch"), {"confirm": "sbagliato"})

    assert answer.status_code == 422
    assert campaign.name in answer.context["form"].errors["confirm"][0]
    assert not Snapshot.objects.exists()


def test_a_launch_clicked_twice_says_that_it_is_launched_already(marketer):
    make_contact()
    campaign = make_campaign(status=Status.APPROVED)
    client = client_of(marketer)
    client.post(page(campaign, "launch"), {"confirm": campaign.name})

    again = client.post(page(campaign, "launch"), {"confirm": campaign.name}, follow=True)

    assert again.redirect_chain == [(page(campaign, "progress"), 302)]
    assert Snapshot.objects.count() == OutboundMessage.objects.count() == 1


def test_the_launch_page_shows_people_cost_and_how_many_were_approved(marketer):
    for _ in range(3):
        make_contact()
    campaign = make_campaign(status=Status.APPROVED, approved_recipients=2)

    context = client_of(marketer).get(page(campaign, "launch")).context

    assert context["preview"].audience.will_receive == 3
    assert str(context["preview"].cost.total) == "0.17"
    assert context["has_moved"] is True


def test_a_post_without_a_token_is_refused(marketer):
    make_contact()
    campaign = make_campaign(status=Status.SENDING)
    client = Client(enforce_csrf_checks=True)
    client.force_login(marketer, backend="django.contrib.auth.backends.ModelBackend")

    answer = client.post(page(campaign, "cancel"))

    campaign.refresh_from_db()
    assert (answer.status_code, campaign.status) == (403, Status.SENDING)
