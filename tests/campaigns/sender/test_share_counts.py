"""How many of a share began to leave is carried on from claim to claim, and always true."""

import random
from datetime import timedelta

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone

from campaigns.models import Campaign, OutboundMessage, Rollout
from campaigns.sender.gates import gates_of, started_of
from campaigns.sender.outcome import Outcome
from campaigns.sender.post import Posted
from campaigns.sender.reports import take_failure
from campaigns.sender.reserve import Reserved
from tests.campaigns.sender.steps import (
    ACCEPTED,
    answer,
    aside,
    claim_and_start,
    claim_now,
    start_now,
)

MOST = 6
PUT_BACK = Outcome("queued", "throttled", again_in=timedelta(0))
_STARTED = ("sending", "accepted", "sent", "delivered", "read", "failed", "unknown")


@pytest.fixture
def share(running, calm) -> Campaign:
    """A campaign of 40 people of whom six may be written to."""
    campaign: Campaign = running(40, canary_share="0.200")
    Rollout.objects.create(campaign=campaign, phase="sending", most=MOST, moved_at=timezone.now())
    return campaign


def counted(campaign: Campaign) -> int:
    return started_of([Rollout.objects.get(campaign=campaign)])[campaign.pk]


def really(campaign: Campaign) -> int:
    return campaign.messages.filter(status__in=_STARTED).count()


def let_gaps_pass() -> None:
    """As if everybody had been written to, and reserved, long ago."""
    long_ago = timezone.now() - timedelta(hours=1)
    OutboundMessage.objects.filter(sending_at__isnull=False).update(sending_at=long_ago)
    OutboundMessage.objects.filter(lease_until__isnull=False).update(lease_until=long_ago)
    OutboundMessage.objects.filter(status="queued").update(due_at=long_ago)


@pytest.mark.django_db
def test_what_began_counts_once_however_often_it_is_looked_at(share, calm):
    claim_and_start(calm, capacity=2)
    for _ in range(3):
        claim_now(calm, capacity=0)

    assert counted(share) == 2


@pytest.mark.django_db
def test_what_came_back_and_began_again_counts_once(share, calm):
    for _ in range(3):
        (row,) = claim_and_start(calm, capacity=1)
        answer(calm, Posted(row, PUT_BACK))
        let_gaps_pass()
    counts = [counted(share)]
    claim_and_start(calm, capacity=1)
    counts.append(counted(share))

    assert counts == [0, 1]


@pytest.mark.django_db
def test_who_began_and_is_left_out_after_all_gives_the_place_to_the_next(share, calm):
    rows = claim_and_start(calm, capacity=MOST)
    answer(calm, *(Posted(row, PUT_BACK) for row in rows[:2]))
    share.messages.filter(status="queued", sending_at__isnull=False).update(status="skipped")

    assert len(claim_and_start(calm, capacity=40)) == 2
    assert counted(share) == MOST


@pytest.mark.django_db
def test_a_share_at_work_before_its_count_was_kept_is_counted_once(share, calm):
    rows = claim_and_start(calm, capacity=4)
    answer(calm, *(Posted(row, ACCEPTED) for row in rows))
    Rollout.objects.update(begun=None, reserved=[], again=[])

    assert len(claim_and_start(calm, capacity=40)) == 2
    assert Rollout.objects.get().begun == 4
    assert counted(share) == MOST


def _claim_and_break(account) -> None:
    claim_now(account, capacity=3)
    raise OperationalError("the connection broke")


@pytest.mark.django_db(transaction=True)
def test_a_claim_that_breaks_leaves_the_count_as_it_was(share, calm):
    claim_and_start(calm, capacity=2)
    claim_now(calm, capacity=1)
    before = Rollout.objects.values("begun", "reserved", "again").get()

    with pytest.raises(OperationalError), transaction.atomic():
        _claim_and_break(calm)

    assert Rollout.objects.values("begun", "reserved", "again").get() == before
    assert counted(share) == 2


@pytest.mark.django_db(transaction=True)
def test_what_begins_and_comes_back_while_another_claims_is_not_lost(share, calm):
    taken = claim_now(calm, capacity=1).rows
    with transaction.atomic():
        gate = gates_of([share], now=timezone.now())[share.pk]

        def begin_and_come_back():
            (row,) = start_now(taken, calm)
            answer(calm, Posted(row, PUT_BACK))

        aside(begin_and_come_back).result(20)
        gate.note([taken[0].id])

    assert Rollout.objects.get().begun == 1
    assert counted(share) == really(share) == 0


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(12))
def test_the_count_is_the_plain_count_whatever_becomes_of_the_messages(share, calm, seed):
    dice = random.Random(seed)
    reserved: list[Reserved] = []
    for _ in range(25):
        reserved += claim_now(calm, capacity=dice.randint(0, 3)).rows
        going = [reserved.pop() for _ in range(dice.randint(0, len(reserved)))]
        for row in start_now(going, calm):
            outcome = dice.choice([ACCEPTED, PUT_BACK, Outcome("failed", "refused"), None])
            if outcome is not None or dice.random() < 0.5:
                answer(calm, Posted(row, outcome or Outcome("unknown", "no_answer")))
        _tell_something(share, dice)
        assert counted(share) == really(share) <= MOST
        if dice.random() < 0.3:
            reserved.clear()
            let_gaps_pass()


def _tell_something(campaign: Campaign, dice: random.Random) -> None:
    """Something that Spoki or a person does to one message of the campaign."""
    Campaign.objects.update(status="sending")
    left = list(campaign.messages.filter(sending_at__isnull=False).order_by("pk"))
    if not left:
        return
    message = dice.choice(left)
    mine = campaign.messages.filter(pk=message.pk)
    now = timezone.now()
    what = dice.choice(["failed", "released", "skipped", "delivered", ""])
    if what == "failed":
        take_failure(message, uuid="ab" * 16, code="131056", text="", at=now, now=now)
    elif what == "released":
        mine.filter(status="unknown").update(status="queued", due_at=now)
    elif what == "skipped":
        mine.filter(status="queued", lease_until=None).update(status="skipped")
    elif what == "delivered":
        mine.filter(status="accepted").update(status="delivered")
