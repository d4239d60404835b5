"""What is looked at every minute."""

from datetime import timedelta

import pytest
from django.utils import translation

from campaigns.alerts import text_of
from campaigns.models import Alert, Campaign, SenderReport, SpokiAccount, WhatsAppNumber
from campaigns.watchdog import watch_sending
from templates_sync.models import SyncRun
from tests.campaigns.sender.steps import order_message
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_account, make_campaign, make_message, make_number
from tests.factories.templates import make_version

pytestmark = pytest.mark.django_db

LONG_AGO = NOW - timedelta(hours=2)


@pytest.fixture
def account():
    account = make_account()
    make_number(account=account)
    return account


def at_work(**changes) -> Campaign:
    status = Campaign.Status.SENDING
    return make_campaign(status=status, contacts=[make_contact()], **changes)


def codes(now=NOW) -> set[str]:
    watch_sending(now=now)
    return set(Alert.objects.open().values_list("code", flat=True))


def awake(account, at=NOW) -> None:
    SenderReport.objects.update_or_create(account=account, defaults={"at": at})


def test_a_healthy_sending_tells_nothing(account):
    at_work()
    awake(account)

    assert codes() == set()


@pytest.mark.parametrize(
    ("quality", "code"),
    [
        ("yellow", "alert_quality_yellow"),
        ("red", "alert_quality_red"),
        ("unreadable", "alert_quality_unreadable"),
    ],
)
def test_a_number_whose_quality_falls_is_told_and_taken_back_when_it_recovers(
    account, quality, code
):
    WhatsAppNumber.objects.update(quality=quality)
    assert codes() == {code}

    WhatsAppNumber.objects.update(quality="green")

    assert codes() == set()


@pytest.mark.parametrize(("word", "is_told"), [("connected", False), ("", False), ("banned", True)])
def test_a_number_that_is_not_ready_is_told(account, word, is_told):
    WhatsAppNumber.objects.update(phone_status=word)

    assert codes() == ({"alert_phone_status"} if is_told else set())


def test_templates_read_too_long_ago_are_told_while_a_campaign_sends(account):
    awake(account)
    stale = make_version(last_seen_at=LONG_AGO)
    assert codes() == set()

    at_work(template_version=stale)

    assert codes() == {"sync_too_old"}


def test_an_account_read_too_long_ago_is_told_while_a_campaign_sends(account):
    awake(account)
    SpokiAccount.objects.update(refreshed_at=LONG_AGO)
    assert codes() == set()

    at_work()

    assert codes() == {"account_too_old"}


def test_a_sender_that_is_silent_while_a_campaign_sends_is_told(account):
    at_work(started_at=LONG_AGO)
    awake(account, LONG_AGO)

    assert codes() == {"sender_silent"}


def test_a_sender_that_is_silent_while_an_order_message_waits_is_told(account):
    order_message(due_at=LONG_AGO)

    assert codes() == {"sender_silent"}


def test_a_sender_that_sleeps_while_nothing_waits_is_healthy(account):
    awake(account, LONG_AGO)

    assert codes() == set()


def test_an_account_that_a_person_stopped_needs_no_sender(account):
    order_message(due_at=LONG_AGO)
    SpokiAccount.objects.update(paused_at=NOW)

    assert codes() == set()


def test_messages_undecided_for_an_hour_are_told_with_their_number(account):
    make_message(status="unknown", sending_at=LONG_AGO)
    make_message(status="unknown", sending_at=NOW - timedelta(minutes=59))

    assert codes() == {"undecided"}
    assert Alert.objects.get().detail["count"] == 1


def read_templates(at, error=""):
    SyncRun.objects.create(started_at=at, finished_at=at, error=error)


@pytest.mark.parametrize("language", ["en", "it"])
@pytest.mark.parametrize("error", [*filter(None, SyncRun.Error.values), ""])
def test_an_hour_without_templates_is_told_with_what_to_do(account, error, language):
    read_templates(NOW - timedelta(minutes=61))
    if error:
        read_templates(NOW - timedelta(minutes=1), error)

    assert codes() == {"templates_unread"}
    with translation.override(language):
        text = text_of(Alert.objects.get(), now=NOW)
    told = {"en": "No read of the templates has succeeded since 09:29", "it": "è riuscita da 09:29"}
    assert told[language] in text
    assert ("sync_" in text, "{" in text) == (False, False)


def test_the_alert_about_templates_ends_by_itself_with_a_good_read(account):
    read_templates(NOW - timedelta(minutes=61))
    assert codes() == {"templates_unread"}

    read_templates(NOW)

    assert codes() == set()
    assert Alert.objects.get().over_at == NOW


def test_an_alert_about_templates_that_was_seen_is_not_told_again_while_it_lasts(account):
    read_templates(NOW - timedelta(minutes=61))
    codes()
    Alert.objects.update(seen_at=NOW)

    assert codes(NOW + timedelta(minutes=30)) == set()
    assert Alert.objects.count() == 1


def test_a_fresh_house_is_told_of_no_outage(account, settings):
    settings.SPOKI_API_KEY = ""
    read_templates(LONG_AGO, "key_missing")

    assert codes() == set()


def test_a_status_that_nobody_knows_is_told_once_and_ends_when_it_is_gone(account):
    odd = [make_version(status="unknown", raw={"status": "ARCHIVED"}) for _ in range(2)]
    assert codes() == {"template_unknown_status"}
    assert Alert.objects.get().detail == {"word": "ARCHIVED", "count": 2}

    for version in odd:
        version.status = "approved"
        version.save()

    assert codes() == set()


def test_a_template_that_cannot_be_read_is_told(account):
    make_version(status="unknown", raw={"templatelocalization_set": None})

    assert codes() == {"template_unreadable"}


def test_a_category_that_meta_changed_is_told_until_somebody_accepts_it(account):
    version = make_version(requested_category="utility")
    assert codes() == {"template_now_marketing"}

    version.category_accepted_at = NOW
    version.save()

    assert codes() == set()
