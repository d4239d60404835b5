"""What marketing can never take from an order message: its turn, its room, its people of the day."""

import threading
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from django.utils import timezone

from campaigns.models import Lane, OutboundMessage, SpokiAccount, TierMinute, TierRecipient
from tests.campaigns.sender.gate import Gate, StopAfter
from tests.campaigns.sender.steps import aside, claim_now, drainer, order_message, starts_granted
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_message

pytestmark = pytest.mark.django_db


def test_an_order_message_due_while_the_window_is_full_has_the_next_start(calm, running, greeting):
    SpokiAccount.objects.update(template_sends_per_minute=20, margin=0.0, lease_seconds=0.1)
    running(40)
    urgent = order_message(template_version=greeting, due_at=timezone.now() + timedelta(hours=1))
    while starts_granted() < 20:
        SpokiAccount.objects.update(pace_at=None)
        claim_now(calm)
    OutboundMessage.objects.filter(pk=urgent.pk).update(due_at=timezone.now())
    assert claim_now(calm).rows == ()

    calm.grants.filter(pk=calm.grants.earliest("at").pk).delete()
    SpokiAccount.objects.update(pace_at=None)

    assert [row.id for row in claim_now(calm).rows] == [urgent.pk]


@pytest.mark.django_db(transaction=True)
def test_orders_still_leave_when_marketing_has_used_up_its_share_of_the_day(
    running, drain, account, greeting, spoki
):
    """Ten people a day, eight of them for marketing: two orders leave, the third waits."""
    SpokiAccount.objects.update(daily_limit=10)
    campaign = running(20)
    loop = drain()
    run = aside(lambda: loop.run(seconds=10))
    spoki.control.wait(accepted=8, timeout=10)
    orders = [order_message(template_version=greeting) for _ in range(3)]
    spoki.control.wait(accepted=10, timeout=10)
    threading.Event().wait(0.5)
    loop.stop.set()
    run.result(10)

    left = OutboundMessage.objects.exclude(sending_at=None)
    assert left.filter(campaign=campaign).count() == 8
    assert set(left.filter(lane=Lane.TRANSACTIONAL)) == set(orders[:2])
    assert len(spoki.control.sends()) == 10


def test_an_order_for_somebody_counted_today_leaves_even_when_the_day_is_used_up(
    running, account, greeting
):
    SpokiAccount.objects.update(daily_limit=5, marketing_share=1.0, person_gap_seconds=0.0)
    contact = make_contact()
    running([contact, *(make_contact() for _ in range(4))])
    stop = threading.Event()
    drainer(account, Gate(StopAfter(5, stop)), stop=stop).run(seconds=10)
    urgent = make_message(
        contact=contact,
        lane=Lane.TRANSACTIONAL,
        template_version=greeting,
        created_at=timezone.now(),
        due_at=timezone.now(),
    )
    order_message(template_version=greeting)
    SpokiAccount.objects.update(lease_seconds=0.01)

    found = claim_now(account)

    assert [row.id for row in found.rows] == [urgent.pk]


@pytest.mark.django_db(transaction=True)
def test_workers_that_claim_at_once_never_count_one_person_too_many(calm, running):
    """Four workers, a day of twenty people: sixteen for marketing, whoever comes first."""
    SpokiAccount.objects.update(daily_limit=20)
    running(60)

    def work(worker: int) -> None:
        for _ in range(6):
            SpokiAccount.objects.update(pace_at=None)
            claim_now(calm, capacity=5, worker=UUID(int=worker))

    for run in [aside(partial(work, worker)) for worker in range(1, 5)]:
        run.result(30)

    assert TierRecipient.objects.count() == 16
    assert sum(TierMinute.objects.values_list("people", flat=True)) == 16
    assert starts_granted() == 16
