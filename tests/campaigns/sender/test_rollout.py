"""Shares and stop rules in the database: never more than the share, judged, held, gone on with."""

import json
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from campaigns import lifecycle
from campaigns.models import (
    Alert,
    Campaign,
    CampaignEvent,
    OutboundMessage,
    Rollout,
    TransitionRefused,
)
from campaigns.refusals import CampaignRefused
from campaigns.sender.outcome import Outcome
from campaigns.sender.policy import DEFAULT_POLICY, StopRules
from campaigns.sender.post import Posted
from campaigns.sender.rollout import keep_rollouts, open_rollout
from tests.campaigns.sender.steps import (
    ACCEPTED,
    WORKER,
    answer,
    aside,
    claim_and_start,
    claim_now,
    start_now,
)
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_message, make_user

pytestmark = pytest.mark.django_db
Phase = Rollout.Phase
HOLD = timedelta(minutes=60)
STEP = timedelta(minutes=30)
POLICY = replace(
    DEFAULT_POLICY,
    canary_size=4,
    canary_hold=HOLD,
    ramp=(0.5,),
    ramp_hold=STEP,
    stop=StopRules(min_sample=4),
)
OTHER = UUID(int=2)


@pytest.fixture
def careful(running):
    """A campaign at work whose first share is 4 of 20, then 10, then the rest."""

    def make(people: int = 20, **changes) -> Campaign:
        campaign: Campaign = running(people, canary_share="0.200", **changes)
        open_rollout(campaign=campaign, now=timezone.now(), policy=POLICY)
        return campaign

    return make


def rollout_of(campaign: Campaign) -> Rollout:
    return Rollout.objects.select_related("campaign").get(campaign=campaign)


def verbs(campaign: Campaign) -> list[str]:
    return list(CampaignEvent.objects.filter(campaign=campaign).values_list("verb", flat=True))


def send_all(account, campaign, **changes) -> int:
    """Claim, start and have everything accepted that may leave now; return how many did."""
    rows = claim_and_start(account, capacity=100, **changes)
    answer(account, *(Posted(row, ACCEPTED) for row in rows))
    return len(rows)


def deliver(campaign: Campaign, status: str = "delivered", **changes) -> None:
    campaign.messages.filter(status="accepted").update(status=status, **changes)


def after_hold(extra: timedelta = timedelta(0)):
    return timezone.now() + HOLD + timedelta(seconds=5) + extra


def test_no_more_than_the_first_share_starts_before_the_verdict(calm, careful):
    campaign = careful()

    assert send_all(calm, campaign) == 4
    assert send_all(calm, campaign) == 0
    assert campaign.messages.filter(status="queued").count() == 16


def test_what_is_reserved_and_not_started_takes_its_room(calm, careful):
    careful()
    first = claim_now(calm, capacity=3).rows

    second = claim_now(calm, capacity=100, worker=OTHER).rows

    assert (len(first), len(second)) == (3, 1)


def test_what_went_back_to_the_queue_leaves_its_room_to_the_next(calm, careful):
    careful()
    rows = claim_and_start(calm, capacity=100)
    answer(calm, Posted(rows[0], None), *(Posted(row, ACCEPTED) for row in rows[1:]))

    assert len(claim_now(calm, capacity=100).rows) == 1


def test_who_is_skipped_does_not_starve_the_first_share(calm, careful):
    campaign = careful()
    blocked = campaign.messages.order_by("pk")[:3]
    type(blocked[0].contact).objects.filter(
        pk__in=[message.contact_id for message in blocked]
    ).update(is_blocked=True)

    for _ in range(3):
        send_all(calm, campaign)

    assert campaign.messages.filter(status="accepted").count() == 4
    assert campaign.messages.filter(status="skipped").count() == 3


def test_who_was_started_and_failed_counts_in_the_first_share(calm, careful):
    campaign = careful()
    rows = claim_and_start(calm, capacity=100)

    answer(calm, *(Posted(row, Outcome("failed", "undeliverable")) for row in rows))

    assert claim_now(calm, capacity=100).rows == ()
    assert campaign.messages.filter(status="failed").count() == 4


def test_a_campaign_whose_share_was_never_prepared_sends_to_nobody(calm, running):
    running(5, canary_share="0.200")

    found = claim_now(calm, capacity=100)

    assert found.rows == ()
    assert [wait.code for wait in found.waits] == ["canary_not_ready"]


