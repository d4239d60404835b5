"""Who is in the first share, and two senders that fill it at once."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from campaigns.models import OutboundMessage, Rollout
from tests.campaigns.sender.shares.steps import OTHER
from tests.campaigns.sender.steps import (
    WORKER,
    aside,
    claim_now,
    start_now,
)
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_message

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "changes",
    [
        {"phase": "waiting"},
        {"phase": "open"},
        {"phase": "sending", "most": None},
        {"phase": "watching"},
        {"phase": "held", "judge_at": NOW},
        {"level": "fine"},
    ],
    ids=str,
)
def test_the_database_refuses_a_share_that_makes_no_sense(careful, changes):
    campaign = careful()

    with pytest.raises(IntegrityError), transaction.atomic():
        Rollout.objects.filter(campaign=campaign).update(**changes)


def test_people_who_read_or_answered_lately_are_written_to_first(calm, running):
    from campaigns.outbox import enqueue_campaign
    from tests.factories.audiences import make_snapshot

    people = [make_contact() for _ in range(12)]
    now = timezone.now()
    recently = {"sending_at": now - timedelta(days=3), "status": "read"}
    make_message(contact=people[7], read_at=now, **recently)
    make_message(contact=people[9], replied_at=now, **recently)
    long_ago = now - timedelta(days=40)
    make_message(contact=people[2], status="read", sending_at=long_ago, read_at=long_ago)
    campaign = running([], canary_share="0.100")
    snapshot = make_snapshot(people, segment_version=campaign.segment_version)

    enqueue_campaign(campaign=campaign, snapshot=snapshot, now=now)

    order = list(campaign.messages.order_by("pk").values_list("contact_id", flat=True))
    assert set(order[:2]) == {people[7].pk, people[9].pk}
    assert set(order) == {person.pk for person in people}


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_never_start_more_than_the_share(calm, careful):
    campaign = careful(people=60)
    Rollout.objects.update(most=12)

    def work(worker):
        found = 0
        for _ in range(12):
            rows = claim_now(calm, capacity=3, worker=worker).rows
            found += len(start_now(rows, calm, worker=worker))
        return found

    futures = [aside(partial(work, worker)) for worker in (WORKER, OTHER)]
    started = [future.result(60) for future in futures]

    assert sum(started) == 12
    assert campaign.messages.filter(status="sending").count() == 12


@pytest.mark.django_db(transaction=True)
def test_a_start_that_is_being_written_keeps_its_room(calm, careful):
    """The lease is over by the clock, but the start that began within it is not committed yet."""
    campaign = careful()
    Rollout.objects.update(most=1)
    (row,) = claim_now(calm, capacity=1).rows
    long_ago = timezone.now() - timedelta(minutes=5)

    with transaction.atomic():
        campaign.messages.filter(pk=row.id).update(lease_until=long_ago)

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE campaigns_outboundmessage SET status = 'sending', "
                "sending_at = statement_timestamp() WHERE id = %s",
                [row.id],
            )
        found = aside(lambda: claim_now(calm, capacity=5, worker=OTHER).rows).result(30)

    assert found == ()
    assert campaign.messages.get(pk=row.id).status == OutboundMessage.Status.SENDING
