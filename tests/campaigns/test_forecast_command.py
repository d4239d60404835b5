"""`manage.py forecast`: a table, a small chart and the end, from the account's own limits."""

from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import translation

from campaigns.models import SpokiAccount
from campaigns.models.account import default_marketing_hours
from tests.conftest import NOW
from tests.factories.campaigns import make_account

pytestmark = pytest.mark.django_db
MORNING = "2026-11-23 09:00"


@pytest.fixture(autouse=True)
def _frozen():
    with time_machine.travel(NOW, tick=False), translation.override("en"):
        yield


@pytest.fixture
def account():
    """Sixty a minute without margin, from ten to a quarter past seven."""
    hours = default_marketing_hours()
    return make_account(margin=0.0, lease_seconds=0.0, marketing_hours=hours)


def told(*options):
    out = StringIO()
    call_command("forecast", *options, stdout=out)
    return out.getvalue()


def rows(text):
    """Return (hour, leave, in all, length of the bar) of each line of the table."""
    lines = [line.split() for line in text.splitlines() if "█" in line]
    return [(line[-4], line[-3], line[-2], len(line[-1])) for line in lines]


def test_a_line_per_hour_from_the_opening_on(account):
    text = told("--recipients=9000", "--tier=100000", f"--start={MORNING}")

    assert rows(text) == [
        ("10:00", "3,600", "3,600", 40),
        ("11:00", "3,600", "7,200", 40),
        ("12:00", "1,800", "9,000", 20),
    ]
    assert "The last one leaves on 23/11/2026 12:30." in text
    assert "It does not finish" not in text


def test_what_does_not_fit_in_a_day_says_which_limit_would_do(account):
    text = told("--recipients=40000", "--tier=100000", f"--start={MORNING}")

    assert "With a limit of 120 a minute it would, at 15:33." in text


def test_the_tier_wins_over_any_limit_a_minute(account):
    text = told("--recipients=3000", "--tier=1000", f"--start={MORNING}")

    assert "nor would it with a higher limit a minute" in text
    assert rows(text)[-1][2] == "3,000"


def test_the_limit_and_the_spread_can_be_thought_of(account):
    faster = told("--recipients=3600", "--tier=9000", "--per-minute=120", f"--start={MORNING}")
    slower = told("--recipients=3600", "--tier=9000", "--spread-hours=4", f"--start={MORNING}")

    assert "10:30." in faster
    assert "14:00." in slower


def test_without_options_the_tier_is_the_accounts_and_the_start_is_now(account):
    assert "10 recipients from 23/11/2026 10:30" in told("--recipients=10")
    assert "10,000 people in 24 hours" in told("--recipients=10")


def test_a_low_quality_sends_nothing_and_says_so(account):
    SpokiAccount.objects.update(quality="red")

    text = told("--recipients=10")

    assert rows(text) == []
    assert "10 would not have left within a month." in text
    assert "quality stops marketing" in text


def test_a_plan_of_weeks_is_told_by_the_day(account):
    text = told("--recipients=8000", "--tier=1000", f"--start={MORNING}")

    assert len(rows(text)) <= 31
    assert rows(text)[-1][2] == "8,000"


@pytest.mark.parametrize(
    "wrong",
    [
        "--recipients=0", "--recipients=many", "--tier=0", "--start=tomorrow",
        "--start=2026-13-01 09:00", "--per-minute=-1", "--spread-hours=169", "--spread-hours=nan",
    ],
)  # fmt: skip
def test_a_wrong_option_is_refused_by_name(account, wrong):
    with pytest.raises(CommandError, match=wrong.partition("=")[0]):
        told("--recipients=10", wrong)


def test_nothing_is_written(account):
    before = SpokiAccount.objects.values().get()

    told("--recipients=10", "--tier=5", "--per-minute=7")

    assert SpokiAccount.objects.values().get() == before
