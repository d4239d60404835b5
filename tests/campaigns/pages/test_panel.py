"""The live parts of the form: the rows of variables, and the panel beside it."""

import pytest
from django.urls import reverse

from campaigns.models import Campaign
from config.roles import APPROVER
from tests.campaigns.pages.steps import client_of, typed
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_number
from tests.factories.people import make_member
from tests.factories.templates import make_version

pytestmark = pytest.mark.django_db


def test_the_rows_of_variables_follow_the_template(marketer):
    version = make_version(body="%%FIRST_NAME%% usa %%CODE%% oggi")
    body = typed(template_version=version.pk) | {"variable-CODE-from": "value"}

    answer = client_of(marketer).post(reverse("admin:campaigns_campaign_variables"), body)

    html = answer.content.decode()
    assert 'name="variable-FIRST_NAME-from"' in html
    assert 'name="variable-CODE-text"' in html
    assert '<option value="contact.first_name" selected>' in html
    assert answer.headers["HX-Trigger-After-Settle"] == "variables-changed"


def test_the_panel_shows_message_people_cost_and_what_is_missing(marketer):
    make_number()
    make_contact(first_name="Francesca", last_name="D'Angelo")
    make_contact(first_name="Marta", marketing_consent="unknown")

    answer = client_of(marketer).post(reverse("admin:campaigns_campaign_panel"), typed())

    preview = answer.context["preview"]
    html = answer.content.decode()
    assert '<mark class="wa-value wa-value--filled">Francesca</mark>' in html
    assert (preview.audience.will_receive, preview.audience.excluded) == (1, {"no_consent": 1})
    assert str(preview.cost.total) == "0.06"
    assert preview.blockers == ()
    assert not Campaign.objects.exists()


def test_the_panel_of_an_empty_form_says_what_comes_next(marketer):
    make_number()

    answer = client_of(marketer).post(reverse("admin:campaigns_campaign_panel"), {})

    codes = [blocker.code for blocker in answer.context["preview"].blockers]
    assert codes == ["no_template", "no_segment"]


def test_the_panel_shows_the_person_that_was_chosen(marketer):
    make_number()
    make_contact(first_name="Ada")
    bice = make_contact(first_name="Bice")

    answer = client_of(marketer).post(
        reverse("admin:campaigns_campaign_panel"), typed(preview_contact=bice.pk)
    )

    assert answer.context["preview"].contact == bice


def test_the_panel_shows_nobody_from_outside_the_segment(marketer):
    make_number()
    ada = make_contact(first_name="Ada")
    stranger = make_contact(first_name="Zoe", language="de")

    answer = client_of(marketer).post(
        reverse("admin:campaigns_campaign_panel"), typed(preview_contact=stranger.pk)
    )

    assert answer.context["preview"].contact == ada


@pytest.mark.parametrize("name", ["panel", "variables"])
def test_who_may_not_write_campaigns_gets_no_part_of_the_form(name):
    client = client_of(make_member(APPROVER))

    assert client.post(reverse(f"admin:campaigns_campaign_{name}"), typed()).status_code == 403
