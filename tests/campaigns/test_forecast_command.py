"""`manage.py forecast`: a table, a small chart and the end, from the account's own limits."""

import json
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import ProgrammingError
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
    """Sixty a minute beside the place kept for orders, without margin, from ten to a quarter past seven."""
    return make_account(
        template_sends_per_minute=61,
        margin=0.0,
        lease_seconds=0.0,
        marketing_hours=default_marketing_hours(),
    )


def told(*options):
    out = StringIO()
    call_command("forecast", *options, stdout=out, stderr=StringIO())
    return out.getvalue()


def rows(text):
    """Return (hour, leave, in all, length of the bar) of each line of the table."""
    lines = [line.split() for line in text.splitlines() if "█" in line]
    return [(line[-4], line[-3], line[-2], len(line[-1])) for line in lines]


def test_a_line_per_hour_from_the_opening_on(account):
    text = told("--recipients=9000", "--tier=100000", f"--start={MORNING}")

    # The first quarter of an hour rises to the full pace: 405 fewer than in an hour at sixty.
    assert rows(text) == [
        ("10:00", "3,195", "3,195", 36),
        ("11:00", "3,600", "6,795", 40),
        ("12:00", "2,205", "9,000", 24),
    ]
    assert "The last one leaves on 23/11/2026 12:36 (days of sending: 1)." in text
    assert "It does not finish" not in text


def test_what_does_not_fit_in_a_day_says_which_limit_would_do(account):
    text = told("--recipients=40000", "--tier=100000", f"--start={MORNING}")

    # Twice the limit are 122, three of them kept: 119 a minute.
    assert "With a limit of 122 a minute it would, at 15:42." in text
    assert "Sent by an automation of Spoki (1,200 a minute) it would" in text


def test_the_tier_wins_over_any_limit_a_minute(account):
    text = told("--recipients=3000", "--tier=1000", f"--start={MORNING}")

    assert "The people allowed in 24 hours (1,000) decide: it takes at least 4 days" in text
    assert "With a limit" not in text
    assert rows(text)[-1][2] == "3,000"


def test_the_limit_and_the_spread_can_be_thought_of(account):
    faster = told("--recipients=3600", "--tier=100000", "--per-minute=123", f"--start={MORNING}")
    slower = told("--recipients=3600", "--tier=100000", "--spread-hours=4", f"--start={MORNING}")

    assert "10:36 (" in faster
    assert "14:00 (" in slower


def test_without_options_the_tier_is_the_accounts_and_the_start_is_now(account):
    assert "10 recipients from 23/11/2026 10:30" in told("--recipients=10")
    assert "10,000 people in 24 hours" in told("--recipients=10")


def test_a_low_quality_sends_nothing_and_says_so(account):
    SpokiAccount.objects.update(quality="red")

    text = told("--recipients=10")

    assert rows(text) == []
    assert "10 would not have left within a year." in text
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
        "--recipients-in=Lisbon=5", "--recipients-in=Europe/Lisbon=0", "--recipients-in=Europe/Lisbon",
        "--canary=0.6", "--route=pigeon", "--end=never", "--orders-per-minute=many",
    ],
)  # fmt: skip
def test_a_wrong_option_is_refused_by_name(account, wrong):
    with pytest.raises(CommandError, match=wrong.partition("=")[0]):
        told("--recipients=10", wrong)


def test_nothing_is_written(account):
    before = SpokiAccount.objects.values().get()

    told("--recipients=10", "--tier=5", "--per-minute=7")

    assert SpokiAccount.objects.values().get() == before


def test_people_of_another_zone_are_written_to_in_their_own_hours(account):
    everybody = ("--recipients=3600", "--tier=100000", f"--start={MORNING}")

    text = told(*everybody, "--recipients-in=Europe/Lisbon=3500")

    # A hundred in Rome, then nobody until it is ten in Lisbon.
    assert [row[:2] for row in rows(text)] == [
        ("10:00", "100"),
        ("11:00", "3,195"),
        ("12:00", "305"),
    ]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ((), "Say how many"),
        (("--recipients=10", "--recipients-in=Europe/Lisbon=11"), "more than the 10"),
        (("--recipients=10", f"--start={MORNING}", "--end=2026-11-23 08:00"), "after the start"),
    ],
)
def test_options_that_do_not_go_together_are_refused_with_a_sentence(account, wrong, sentence):
    with pytest.raises(CommandError, match=sentence):
        told(*wrong)


def test_whoever_waits_at_the_end_is_not_written_to_and_is_counted(account):
    text = told(
        "--recipients=9000", "--tier=100000", f"--start={MORNING}", "--end=2026-11-23 12:00"
    )

    assert rows(text)[-1][2] == "6,795"
    assert "2,205 are not written to" in text


def test_the_automation_and_the_first_share_can_be_thought_of(account):
    bulk = told("--recipients=9000", "--tier=100000", f"--start={MORNING}", "--route=automation")
    careful = told("--recipients=9000", "--tier=100000", f"--start={MORNING}", "--canary=0.05")

    assert "10:14 (" in bulk
    assert rows(careful)[0][1] == "450"


def test_the_cost_is_that_of_italian_numbers(account):
    assert "Estimated cost: 572.00 €" in told("--recipients=10000", f"--start={MORNING}")
    assert "Estimated cost: 248.00 €" in told(
        "--recipients=10000", f"--start={MORNING}", "--category=utility"
    )


def test_programs_read_the_same_as_json_with_every_minute(account):
    found = json.loads(told("--recipients=9000", "--tier=100000", f"--start={MORNING}", "--json"))

    assert found["finish_at"] == "2026-11-23T12:36:45+01:00"
    assert sum(minute["count"] for minute in found["minutes"]) == 9000
    assert found["hours"][1] == {"at": "2026-11-23T11:00:00+01:00", "count": 3600}
    assert (found["cost"], found["currency"], found["help"]) == ("514.80", "EUR", [])


def test_without_an_account_the_limits_are_those_one_begins_with():
    text = told("--recipients=10", "--tier=100000", f"--start={MORNING}")

    assert "60 a minute less a margin of 5 %" in text
    assert SpokiAccount.objects.count() == 0


def test_without_tables_the_limits_are_those_an_account_begins_with(monkeypatch):
    def no_tables(*_args):
        raise ProgrammingError("relation does not exist")

    monkeypatch.setattr(SpokiAccount.objects, "order_by", no_tables)

    text = told("--recipients=10", "--tier=100000", f"--start={MORNING}")

    assert "The last one leaves on 23/11/2026 10:0" in text


def test_a_million_people_over_weeks_of_a_tier_are_told_by_the_day(account):
    text = told("--recipients=1000000", "--tier=50000", "--per-minute=600", f"--start={MORNING}")

    assert rows(text)[-1][2] == "1,000,000"
    assert "The people allowed in 24 hours (50,000) decide" in text
