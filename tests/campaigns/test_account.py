"""Reading the account from Spoki, and its limits over HTTP."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from campaigns.account import NoAccount, current_account, refresh_account, resume_account
from campaigns.models import Alert, Grant, Quality, SpokiAccount, WhatsAppNumber
from campaigns.models.account import default_marketing_hours
from campaigns.sender.allowance import Demand, allowance
from campaigns.sender.ledger import read_state
from campaigns.sender.limits import limits_of
from campaigns.sender.policy import DEFAULT_POLICY
from campaigns.usage import usage_of
from config.roles import ADMIN, APPROVER, MARKETER
from spoki import UNLIMITED, Account, Channel, SpokiUnreachable
from spoki import Quality as SpokiQuality
from tests.conftest import NOW
from tests.factories.campaigns import make_account, make_number, make_user
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db
URL = "/api/v1/account/"

ACCOUNT = Account(
    id=77,
    name="Zampa",
    phone="+390200000001",
    phone_status="connected",
    quality=SpokiQuality.HIGH,
    quality_word="high",
    daily_limit=10_000,
    contacted_in_24h=250,
    credit_millis=125_500,
    timezone="Europe/Rome",
    is_active=True,
)
SHOP = Channel(
    id=1,
    name="Negozio",
    phone="+390200000001",
    phone_status="connected",
    quality=SpokiQuality.HIGH,
    quality_word="high",
    daily_limit=10_000,
    is_primary=True,
)
CARE = replace(SHOP, id=2, name="Assistenza", phone="+390200000002", is_primary=False)


class Gateway:
    """Answers with what a test gives it; only the two calls that a refresh makes."""

    def __init__(self, accounts=(ACCOUNT,), channels=(SHOP,), error=None):
        self._answers, self._error = (list(accounts), list(channels)), error

    def accounts(self):
        if self._error:
            raise self._error
        return self._answers[0]

    def channels(self):
        return self._answers[1]


def refresh(now=NOW, **answers):
    return refresh_account(gateway=Gateway(**answers), now=now)  # type: ignore[arg-type]


def test_the_account_is_made_once_with_safe_defaults():
    first, again = current_account(), current_account()

    assert first == again
    assert (first.template_sends_per_minute, first.marketing_share) == (60, 0.8)
    assert first.marketing_hours == default_marketing_hours()


def test_a_refresh_keeps_limits_health_credit_and_numbers(now):
    account = refresh(channels=[CARE, SHOP])

    assert (account.spoki_id, account.daily_limit, account.contacted_in_24h) == (77, 10_000, 250)
    assert (account.quality, account.phone_status) == (Quality.GREEN, "connected")
    assert (account.credit_millis, account.refreshed_at) == (125_500, now)
    assert WhatsAppNumber.objects.get(is_default=True).phone == SHOP.phone
    assert account.numbers.count() == 2


def test_a_second_refresh_changes_nothing_that_people_set(now):
    make_account(spoki_id=77, template_sends_per_minute=90, daily_limit_override=500)
    care = make_number(phone=CARE.phone)

    refresh(channels=[SHOP, CARE])
    account = refresh(now + timedelta(hours=1), channels=[SHOP, CARE])

    assert (account.template_sends_per_minute, account.daily_limit_override) == (90, 500)
    assert WhatsAppNumber.objects.get(is_default=True) == care
    assert account.numbers.count() == 2


@pytest.mark.parametrize(
    ("word", "read", "kept"),
    [
        ("high", SpokiQuality.HIGH, Quality.GREEN),
        ("medium", SpokiQuality.MEDIUM, Quality.YELLOW),
        ("low", SpokiQuality.LOW, Quality.RED),
        ("3", SpokiQuality.UNKNOWN, Quality.UNREADABLE),
        ("excellent", SpokiQuality.UNKNOWN, Quality.UNREADABLE),
        ("", SpokiQuality.UNKNOWN, Quality.UNKNOWN),
    ],
)
def test_a_quality_is_understood_or_said_not_to_be(word, read, kept):
    assert refresh(accounts=[replace(ACCOUNT, quality=read, quality_word=word)]).quality == kept


def test_a_limit_that_cannot_be_read_leaves_the_last_known_one(now):
    refresh()

    assert refresh(accounts=[replace(ACCOUNT, daily_limit=None)]).daily_limit == 10_000


def test_a_limit_that_is_not_understood_is_told_until_somebody_sets_one(now):
    refresh()
    odd = replace(ACCOUNT, daily_limit=None, limit_word="tier_5k")

    refresh(accounts=[odd])

    alert = Alert.objects.open().get()
    assert (alert.code, alert.detail) == ("limit_unreadable", {"word": "tier_5k", "limit": 10_000})
    SpokiAccount.objects.update(daily_limit_override=5_000)
    refresh(accounts=[odd])
    assert Alert.objects.open().count() == 0


def test_a_limit_of_which_spoki_says_nothing_is_no_news(now):
    refresh(accounts=[replace(ACCOUNT, daily_limit=None, limit_word="")])

    assert Alert.objects.count() == 0


def test_an_account_without_channels_sends_from_its_own_phone():
    refresh(channels=[])

    assert WhatsAppNumber.objects.get().phone == ACCOUNT.phone


def test_a_number_that_spoki_no_longer_lists_is_kept():
    refresh(channels=[SHOP, CARE])
    refresh(channels=[SHOP])

    assert WhatsAppNumber.objects.count() == 2


def test_the_account_known_before_wins_over_another_of_the_same_key():
    make_account(spoki_id=77)
    other = replace(ACCOUNT, id=5, name="Altro")

    assert refresh(accounts=[other, ACCOUNT]).name == "Zampa"


@pytest.mark.parametrize("answers", [{"error": SpokiUnreachable("accounts")}, {"accounts": []}])
def test_a_refresh_that_fails_changes_nothing(answers):
    make_account(daily_limit=777)

    with pytest.raises((SpokiUnreachable, NoAccount)):
        refresh(**answers)

    assert SpokiAccount.objects.get().daily_limit == 777


def test_a_stopped_account_goes_on_only_by_a_person(now):
    make_account(paused_at=now, pause_code="spam_limit")

    assert resume_account(by=make_user()) is True
    assert resume_account(by=make_user()) is False
    assert not SpokiAccount.objects.get().is_paused


def client_of(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


def test_the_account_tells_limits_usage_health_and_numbers(now):
    account = make_account(credit_millis=5000)
    number = make_number(account=account)
    for seconds, count in ((10, 5), (600, 20), (7200, 100)):
        at = now - timedelta(seconds=seconds)
        Grant.objects.create(account=account, at=at, kind="template", count=count)

    with time_machine.travel(now, tick=False):
        told = client_of(make_member(MARKETER)).get(URL).data

    assert told["usage"] == {
        "last_minute": 5,
        "last_hour": 25,
        "last_day": 125,
        "people": 0,
        "people_limit": 10_000,
        "templates_last_minute": 5,
        "texts_last_minute": 0,
        "automation_last_minute": 0,
    }
    assert (told["template_sends_per_minute"], told["sends_per_hour"], told["margin"]) == (60, None, 0.05)  # fmt: skip
    assert [row["id"] for row in told["numbers"]] == [number.pk]
    assert told["marketing_hours"]["weekday"] == ["00:00", "24:00"]


def test_sends_of_the_last_minute_are_told_beside_the_limit_of_their_own_kind(now):
    account = make_account()
    for kind, count in (("template", 5), ("text", 3), ("automation", 400)):
        Grant.objects.create(account=account, at=now, kind=kind, count=count)

    used = usage_of(account, now=now)

    assert (used.templates_last_minute, used.templates_per_minute) == (5, 60)
    assert (used.texts_last_minute, used.texts_per_minute) == (3, 120)
    assert (used.automation_last_minute, used.automation_per_minute) == (400, 1200)
    assert used.last_minute == 408


def test_a_stopped_account_says_why_and_since_when(now):
    make_account(paused_at=now, pause_code="person_because", pause_detail="clienti arrabbiati")

    told = client_of(make_member(MARKETER)).get(URL).data

    assert told["is_paused"] is True
    assert "clienti arrabbiati" in told["paused_because"]
    assert told["paused_at"] is not None


def test_an_account_at_work_has_no_reason_of_a_pause():
    make_account()

    told = client_of(make_member(MARKETER)).get(URL).data

    assert (told["is_paused"], told["paused_because"], told["paused_at"]) == (False, "", None)


def test_an_admin_changes_limits_and_hours():
    make_account()
    hours = default_marketing_hours() | {"sunday": ["11:00", "13:00"]}
    body = {"template_sends_per_minute": 120, "marketing_hours": hours, "sends_per_hour": None}

    answer = client_of(make_member(ADMIN)).patch(URL, body, format="json")

    account = SpokiAccount.objects.get()
    assert answer.status_code == 200, answer.data
    assert (account.template_sends_per_minute, account.marketing_hours) == (120, hours)


@pytest.mark.parametrize(
    ("own", "in_force"), [(90, {"per_minute": 90, "per_hour": None}), (None, {"per_minute": 30, "per_hour": None})]
)  # fmt: skip
def test_without_a_figure_of_its_own_the_account_tells_the_one_of_its_tier(own, in_force):
    make_account(daily_limit=2_000)
    client = client_of(make_member(ADMIN))

    client.patch(URL, {"template_sends_per_minute": own}, format="json")

    told = client.get(URL).json()
    assert (told["template_sends_per_minute"], told["limits_in_force"]) == (own, in_force)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"template_sends_per_minute": 0}, "template_sends_per_minute"),
        ({"margin": 1.5}, "margin"),
        ({"marketing_share": -1}, "marketing_share"),
        ({"marketing_hours": {"weekday": ["10:00", "19:00"]}}, "marketing_hours"),
        ({"marketing_hours": "sempre"}, "marketing_hours"),
        ({"marketing_hours": default_marketing_hours() | {"sunday": ["13:00", "11:00"]}}, "marketing_hours"),
        ({"marketing_hours": default_marketing_hours() | {"sunday": [10, 12]}}, "marketing_hours"),
        ({"quality": "green"}, "quality"),
        ({"daily_limit": 1_000_000}, "daily_limit"),
    ],
    ids=str,
)  # fmt: skip
def test_a_wrong_limit_is_refused_on_its_field(body, field):
    make_account()

    answer = client_of(make_member(ADMIN)).patch(URL, body, format="json")

    assert (answer.status_code, list(answer.data)) == (400, [field])
    assert SpokiAccount.objects.get().template_sends_per_minute == 60


@pytest.mark.parametrize("role", [MARKETER, APPROVER])
def test_only_an_admin_changes_the_account(role):
    make_account()
    client = client_of(make_member(role))

    changed = client.patch(URL, {"template_sends_per_minute": 999}, format="json")
    refreshed = client.post(f"{URL}refresh/")

    assert (changed.status_code, refreshed.status_code) == (403, 403)
    assert SpokiAccount.objects.get().template_sends_per_minute == 60


def test_a_refresh_that_fails_is_told_and_changes_nothing(monkeypatch):
    make_account(daily_limit=777)
    client = client_of(make_member(ADMIN))

    answer = client.post(f"{URL}refresh/")  # the settings of the tests name a closed port

    assert (answer.status_code, list(answer.data)) == (502, ["non_field_errors"])
    assert SpokiAccount.objects.get().daily_limit == 777


def test_an_account_without_a_tier_is_known_as_such_and_a_tier_never_read_is_not():
    unlimited = make_account(daily_limit=UNLIMITED)
    never_read = SpokiAccount(daily_limit=None)

    assert unlimited.has_no_daily_limit
    assert not never_read.has_no_daily_limit
    assert not SpokiAccount(daily_limit=100_000).has_no_daily_limit
    assert usage_of(unlimited, now=timezone.now()).people_limit is None


def test_the_limits_of_an_account_without_a_tier_are_those_of_the_highest_row():
    per_minute = replace(DEFAULT_POLICY.tiers[-1], per_minute=600)
    policy = replace(DEFAULT_POLICY, tiers=(*DEFAULT_POLICY.tiers[:-1], per_minute))
    account = SpokiAccount(daily_limit=UNLIMITED, template_sends_per_minute=None)

    assert limits_of(account, policy).per_minute == 600
    account.daily_limit = None
    assert limits_of(account, policy).per_minute == 10


def test_without_a_tier_marketing_waits_for_nobody_of_the_day():
    account = make_account(daily_limit=UNLIMITED)
    state = read_state(account, now=timezone.now())

    allowed = allowance(now=timezone.now(), account=state, demand=Demand(1_000_000, timezone.now()))

    assert allowed.new_people > 1_000_000
    assert [wait.code for wait in allowed.waits] == ["even_pace"]
