"""Counting messages beforehand: exact, again and again, by one at a time."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone

from campaigns.models import Campaign, FlowTest, Lane, OutboundMessage, UseCount
from campaigns.scoreboard import counting
from campaigns.scoreboard.counting import count_due, count_for, is_due
from campaigns.scoreboard.figures import NAMES
from tests.campaigns.scoreboard.world import Status, count, make_done, make_history, send
from tests.conftest import NOW
from tests.factories.campaigns import make_campaign, make_message
from tests.factories.flows import make_entry, make_flow
from tests.factories.templates import make_version

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as stopped:
        yield stopped


def test_every_state_of_a_campaign_is_counted():
    campaign = make_done(make_version())
    for people, status in enumerate(OutboundMessage.Status.values, 1):
        send(campaign, people, status=status)
    send(campaign, 3, status="read", replied_at=NOW, opted_out_at=NOW)

    count()

    use = UseCount.objects.get()
    told = {name: getattr(use, name) for name in NAMES}
    # queued 1, sending 2, accepted 3, sent 4, delivered 5, read 6, failed 7, skipped 8, unknown 9, expired 10.
    assert told == {
        "waiting": 3, "skipped": 8, "expired": 10, "unknown": 9, "sent": 28, "delivered": 14, "read": 9,
        "replied": 3, "opted_out": 3, "failed": 7,
    }  # fmt: skip
    assert (use.campaign, use.version, use.day) == (campaign, campaign.template_version, None)


def test_who_was_missed_is_kept_by_reason_and_code_the_most_frequent_first():
    campaign = make_done(make_version())
    send(campaign, 2, status="failed", reason="undeliverable", error_code="whatsapp::131026")
    send(campaign, 5, status="skipped", reason="no_consent")
    send(campaign, 9, status="read")

    count()

    assert UseCount.objects.get().missed == [
        ["skipped", "no_consent", "", 5],
        ["failed", "undeliverable", "whatsapp::131026", 2],
    ]


def test_when_the_first_and_the_last_left_is_kept_and_what_never_left_has_no_say():
    began = NOW - timedelta(days=3)
    campaign = make_done(make_version(), began=began)
    send(campaign, status="read", sending_at=began)
    send(campaign, status="failed", sending_at=began + timedelta(hours=2))
    send(campaign, status="queued", sending_at=began + timedelta(hours=9))

    count()

    use = UseCount.objects.get()
    assert (use.first_left_at, use.last_left_at) == (began, began + timedelta(hours=2))


def test_a_campaign_without_recipients_is_counted_as_empty():
    make_done(make_version())

    assert count_due(now=NOW) == (1, 0)
    assert count_due(now=NOW) == (0, 0)
    assert UseCount.objects.get().sent == 0


@pytest.mark.parametrize("status", [Status.DRAFT, Status.IN_REVIEW, Status.APPROVED])
def test_what_was_not_launched_is_not_counted(status):
    make_campaign(status=status)

    assert count_due(now=NOW) == (0, 0)
    assert not UseCount.objects.exists()


def test_counting_again_brings_in_what_came_since(clock):
    campaign = make_done(make_version())
    message = send(campaign, status="delivered")
    count()
    OutboundMessage.objects.filter(pk=message.pk).update(status="read", replied_at=NOW)
    clock.shift(timedelta(days=1))

    count()

    use = UseCount.objects.get()
    assert (use.read, use.replied, use.counted_at) == (1, 1, NOW + timedelta(days=1))


def test_a_template_is_counted_without_the_others():
    mine, other = make_version(), make_version()
    make_done(other)
    wanted = make_done(mine)

    count(mine.template)

    assert UseCount.objects.get().campaign == wanted


@pytest.mark.parametrize(
    ("ended", "every"),
    [
        (None, timedelta(minutes=5)),
        (timedelta(hours=1), timedelta(minutes=5)),
        (timedelta(days=3), timedelta(hours=1)),
        (timedelta(days=20), timedelta(days=1)),
        (timedelta(days=400), timedelta(days=30)),
    ],
)
def test_the_older_it_is_the_more_rarely_it_is_counted(ended, every):
    ended_at = NOW - ended if ended else None

    assert is_due(counted_at=None, ended_at=ended_at, now=NOW)
    assert is_due(counted_at=NOW - every, ended_at=ended_at, now=NOW)
    almost = NOW - every + timedelta(seconds=1)
    assert not is_due(counted_at=almost, ended_at=ended_at, now=NOW)


def test_a_page_counts_no_more_than_it_may_and_the_task_goes_on():
    version = make_version()
    for _ in range(3):
        send(make_done(version), 4)

    assert count_due(now=NOW, template=version.template, most=8) == (2, 1)
    assert UseCount.objects.count() == 2

    assert count_for(seconds=10) == 1
    assert UseCount.objects.count() == 3


def test_one_that_is_larger_than_allowed_is_counted_all_the_same():
    send(make_done(make_version()), 4)

    assert count_due(now=NOW, most=1) == (1, 0)


def test_what_was_never_counted_comes_first():
    version = make_version()
    old = make_done(version)
    count()
    UseCount.objects.update(counted_at=NOW - timedelta(days=2))
    new = make_done(version, began=NOW - timedelta(days=40))
    send(old, 5)
    send(new, 5)

    count_due(now=NOW, most=5)

    assert UseCount.objects.get(campaign=new).sent == 5
    assert UseCount.objects.get(campaign=old).sent == 0


def test_messages_outside_campaigns_are_counted_by_the_local_day():
    version = make_version()
    # Half past midnight in Rome is still yesterday in UTC.
    for moment in (datetime(2026, 11, 22, 22, 30, tzinfo=UTC), datetime(2026, 11, 22, 23, 30, tzinfo=UTC)):  # fmt: skip
        make_message(
            template_version=version, lane=Lane.TRANSACTIONAL, status="delivered", created_at=moment
        )
    make_message(kind="text", text="Ciao", status="delivered")

    count()

    days = UseCount.objects.filter(version=version, campaign=None).order_by("day")
    assert list(days.values_list("day", "delivered")) == [
        (date(2026, 11, 22), 1),
        (date(2026, 11, 23), 1),
    ]
    assert UseCount.objects.count() == 2


def test_what_flows_sent_is_counted_apart_by_flow_and_tests_are_not_counted():
    version = make_version()
    first, second = (make_flow(enabled=True, template_version=version) for _ in range(2))
    for flow in (first, first, second):
        message = _single(version)
        make_entry(flow, contact=message.contact, status="queued", message=message)
    _single(version)
    FlowTest.objects.create(flow=first, message=_single(version), by=first.author, at=NOW)

    count()
    count_due(now=NOW + timedelta(hours=1))

    told = dict(UseCount.objects.values_list("flow", "delivered"))
    assert told == {first.pk: 2, second.pk: 1, None: 1}


def _single(version):
    return make_message(template_version=version, lane=Lane.TRANSACTIONAL, status="delivered")


def test_days_that_are_over_are_left_alone_until_they_are_due(clock):
    version = make_version()
    old = NOW - timedelta(days=30)
    message = make_message(template_version=version, status="delivered", created_at=old)
    make_message(template_version=version, status="delivered", created_at=NOW)
    count()
    OutboundMessage.objects.filter(pk=message.pk).update(status="read")

    clock.shift(timedelta(hours=23))
    count()
    assert UseCount.objects.earliest("day").read == 0

    clock.shift(timedelta(hours=1))
    count()
    assert UseCount.objects.earliest("day").read == 1


def test_a_page_leaves_older_days_outside_campaigns_to_the_task(clock):
    version = make_version()
    message = make_message(
        template_version=version, status="delivered", created_at=NOW - timedelta(days=5)
    )
    count()
    OutboundMessage.objects.filter(pk=message.pk).update(status="read")
    clock.shift(timedelta(hours=2))
    make_message(template_version=version, status="read", created_at=timezone.now())

    count_due(now=timezone.now(), template=version.template, is_brief=True)
    assert list(UseCount.objects.order_by("day").values_list("read", flat=True)) == [0, 1]

    count()
    assert list(UseCount.objects.order_by("day").values_list("read", flat=True)) == [1, 1]


def test_a_new_day_outside_campaigns_is_found_though_no_old_one_is_due(clock):
    version = make_version()
    make_message(template_version=version, status="read", created_at=NOW - timedelta(days=100))
    count()
    make_message(template_version=version, status="read", created_at=NOW)

    count()

    assert UseCount.objects.count() == 2


def test_a_use_is_a_campaign_or_a_day():
    campaign = make_done(make_version())
    fields = {"version": campaign.template_version, "counted_at": NOW}

    for wrong in ({}, {"campaign": campaign, "day": date(2026, 11, 23)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            UseCount.objects.create(**fields | wrong)


def test_campaigns_are_counted_by_a_fixed_number_of_statements(django_assert_num_queries):
    version = make_version()
    for _ in range(5):
        send(make_done(version), 2)

    with django_assert_num_queries(9):
        count_due(now=NOW)


@pytest.mark.django_db(transaction=True)
def test_while_one_counts_another_waits_for_nothing_and_counts_nothing():
    send(make_done(make_version()))
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [counting._LOCK])

        assert count_due(now=timezone.now()) == (0, 0)
        assert not UseCount.objects.exists()
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [counting._LOCK])
    finally:
        other.close()

    assert count_due(now=timezone.now())[0] == 1


def test_a_count_that_breaks_leaves_what_was_there(monkeypatch):
    version = make_version()
    send(make_done(version), 2)
    count()
    UseCount.objects.update(counted_at=NOW - timedelta(days=2))
    monkeypatch.setattr(counting, "_count_outside", _break)

    with pytest.raises(ConnectionError):
        count_due(now=NOW)

    assert UseCount.objects.get().counted_at == NOW - timedelta(days=2)


def _break(**_):
    raise ConnectionError


def test_the_index_of_messages_outside_campaigns_is_there():
    with connection.cursor() as cursor:
        indexes = connection.introspection.get_constraints(cursor, "campaigns_outboundmessage")

    assert "outbound_outside_campaigns" in indexes


def test_years_of_versions_stay_apart():
    first, second = make_history("Ciao", "Buongiorno")
    send(make_done(first), 2)
    send(make_done(second), 3)

    count()

    told = dict(UseCount.objects.values_list("version__number", "sent"))
    assert told == {1: 2, 2: 3}
    assert Campaign.objects.count() == 2
