"""What marketing can never take from an order message: its turn, its room, its people of the day."""

import threading
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from django.utils import timezone

from campaigns.models import Lane, OutboundMessage, SpokiAccount, TierMinute, TierRecipient
from tests.campaigns.sender.gate import Gate, StopAfter
from tests.campaigns.sender.steps import (
    aside,
    claim_now,
    drainer,
    open_window,
    order_message,
    reply,
    starts_granted,
)
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_message

pytestmark = pytest.mark.django_db


@pytest.fixture
def brim(calm, running):
    """A limit of 20 a minute and a lease of another, of which marketing has taken all that it may."""
    SpokiAccount.objects.update(template_sends_per_minute=20, margin=0.0)
    running(40)
    while ask(calm):
        pass
    return calm


def ask(account) -> list[int]:
    """Claim for an account whose even pace owes starts; return the messages."""
    SpokiAccount.objects.update(pace_at=None)
    return [row.id for row in claim_now(account).rows]


def test_marketing_leaves_the_last_place_of_the_minute_free_and_says_so(brim):
    found = claim_now(brim)

    assert (found.rows, starts_granted()) == ((), 19)
    assert ("minute_kept", {"limit": 20, "count": 1}) in [(w.code, w.figures) for w in found.waits]
    assert found.look_again_at == brim.grants.earliest("at").at + timedelta(minutes=2)


def test_an_order_message_due_at_full_load_has_the_place_that_marketing_left(brim, greeting):
    urgent = order_message(template_version=greeting)

    assert ask(brim) == [urgent.pk]
    assert starts_granted() == 20


def test_what_is_free_next_goes_to_orders_first_then_back_to_the_place_that_is_kept(brim, greeting):
    first, second = (
        order_message(template_version=greeting),
        order_message(template_version=greeting),
    )
    assert ask(brim) == [first.pk]

    assert [an_old_start_ends(brim) for _ in range(2)] == [[second.pk], []]
    assert an_old_start_ends(brim)[0] not in {first.pk, second.pk}


def an_old_start_ends(account) -> list[int]:
    """Let the oldest start be a minute old; return who has its place."""
    account.grants.filter(pk=account.grants.earliest("at").pk).delete()
    return ask(account)


@pytest.fixture
def resting(calm):
    """Twenty places in two minutes, the lease included; marketing goes on in ten seconds."""
    goes_on = timezone.now() + timedelta(seconds=10)
    SpokiAccount.objects.update(template_sends_per_minute=20, margin=0.0, pace_at=goes_on)
    return calm, goes_on


def test_an_order_takes_its_turn_out_of_the_pace_of_marketing(resting, running, greeting):
    account, goes_on = resting
    running(3)
    orders = [order_message(template_version=greeting) for _ in range(2)]

    found = claim_now(account)

    assert [row.id for row in found.rows] == [order.pk for order in orders]
    assert SpokiAccount.objects.get().pace_at == goes_on + timedelta(seconds=2 * 120 / 20)


def test_a_reply_without_template_takes_no_turn_of_marketing(resting, running):
    account, goes_on = resting
    running(3)
    open_window(reply())

    assert len(claim_now(account).rows) == 1
    assert SpokiAccount.objects.get().pace_at == goes_on


def test_where_no_campaign_is_at_work_an_order_moves_no_pace(resting, greeting):
    account, goes_on = resting
    order_message(template_version=greeting)

    assert len(claim_now(account).rows) == 1
    assert SpokiAccount.objects.get().pace_at == goes_on


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