def test_another_campaign_goes_on_while_the_first_share_is_watched(calm, careful, running):
    watched = careful()
    send_all(calm, watched)
    keep_rollouts(now=timezone.now(), policy=POLICY)
    other = running(3)

    send_all(calm, other)

    assert other.messages.filter(status="accepted").count() == 3
    assert watched.messages.filter(status="accepted").count() == 4


def test_a_share_that_is_out_is_watched_and_the_page_says_until_when(calm, careful):
    campaign = careful()
    send_all(calm, campaign)
    now = timezone.now()

    keep_rollouts(now=now, policy=POLICY)

    rollout = rollout_of(campaign)
    (wait,) = claim_now(calm).waits
    assert (rollout.phase, rollout.judge_at) == (Phase.WATCHING, now + HOLD)
    assert (wait.code, wait.figures["most"]) == ("canary_watched", 4)
    assert wait.figures["until"] == (now + HOLD).isoformat()
    assert verbs(campaign) == ["share_out"]


def test_a_share_that_is_not_out_yet_is_not_watched(calm, careful):
    campaign = careful()
    claim_and_start(calm, capacity=3)

    keep_rollouts(now=timezone.now(), policy=POLICY)

    assert rollout_of(campaign).phase == Phase.SENDING


def test_a_share_that_went_well_is_followed_by_the_next_and_then_by_everybody(calm, careful):
    campaign = careful()
    reached = []
    for _ in range(3):
        send_all(calm, campaign)
        deliver(campaign)
        reached.append(campaign.messages.exclude(status="queued").count())
        keep_rollouts(now=timezone.now(), policy=POLICY)
        Rollout.objects.filter(judge_at__isnull=False).update(
            moved_at=timezone.now() - HOLD, judge_at=timezone.now()
        )
        keep_rollouts(now=timezone.now(), policy=POLICY)

    assert reached == [4, 10, 20]
    assert rollout_of(campaign).phase == Phase.OPEN
    assert verbs(campaign) == ["share_out", "share_next", "share_out", "share_rest"]


def test_nothing_is_decided_before_the_hold_is_over(calm, careful):
    campaign = careful()
    send_all(calm, campaign)
    deliver(campaign)
    now = timezone.now()
    keep_rollouts(now=now, policy=POLICY)

    keep_rollouts(now=now + HOLD - timedelta(seconds=1), policy=POLICY)

    assert rollout_of(campaign).phase == Phase.WATCHING


def test_a_share_without_any_receipt_holds_for_a_person(calm, careful):
    campaign = careful()
    send_all(calm, campaign)
    now = timezone.now()
    keep_rollouts(now=now, policy=replace(POLICY, stop=StopRules(min_sample=100)))

    keep_rollouts(now=after_hold(), policy=replace(POLICY, stop=StopRules(min_sample=100)))

    campaign.refresh_from_db()
    assert (campaign.status, campaign.pause_code) == ("paused", "canary_blind")
    assert json.loads(campaign.pause_detail) == {"code": "canary_blind", "count": 4}
    assert rollout_of(campaign).phase == Phase.HELD
    assert claim_now(calm).rows == ()


def test_a_stop_rule_pauses_the_campaign_with_its_figures(calm, running):
    campaign = running(10)
    rows = claim_and_start(calm, capacity=5)
    answer(
        calm,
        *(Posted(row, Outcome("failed", "undeliverable")) for row in rows[:1]),
        *(Posted(row, ACCEPTED) for row in rows[1:]),
    )

    keep_rollouts(now=timezone.now(), policy=POLICY)

    campaign.refresh_from_db()
    assert (campaign.status, campaign.pause_code) == ("paused", "stop_undeliverable")
    assert json.loads(campaign.pause_detail) == {
        "code": "stop_undeliverable", "count": 1, "of": 5, "percent": 20.0, "limit": 15.0,
    }  # fmt: skip
    assert "paused" in verbs(campaign)


def test_what_is_only_watched_is_told_once_and_stops_nothing(calm, running):
    campaign = running(20)
    rows = claim_and_start(calm, capacity=20)
    answer(
        calm,
        Posted(rows[0], Outcome("failed", "refused", "http::400")),
        *(Posted(row, ACCEPTED) for row in rows[1:]),
    )
    now = timezone.now()

    for moment in (now, now + timedelta(seconds=11)):
        keep_rollouts(now=moment, policy=POLICY)

    campaign.refresh_from_db()
    rollout = rollout_of(campaign)
    assert (campaign.status, rollout.level) == ("sending", "watch")
    assert rollout.findings[0]["code"] == "watch_stop_failures"
    assert Alert.objects.filter(code="campaign_watched").count() == 1


