"""Many messages in one call of an automation: one point of no return, one answer for all."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import cast

import pytest
from django.utils import timezone

from campaigns.models import (
    AutomationRoute,
    Campaign,
    Grant,
    Lane,
    OutboundMessage,
    SpokiAccount,
    TierRecipient,
)
from campaigns.routes import Route
from campaigns.sender.allowance import Allowance
from campaigns.sender.bulk import Call, Called, post_call
from campaigns.sender.ways import ways_now
from spoki import (
    AutomationContact,
    AutomationStart,
    SpokiAuthError,
    SpokiGateway,
    SpokiNotFound,
    SpokiOutcomeUnknown,
    SpokiRefused,
    SpokiThrottled,
    SpokiUnreachable,
)
from tests.campaigns.sender.gate import Gate
from tests.campaigns.sender.steps import claim_now, drainer, make_reserved, order_message, start_now
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_number
from tests.factories.routes import SECRET, TRIGGER, make_route

ROUTE = Route(id=7, uuid=TRIGGER, secret=SECRET)


@dataclass(slots=True)
class Trigger(Gate):
    """A gate that takes automation starts too; `on_call` may wait or raise."""

    calls: list[list[AutomationContact]] = field(default_factory=list)
    on_call: Callable[[], None] = lambda: None

    def start_automation(self, start: AutomationStart) -> None:
        self._called(start.uuid, start.secret, [start.contact])

    def start_automation_bulk(self, uuid, secret, contacts) -> None:
        self._called(uuid, secret, list(contacts))

    def _called(self, uuid, secret, contacts) -> None:
        assert (uuid, secret) == (TRIGGER, SECRET)
        self.calls.append(contacts)
        self.on_call()


def posted_by(call: Call, trigger: Trigger) -> Called:
    return post_call(call, cast(SpokiGateway, trigger))


def statuses_of(called: Called) -> list[str]:
    return [posted.outcome.status for posted in called.posted if posted.outcome is not None]


def raising(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


@pytest.fixture
def routed(db, calm, running):
    """A campaign of `people` whose template leaves by an automation, hundreds of them at once."""
    SpokiAccount.objects.update(
        automation_sends_per_minute=60_000, automation_pace_at=calm.pace_at, daily_limit=100_000
    )

    def make(people, **changes) -> Campaign:
        campaign: Campaign = running(people, **changes)
        make_route(version=campaign.template_version)
        return campaign

    return make


@pytest.fixture
def drain_with(calm, transactional_db):
    def run(gate: Gate, **changes) -> None:
        assert drainer(calm, gate, **changes).run(seconds=20, until_idle=True)

    return run


def test_a_whole_campaign_leaves_in_one_call_and_each_row_names_itself(
    transactional_db, routed, drain_with
):
    campaign = routed(30)
    trigger = Trigger()

    drain_with(trigger)

    (call,) = trigger.calls
    keys = {message.key.hex for message in campaign.messages.all()}
    assert {contact.metadata["msg"] for contact in call} == keys
    assert set(campaign.messages.values_list("status", "provider_uuid")) == {("accepted", None)}
    assert trigger.phones == []


def test_a_call_carries_at_most_five_hundred_people(transactional_db, routed, drain_with):
    routed(620)
    trigger = Trigger()

    drain_with(trigger)

    assert [len(call) for call in trigger.calls] == [500, 120]


def test_one_person_alone_is_started_alone(transactional_db, routed, drain_with):
    campaign = routed(1)
    trigger = Trigger()

    drain_with(trigger)

    (call,) = trigger.calls
    message = campaign.messages.get()
    assert call == [
        AutomationContact(
            phone=message.phone,
            language="it",
            variables=message.params,
            metadata={"msg": message.key.hex},
        )
    ]


@pytest.mark.parametrize(
    "state", [AutomationRoute.State.OFF, AutomationRoute.State.PROVEN, AutomationRoute.State.BROKEN]
)
def test_a_route_that_is_not_on_is_not_used(transactional_db, running, calm, drain_with, state):
    campaign = running(2)
    make_route(version=campaign.template_version, state=state)
    trigger = Trigger()

    drain_with(trigger)

    assert (len(trigger.phones), trigger.calls) == (2, [])


def test_a_campaign_of_another_number_goes_by_messages_send(routed, calm):
    campaign = routed(1)
    campaign.number = make_number(account=calm)
    ways = ways_now(calm.pk)

    assert ways.of(campaign) is None
    campaign.number = None
    assert ways.of(campaign) is not None


def test_order_messages_never_take_the_way_of_a_campaign(routed, calm, greeting):
    routed(1)
    order = order_message(template_version=greeting)

    rows = claim_now(calm, ways=ways_now(calm.pk)).rows

    assert {row.id: bool(row.route_id) for row in rows if row.lane != Lane.MARKETING} == {
        order.pk: False
    }


def test_automation_starts_have_a_window_of_their_own(routed, calm):
    SpokiAccount.objects.update(automation_sends_per_minute=10, margin=0.1, minute_seconds=6.0)
    Grant.objects.create(account=calm, kind="template", count=60_000, at=timezone.now())
    Grant.objects.create(account=calm, kind="automation", count=4, at=timezone.now())
    routed(20)
    SpokiAccount.objects.update(automation_sends_per_minute=10)

    rows = claim_now(calm, ways=ways_now(calm.pk)).rows

    assert len(rows) <= 5
    assert {row.grant_kind for row in rows} <= {"automation"}
    granted = Grant.objects.filter(kind="automation").values_list("count", flat=True)
    assert sum(granted) == 4 + len(rows) <= 9


def test_people_of_automations_count_against_the_tier(routed, calm):
    routed(20)

    rows = claim_now(calm, ways=ways_now(calm.pk)).rows

    assert len(rows) == 20
    assert TierRecipient.objects.count() == 20


def test_automations_stay_within_what_marketing_may_use_of_the_tier_and_of_the_hour():
    allowed = Allowance(90, 90, 90, 5, 40, 60, 1.0, automations=50, marketing_people=20)

    assert allowed.automations_beside(urgent=0, marketing=5) == 15
    assert allowed.automations_beside(urgent=30, marketing=5) == 5
    assert allowed.automations_beside(urgent=40, marketing=0) == 0


def test_red_quality_stops_automations_too(routed, calm):
    routed(3)
    SpokiAccount.objects.update(quality="red")

    assert claim_now(calm, ways=ways_now(calm.pk)).rows == ()


def test_a_route_whose_call_is_in_flight_gets_no_second_one(routed, calm):
    campaign = routed(3)
    ways = ways_now(calm.pk)
    busy = replace(ways, busy=frozenset(route.id for route in ways.routes.values()))

    assert claim_now(calm, ways=busy).rows == ()
    assert campaign.messages.filter(leased_by=None).count() == 3


def test_a_lost_answer_leaves_every_row_of_the_call_unknown(transactional_db, routed, drain_with):
    campaign = routed(12)
    trigger = Trigger(on_call=raising(SpokiOutcomeUnknown("start_automation_bulk")))

    drain_with(trigger)

    assert set(campaign.messages.values_list("status", "reason")) == {("unknown", "no_answer")}
    assert len(trigger.calls) == 1


def test_whatever_breaks_inside_a_call_leaves_its_rows_unknown():
    called = posted_by(_call(2), Trigger(on_call=raising(KeyError("a bug"))))

    assert statuses_of(called) == ["unknown", "unknown"]


def test_a_429_puts_all_back_and_asks_once_for_a_rest():
    throttled = Trigger(on_call=raising(SpokiThrottled("x", retry_after=30)))

    called = posted_by(_call(3), throttled)

    assert statuses_of(called) == ["queued"] * 3
    assert [posted.is_told for posted in called.posted] == [True, False, False]
    assert called.broken == ""


def test_a_429_freezes_automations_only(transactional_db, routed, calm, greeting):
    routed(3)
    stop = threading.Event()

    def throttle() -> None:
        stop.set()
        raise SpokiThrottled("start_automation_bulk", retry_after=30)

    drainer(calm, Trigger(on_call=throttle), stop=stop).run(seconds=20)

    calm.refresh_from_db()
    assert calm.automations_frozen_until is not None
    assert (calm.templates_frozen_until, calm.frozen_until) == (None, None)
    assert OutboundMessage.objects.filter(status="queued", attempts=0).count() == 3


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SpokiAuthError("x", status=403), "route_secret_refused"),
        (SpokiNotFound("x", status=404), "route_not_found"),
        (SpokiRefused("x", status=400), "route_refused"),
    ],
)
def test_a_clear_no_to_the_call_ends_the_route_and_its_people_go_one_by_one(
    transactional_db, routed, drain_with, calm, error, code
):
    campaign = routed(4)
    SpokiAccount.objects.update(lease_seconds=0.5, person_gap_seconds=0.0)
    trigger = Trigger(on_call=raising(error))

    drain_with(trigger)

    calm.refresh_from_db()
    route = AutomationRoute.objects.get()
    assert (route.state, route.error_code) == (AutomationRoute.State.BROKEN, code)
    assert (len(trigger.calls), len(trigger.phones)) == (1, 4)
    assert set(campaign.messages.values_list("status", "attempts")) == {("accepted", 1)}
    assert calm.paused_at is None


def test_nobody_answering_puts_the_call_back_and_lets_everything_rest():
    called = posted_by(_call(2), Trigger(on_call=raising(SpokiUnreachable("x"))))

    assert statuses_of(called) == ["queued", "queued"]
    first = called.posted[0].outcome
    assert first is not None
    assert first.freeze is not None


def test_a_person_whom_spoki_could_not_take_costs_the_others_nothing():
    bad = make_reserved(id=1, params={"FIRST_NAME": " "})
    good = make_reserved(id=2, params={"FIRST_NAME": "Ada"})
    trigger = Trigger()

    called = posted_by(Call(ROUTE, (bad, good)), trigger)

    became = dict(
        zip((posted.row.id for posted in called.posted), statuses_of(called), strict=True)
    )
    assert became == {1: "failed", 2: "accepted"}
    assert [len(call) for call in trigger.calls] == [1]


def test_a_call_whose_lease_is_over_does_not_leave():
    trigger = Trigger()

    called = posted_by(Call(ROUTE, (make_reserved(start_by=0.0), make_reserved(id=2))), trigger)

    assert [posted.outcome for posted in called.posted] == [None, None]
    assert trigger.calls == []


def test_skipped_people_of_a_call_give_the_pace_of_automations_back(routed, calm):
    routed([make_contact(is_blocked=True) for _ in range(4)])
    rows = claim_now(calm, ways=ways_now(calm.pk)).rows
    owed_at = SpokiAccount.objects.get().automation_pace_at
    template_pace = SpokiAccount.objects.get().pace_at

    assert start_now(rows, calm) == []

    account = SpokiAccount.objects.get()
    assert owed_at is not None
    assert account.automation_pace_at is not None
    assert account.automation_pace_at < owed_at
    assert account.pace_at == template_pace
    assert sum(Grant.objects.values_list("count", flat=True)) == 0


def _call(people: int) -> Call:
    return Call(ROUTE, tuple(make_reserved(id=place) for place in range(1, people + 1)))
