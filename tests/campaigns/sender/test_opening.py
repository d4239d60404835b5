"""The minutes after an opening: gently for marketing, in order and at an even pace for orders."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from campaigns.models import Grant, Lane, OutboundMessage, SpokiAccount
from campaigns.models.account import Hours, default_marketing_hours
from tests.campaigns.sender.steps import claim_now, open_window, order_message, reply
from tests.factories.audiences import make_contact

pytestmark = pytest.mark.django_db


def noon_zone(now: datetime) -> str:
    """Return a time zone in which it is about noon, so that no test meets a midnight."""
    return f"Etc/GMT{now.astimezone(UTC).hour - 12:+d}".replace("+0", "")


def open_since(minutes: int, now: datetime) -> Hours:
    """Return hours that opened so many minutes ago where it is noon now."""
    opened = now.astimezone(UTC).replace(hour=12) - timedelta(minutes=minutes)
    return {key: [f"{opened:%H:%M}", "24:00"] for key in default_marketing_hours()}


@pytest.fixture
def night_order(greeting) -> Callable[..., OutboundMessage]:
    def make(**changes) -> OutboundMessage:
        waited = timezone.now() - timedelta(hours=8)
        zone = noon_zone(timezone.now())
        return order_message(template_version=greeting, due_at=waited, zone=zone, **changes)

    return make


def a_moment_passes() -> None:
    """Let everything granted so far be long ago, but within the minute."""
    for grant in Grant.objects.all():
        Grant.objects.filter(pk=grant.pk).update(at=grant.at - timedelta(seconds=2))


@pytest.fixture
def dawn(calm):
    """60 templates a minute, order messages since five minutes."""
    SpokiAccount.objects.update(
        template_sends_per_minute=60,
        transactional_hours=open_since(5, timezone.now()),
        lease_seconds=1.0,
    )
    calm.refresh_from_db()
    return calm


def test_the_orders_of_the_night_leave_in_their_order_one_by_one(dawn, night_order):
    orders = [night_order() for _ in range(4)]
    left = []
    for _ in range(4):
        left += [row.id for row in claim_now(dawn).rows]
        assert claim_now(dawn).rows == ()
        a_moment_passes()

    assert left == [order.pk for order in orders]


def test_the_orders_of_the_night_keep_no_reply_waiting(dawn, greeting, night_order):
    for _ in range(30):
        night_order()
    claim_now(dawn)
    text, template = reply(), order_message(template_version=greeting, lane=Lane.REPLY)
    open_window(text)

    assert {row.id for row in claim_now(dawn).rows} == {text.pk, template.pk}


def test_once_the_opening_is_over_order_messages_take_all_that_is_free(dawn, night_order):
    SpokiAccount.objects.update(transactional_hours=open_since(16, timezone.now()))
    for _ in range(10):
        night_order()

    assert len(claim_now(dawn).rows) == 10


def test_a_person_who_still_sleeps_is_not_woken_by_the_opening_of_others(dawn, night_order):
    opposite = noon_zone(timezone.now() + timedelta(hours=12))
    sleeper, awake = night_order(), night_order()
    OutboundMessage.objects.filter(pk=sleeper.pk).update(zone=opposite)
    SpokiAccount.objects.update(
        transactional_hours={key: ["08:00", "22:00"] for key in default_marketing_hours()}
    )

    assert [row.id for row in claim_now(dawn).rows] == [awake.pk]


def test_marketing_opens_with_a_tenth_of_its_pace_whatever_the_campaigns(calm, running):
    now = timezone.now()
    SpokiAccount.objects.update(marketing_hours=open_since(0, now))
    people = [make_contact(timezone=noon_zone(now)) for _ in range(6)]
    campaigns = [running(people[:3]), running(people[3:])]

    found = claim_now(calm, capacity=6)

    whole = 55_575 / 120
    assert 0.1 * whole <= found.pace_per_second <= 0.25 * whole
    assert "opening" in [wait.code for wait in found.waits]
    assert {row.campaign_id for row in found.rows} == {campaign.pk for campaign in campaigns}


def test_marketing_has_its_whole_pace_once_the_opening_is_over(calm, running):
    now = timezone.now()
    SpokiAccount.objects.update(marketing_hours=open_since(20, now))
    running([make_contact(timezone=noon_zone(now))])

    found = claim_now(calm)

    assert found.pace_per_second == pytest.approx(55_575 / 120)
    assert "opening" not in [wait.code for wait in found.waits]


def test_marketing_starts_nothing_in_the_last_quarter_of_an_hour(calm, running):
    now = timezone.now()
    closing = now.astimezone(UTC).replace(hour=12) + timedelta(minutes=14)
    hours = {key: ["00:00", f"{closing:%H:%M}"] for key in default_marketing_hours()}
    SpokiAccount.objects.update(marketing_hours=hours)
    campaign = running([make_contact(timezone=noon_zone(now))])

    found = claim_now(calm)

    assert found.rows == ()
    (wait,) = [wait for wait in found.waits if wait.code == "quiet_hours"]
    assert (wait.figures["campaign"], wait.figures["count"]) == (campaign.pk, 1)
