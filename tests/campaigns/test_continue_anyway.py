"""A campaign that a stop rule holds: who is offered what, and what it says."""

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from campaigns.models import Campaign
from config.roles import APPROVER, MARKETER
from tests.conftest import NOW
from tests.factories.audiences import make_contact, make_segment
from tests.factories.campaigns import make_campaign, make_message, make_number
from tests.factories.people import make_member
from tests.factories.templates import make_version

pytestmark = pytest.mark.django_db
WHY = '{"code": "stop_opt_outs", "count": 9, "of": 500, "percent": 1.8, "limit": 1.5}'


@pytest.fixture(autouse=True)
def _frozen():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def held() -> Campaign:
    campaign = make_campaign(
        status=Campaign.Status.PAUSED,
        contacts=[make_contact()],
        pause_code="stop_opt_outs",
        pause_detail=WHY,
    )
    make_message(campaign=campaign)
    return campaign


def client_of(role: str) -> Client:
    client = Client()
    client.force_login(make_member(role), backend="django.contrib.auth.backends.ModelBackend")
    return client


def api_of(role: str) -> APIClient:
    client = APIClient()
    client.force_authenticate(make_member(role))
    return client


def page(campaign: Campaign, name: str) -> str:
    return reverse(f"admin:campaigns_campaign_{name}", args=[campaign.pk])


def test_the_progress_page_says_why_with_the_figures_as_the_reader_writes_them(held):
    text = client_of(MARKETER).get(page(held, "progress")).content.decode()

    assert "9 su 500 che l’hanno ricevuto, 1,8% (limite 1,5%)" in text


@pytest.mark.parametrize(("role", "offered"), [(MARKETER, False), (APPROVER, True)])
def test_only_who_approves_is_offered_to_continue_and_nobody_to_resume(held, role, offered):
    text = client_of(role).get(page(held, "progress")).content.decode()

    assert (page(held, "continue_anyway") in text) is offered
    assert page(held, "resume") not in text


def test_an_approver_continues_with_a_reason(held):
    answer = client_of(APPROVER).post(page(held, "continue_anyway"), {"why": "Lista controllata"})

    held.refresh_from_db()
    assert (answer.status_code, held.status) == (302, "sending")


def test_looking_at_the_question_changes_nothing_and_shows_why_it_was_stopped(held):
    text = client_of(APPROVER).get(page(held, "continue_anyway")).content.decode()

    held.refresh_from_db()
    assert held.status == "paused"
    assert "Troppi disiscritti" in text


def test_a_marketer_does_not_continue_it_by_the_api_nor_resume_it(held):
    api, url = api_of(MARKETER), f"/api/v1/campaigns/{held.pk}/"

    refused = api.post(f"{url}continue-anyway/", {"reason": "Va bene"}, format="json")
    resumed = api.post(f"{url}resume/")

    held.refresh_from_db()
    assert (refused.status_code, resumed.status_code, held.status) == (403, 400, "paused")


def test_an_approver_continues_it_by_the_api(held):
    answer = api_of(APPROVER).post(
        f"/api/v1/campaigns/{held.pk}/continue-anyway/", {"reason": "Va bene"}, format="json"
    )

    assert (answer.status_code, answer.json()["status"]) == (200, "sending")


def test_the_form_takes_the_first_share_in_percent():
    make_number()
    client_of(MARKETER).post(
        reverse("admin:campaigns_campaign_add"),
        {
            "name": "Natale",
            "template_version": make_version().pk,
            "segment": make_segment().segment.pk,
            "variable-FIRST_NAME-from": "contact.first_name",
            "variable-FIRST_NAME-fallback": "amico",
            "spread_hours": "0",
            "holdout_percent": "0",
            "canary_percent": "2.5",
        },
    )

    assert str(Campaign.objects.get().canary_share) == "0.025"
