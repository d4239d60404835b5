"""The banner of alerts on every page, and its button."""

from datetime import timedelta

import pytest
from django.urls import reverse

from campaigns.alerts import raise_alert
from campaigns.models import Alert
from config.roles import ADMIN, AGENT, APPROVER, MARKETER
from tests.conftest import NOW
from tests.factories.campaigns import make_account, make_campaign
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db

INDEX = reverse("admin:index")
TEXT = "Ricarica il credito"


@pytest.fixture
def told() -> Alert:
    make_account()
    raise_alert(code="account_stopped", figures={"why": "credit_exhausted"}, now=NOW)
    return Alert.objects.get()


def seen_url(alert: Alert) -> str:
    return reverse("admin:campaigns_alert_seen", args=[alert.pk])


def page_of(client, role: str) -> str:
    client.force_login(make_member(role), backend="django.contrib.auth.backends.ModelBackend")
    return str(client.get(INDEX).content.decode())


@pytest.mark.parametrize(
    ("role", "sees"), [(MARKETER, True), (APPROVER, True), (ADMIN, True), (AGENT, False)]
)
def test_those_who_plan_campaigns_see_what_is_wrong_on_every_page(client, told, role, sees):
    page = page_of(client, role)

    assert ("house-alert" in page) == sees
    assert ("Il credito Spoki" in page) == sees


def test_whoever_says_seen_takes_it_off_everybodys_pages_and_is_remembered(client, told):
    page_of(client, APPROVER)

    answer = client.post(seen_url(told), {"next": INDEX})

    told.refresh_from_db()
    assert (answer.status_code, answer["Location"]) == (302, INDEX)
    assert told.seen_by is not None
    assert "house-alert" not in page_of(client, MARKETER)


def test_looking_at_the_address_of_the_button_changes_nothing(client, told):
    page_of(client, ADMIN)

    assert client.get(seen_url(told)).status_code == 405

    told.refresh_from_db()
    assert told.seen_at is None


def test_who_plans_no_campaigns_cannot_say_seen(client, told):
    page_of(client, AGENT)

    assert client.post(seen_url(told)).status_code == 403

    told.refresh_from_db()
    assert told.seen_at is None


def test_the_way_back_leads_nowhere_else(client, told):
    page_of(client, ADMIN)

    answer = client.post(seen_url(told), {"next": "https://elsewhere.example/"})

    assert answer["Location"] == reverse("admin:campaigns_alert_changelist")


def test_of_many_alerts_the_newest_three_are_shown_and_the_rest_counted(client, told):
    for minutes in range(1, 5):
        raise_alert(
            code="unknown_code",
            subject=f"spoki::{minutes}",
            figures={"error": f"spoki::{minutes}"},
            now=NOW + timedelta(minutes=minutes),
        )

    page = page_of(client, MARKETER)

    assert page.count('class="house-alert"') == 3
    assert "spoki::4" in page
    assert "spoki::1)" not in page
    assert "2 altri avvisi" in page


def test_the_list_tells_what_was_said_and_who_has_seen_it(client, told):
    raise_alert(
        code="campaign_stopped",
        campaign=make_campaign(name="Natale"),
        figures={"why": "template_paused"},
        now=NOW,
    )
    page_of(client, MARKETER)

    page = client.get(reverse("admin:campaigns_alert_changelist")).content.decode()

    assert "Meta ha messo in pausa il modello (132015)" in page
