"""Alerts by mail."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.core import mail

from campaigns.alerts import mark_seen, raise_alert
from campaigns.models import Alert
from campaigns.telling import tell_alerts
from config.roles import ADMIN, AGENT, APPROVER, MARKETER
from tests.conftest import NOW
from tests.factories.campaigns import make_user
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db


def member(role: str, address: str, **changes):
    user = make_member(role)
    for name, value in ({"email": address} | changes).items():
        setattr(user, name, value)
    user.save()
    return user


def told(now=NOW) -> int:
    return tell_alerts(now=now)


@pytest.fixture
def stopped() -> Alert:
    raise_alert(code="account_stopped", figures={"why": "spam_limit"}, now=NOW)
    return Alert.objects.get()


def test_those_who_may_launch_get_one_mail_each_and_see_no_other_address(stopped):
    member(MARKETER, "ada@example.com")
    member(MARKETER, "bea@example.com")
    member(APPROVER, "carlo@example.com")
    member(AGENT, "dora@example.com")

    assert told() == 1

    assert sorted(m.to[0] for m in mail.outbox) == ["ada@example.com", "bea@example.com"]
    assert {len(m.recipients()) for m in mail.outbox} == {1}
    assert "131048" in mail.outbox[0].body
    assert mail.outbox[0].subject == "Zampa: 1 avviso"


def test_admins_are_told_too_even_where_they_may_not_launch(stopped):
    member(ADMIN, "ada@example.com")
    Group.objects.get(name=ADMIN).permissions.remove(
        Permission.objects.get(codename="launch_campaign")
    )

    told()

    assert [m.to for m in mail.outbox] == [["ada@example.com"]]


def test_whoever_has_both_reasons_to_be_told_gets_one_mail(stopped):
    member(ADMIN, "ada@example.com")

    told()

    assert [m.to for m in mail.outbox] == [["ada@example.com"]]


def test_an_alert_is_mailed_once(stopped):
    member(MARKETER, "ada@example.com")
    told()

    assert told() == 0

    assert len(mail.outbox) == 1


def test_several_alerts_make_one_mail(stopped):
    member(MARKETER, "ada@example.com")
    raise_alert(code="unknown_code", figures={"error": "spoki::1"}, subject="spoki::1", now=NOW)

    assert told() == 2

    (only,) = mail.outbox
    assert only.subject == "Zampa: 2 avvisi"


def test_a_mail_server_that_is_away_gets_the_alert_again(stopped, settings, caplog):
    member(MARKETER, "ada@example.com")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9

    assert told() == 0

    stopped.refresh_from_db()
    assert stopped.told_at is None


def test_whoever_left_gets_no_mail(stopped):
    member(MARKETER, "ada@example.com", is_active=False)

    told()

    assert mail.outbox == []


def test_what_was_seen_or_is_old_news_is_not_mailed(stopped):
    member(MARKETER, "ada@example.com")
    mark_seen(alert_id=stopped.pk, by=make_user(), now=NOW)
    raise_alert(code="sender_silent", figures={"at": ""}, now=NOW - timedelta(hours=25))

    assert told() == 0

    assert mail.outbox == []
