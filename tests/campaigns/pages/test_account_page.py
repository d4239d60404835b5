"""The page of the account: limits, hours, and going on after a stop."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from campaigns.admin.plan import bars_of
from campaigns.models import SpokiAccount
from campaigns.outlook import Hour, Outlook, Rest
from config.roles import ADMIN
from tests.campaigns.pages.steps import client_of
from tests.conftest import NOW
from tests.factories.campaigns import make_account
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db


def test_an_admin_sets_limits_and_hours_and_nothing_of_the_sender_is_touched():
    account = make_account(daily_limit=500)
    client = client_of(make_member(ADMIN))
    address = reverse("admin:campaigns_spokiaccount_change", args=[account.pk])
    form = {
        "template_sends_per_minute": "120", "text_sends_per_minute": "120",
        "automation_sends_per_minute": "1200", "sends_per_hour": "",
        "margin": "10 %", "marketing_share": "80", "daily_limit_override": "",
        "numbers-TOTAL_FORMS": "0", "numbers-INITIAL_FORMS": "0",
    }  # fmt: skip
    for kind in ("weekday", "saturday", "holiday_eve", "sunday", "holiday"):
        form |= {
            f"marketing_hours-{kind}-opens": "10:00",
            f"marketing_hours-{kind}-closes": "19:00",
        }
        form |= {f"transactional_hours-{kind}-opens": "", f"transactional_hours-{kind}-closes": ""}
    SpokiAccount.objects.update(paused_at=NOW, pause_code="spam_limit")

    answer = client.post(address, form)

    account.refresh_from_db()
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert (account.template_sends_per_minute, account.margin) == (120, 0.1)
    assert account.marketing_hours["sunday"] == ["10:00", "19:00"]
    assert account.transactional_hours["sunday"] is None
    assert account.pause_code == "spam_limit"


def test_hours_that_close_before_they_open_are_refused_in_the_form():
    account = make_account()
    client = client_of(make_member(ADMIN))
    form = {f"marketing_hours-weekday-{part}": hour for part, hour in (("opens", "19:00"), ("closes", "10:00"))}  # fmt: skip

    answer = client.post(reverse("admin:campaigns_spokiaccount_change", args=[account.pk]), form)

    assert "marketing_hours" in answer.context["adminform"].form.errors


def test_an_admin_lets_a_stopped_account_go_on_and_a_marketer_does_not(marketer):
    make_account(paused_at=NOW, pause_code="spam_limit")
    address = reverse("admin:campaigns_spokiaccount_resume")

    refused = client_of(marketer).post(address)
    still_paused = SpokiAccount.objects.get().is_paused
    by_get = client_of(make_member(ADMIN)).get(address)
    assert SpokiAccount.objects.get().is_paused
    client_of(make_member(ADMIN)).post(address)

    assert (refused.status_code, still_paused, by_get.status_code) == (403, True, 200)
    assert not SpokiAccount.objects.get().is_paused


def test_a_refresh_that_fails_is_told_on_the_page():
    make_account(daily_limit=777)
    client = client_of(make_member(ADMIN))

    answer = client.post(reverse("admin:campaigns_spokiaccount_refresh"), follow=True)

    assert [str(message.level_tag) for message in answer.context["messages"]] == ["error"]
    assert SpokiAccount.objects.get().daily_limit == 777


def test_the_bars_hatch_quiet_hours_and_nothing_else():
    morning = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    hours = (Hour(morning, 5), Hour(morning + timedelta(hours=3), 5))
    rests = (
        Rest(morning + timedelta(hours=1), morning + timedelta(hours=2), "quiet_hours"),
        Rest(morning + timedelta(hours=2), morning + timedelta(hours=3), "canary_hold"),
    )

    bars = bars_of(Outlook(morning, morning, hours, rests=rests))

    assert [(bar.count, bar.is_quiet) for bar in bars] == [(5, False), (0, True), (0, False), (5, False)]  # fmt: skip
