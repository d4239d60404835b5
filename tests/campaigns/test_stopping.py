"""Stop and go for the whole account, by a person."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from campaigns.models import Alert, SpokiAccount
from config.roles import ADMIN, AGENT, APPROVER, MARKETER
from tests.conftest import NOW
from tests.factories.campaigns import make_account
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db

STOP = reverse("admin:campaigns_spokiaccount_stop")
RESUME = reverse("admin:campaigns_spokiaccount_resume")
PAGE = reverse("admin:campaigns_spokiaccount_changelist")


@pytest.fixture(autouse=True)
def account() -> SpokiAccount:
    return make_account()


def enter(client, role: str):
    client.force_login(make_member(role), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize(
    ("role", "status", "is_stopped"),
    [(MARKETER, 302, True), (APPROVER, 302, True), (ADMIN, 302, True), (AGENT, 403, False)],
)
def test_whoever_may_pause_a_campaign_may_stop_everything(client, role, status, is_stopped):
    answer = enter(client, role).post(STOP, {"reason": ""})

    assert answer.status_code == status
    assert SpokiAccount.objects.get().is_paused == is_stopped


def test_looking_at_the_question_stops_nothing(client):
    page = enter(client, MARKETER).get(STOP)

    assert page.status_code == 200
    assert not SpokiAccount.objects.get().is_paused


def test_the_reason_is_told_to_everybody_and_kept_in_the_history(client):
    enter(client, MARKETER).post(STOP, {"reason": "Prezzo sbagliato nel testo"})

    page = client.get(PAGE, follow=True).content.decode()
    assert "Messa in pausa da una persona: Prezzo sbagliato nel testo" in page
    assert Alert.objects.open().get().code == "account_stopped"
    entry = LogEntry.objects.get()
    assert "Prezzo sbagliato nel testo" in entry.change_message


def test_a_second_stop_keeps_the_first_reason(client):
    SpokiAccount.objects.update(paused_at=NOW, pause_code="spam_limit")

    enter(client, ADMIN).post(STOP, {"reason": "Anche io"})

    assert SpokiAccount.objects.get().pause_code == "spam_limit"


def test_going_on_ends_the_alert_and_is_kept_in_the_history(client):
    enter(client, ADMIN).post(STOP, {"reason": ""})

    client.post(RESUME, {"reason": "Credito ricaricato"})

    assert not SpokiAccount.objects.get().is_paused
    assert not Alert.objects.open().exists()
    assert "Credito ricaricato" in LogEntry.objects.order_by("-pk")[0].change_message


def test_only_admin_lets_it_go_on(client):
    SpokiAccount.objects.update(paused_at=NOW, pause_code="spam_limit")

    assert enter(client, APPROVER).post(RESUME).status_code == 403

    assert SpokiAccount.objects.get().is_paused


def test_the_question_tells_why_it_is_stopped(client):
    SpokiAccount.objects.update(paused_at=NOW, pause_code="spam_limit")

    assert "131048" in enter(client, ADMIN).get(RESUME).content.decode()