def test_the_second_campaign_of_a_template_that_too_few_read_is_stopped(calm, running):
    first, second = running(6), running(6)
    day = timedelta(hours=25)
    for campaign in (first, second):
        send_all(calm, campaign)
        left = timezone.now() - day
        deliver(campaign, sending_at=left, accepted_at=left, delivered_at=left)
    make_message(campaign=second)
    open_rollout(campaign=first, now=timezone.now(), policy=POLICY)
    Campaign.objects.filter(pk=first.pk).update(status="done", ended_at=timezone.now())

    keep_rollouts(now=timezone.now(), policy=POLICY)

    assert rollout_of(first).findings[0]["code"] == "watch_stop_read"
    second.refresh_from_db()
    assert (second.status, second.pause_code) == ("paused", "stop_read")


def test_figures_are_looked_at_every_ten_seconds_not_at_every_turn(calm, running):
    campaign = running(5)
    now = timezone.now()
    keep_rollouts(now=now, policy=POLICY)

    keep_rollouts(now=now + timedelta(seconds=9), policy=POLICY)
    soon = rollout_of(campaign).judged_at
    keep_rollouts(now=now + timedelta(seconds=10), policy=POLICY)

    assert soon == now
    assert rollout_of(campaign).judged_at == now + timedelta(seconds=10)


@pytest.fixture
def held(calm, careful):
    """A campaign whose first share was held because of unreachable people."""
    campaign = careful()
    send_all(calm, campaign)
    deliver(campaign)
    keep_rollouts(now=timezone.now(), policy=POLICY)
    one = campaign.messages.filter(status="delivered").first()
    campaign.messages.filter(pk=one.pk).update(status="failed", reason="undeliverable")
    keep_rollouts(now=timezone.now() + timedelta(seconds=20), policy=POLICY)
    campaign.refresh_from_db()
    assert campaign.status == "paused"
    return campaign


def test_a_campaign_held_by_a_stop_rule_is_not_simply_resumed(held):
    with pytest.raises(CampaignRefused, match=r"Continue anyway|Continua comunque"):
        lifecycle.resume_campaign(campaign=held, by=make_user(), now=timezone.now())

    held.refresh_from_db()
    assert (held.status, rollout_of(held).phase) == ("paused", Phase.HELD)


def test_a_person_may_continue_anyway_and_the_others_follow(calm, held):
    by = make_user()
    now = timezone.now()

    lifecycle.continue_campaign(campaign=held, by=by, why="Lista controllata", now=now)

    held.refresh_from_db()
    rollout = rollout_of(held)
    event = held.events.get(verb="continued")
    assert (held.status, held.pause_code) == ("sending", "")
    assert (rollout.phase, rollout.judged_from) == (Phase.OPEN, now)
    assert (event.by, event.figures["reason"]) == (by, "Lista controllata")
    assert event.figures["despite"]["code"] == "stop_undeliverable"


def test_what_left_before_somebody_let_it_continue_is_not_judged_again(calm, held):
    lifecycle.continue_campaign(campaign=held, by=make_user(), why="Va bene", now=timezone.now())

    keep_rollouts(now=timezone.now() + timedelta(minutes=1), policy=POLICY)

    held.refresh_from_db()
    assert held.status == "sending"


def test_nobody_continues_without_saying_why(held):
    with pytest.raises(CampaignRefused):
        lifecycle.continue_campaign(campaign=held, by=make_user(), why="  ", now=timezone.now())

    held.refresh_from_db()
    assert held.status == "paused"


def test_a_second_person_who_continues_is_told_that_it_goes_on(held):
    now = timezone.now()
    lifecycle.continue_campaign(campaign=held, by=make_user(), why="Va bene", now=now)

    with pytest.raises(TransitionRefused):
        lifecycle.continue_campaign(campaign=held, by=make_user(), why="Anche io", now=now)

    assert held.events.filter(verb="continued").count() == 1


def test_what_a_person_paused_is_resumed_not_continued(running):
    campaign = running(2)
    lifecycle.pause_campaign(campaign=campaign, by=make_user(), now=timezone.now())

    with pytest.raises(TransitionRefused):
        lifecycle.continue_campaign(
            campaign=campaign, by=make_user(), why="Va bene", now=timezone.now()
        )


def test_a_held_campaign_can_be_stopped_for_good(held):
    lifecycle.cancel_campaign(campaign=held, by=make_user(), now=timezone.now())

    held.refresh_from_db()
    assert held.status == "cancelled"
    assert held.messages.filter(status="skipped").count() == 16


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
