"""Something happens to a person: who enters which flow, and what is written at once."""

from datetime import timedelta

import pytest

from audiences.models import ConsentState
from campaigns.flows.engine import happened
from campaigns.flows.triggers import UnknownTrigger
from campaigns.models import Alert, Flow, FlowEntry, Lane, OutboundMessage, SpokiAccount
from templates_sync.models import TemplateVersion
from tests.campaigns.flows.conftest import happen, written
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.flows import make_flow, make_flow_version
from tests.factories.templates import make_template, make_version

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]

ORDER = {"ORDER": {"parameter": "order.name", "fallback": "il tuo ordine"}}


def _utility(**changes):
    return make_version(category="utility", **changes)


def test_a_flow_without_a_wait_writes_its_message_at_once():
    flow = make_flow(enabled=True)
    contact = make_contact(first_name="Ada")

    (entry,) = happen("order:17", contact=contact)

    message = written(entry)
    assert entry.status == FlowEntry.Status.QUEUED
    assert (message.status, message.lane) == ("queued", Lane.TRANSACTIONAL)
    assert (message.phone, message.contact_id) == (contact.phone, contact.pk)
    assert message.template_version_id == flow.template_version_id
    assert message.params == {"FIRST_NAME": "Ada"}
    assert (message.campaign_id, message.due_at, message.expires_at) == (None, NOW, None)


def test_the_same_thing_told_again_changes_nothing():
    make_flow(enabled=True)
    happen("order:17")

    assert happen("order:17") == []
    assert FlowEntry.objects.count() == 1
    assert OutboundMessage.objects.count() == 1


def test_every_enabled_flow_of_the_trigger_is_entered_and_no_other():
    first, second = make_flow(enabled=True), make_flow(enabled=True)
    make_flow()
    make_flow(enabled=True, trigger="test.other")

    entries = happen()

    assert {entry.flow_id for entry in entries} == {first.pk, second.pk}
    assert OutboundMessage.objects.count() == 2


def test_what_happened_before_the_flow_was_enabled_is_none_of_its_business():
    make_flow(enabled=True, enabled_at=NOW + timedelta(seconds=0.9))

    assert happen(happened_at=NOW - timedelta(seconds=1)) == []
    assert len(happen(happened_at=NOW)) == 1  # within the second in which it was enabled


def test_what_a_clock_ahead_of_ours_tells_happened_now_and_waits_for_nothing():
    make_flow(enabled=True)

    (entry,) = happen(happened_at=NOW + timedelta(seconds=3), now=NOW)

    assert (entry.happened_at, entry.status) == (NOW, FlowEntry.Status.QUEUED)


def test_a_wait_lets_nothing_be_written_yet():
    make_flow(enabled=True, delay_minutes=60)

    (entry,) = happen(happened_at=NOW)

    assert (entry.status, entry.due_at) == (FlowEntry.Status.WAITING, NOW + timedelta(hours=1))
    assert OutboundMessage.objects.count() == 0


def test_news_that_comes_after_the_wait_is_written_at_once():
    make_flow(enabled=True, delay_minutes=60)

    (entry,) = happen(happened_at=NOW, now=NOW + timedelta(hours=2))

    assert entry.status == FlowEntry.Status.QUEUED


def test_old_news_is_written_to_nobody(world):
    world.offer(lasts=timedelta(hours=6))
    make_flow(enabled=True)

    (entry,) = happen(now=NOW + timedelta(hours=6))

    assert (entry.status, entry.reason) == (FlowEntry.Status.LEFT, "too_late")
    assert OutboundMessage.objects.count() == 0


def test_a_message_expires_when_its_news_is_old(world):
    world.offer(lasts=timedelta(hours=6))
    make_flow(enabled=True, delay_minutes=30)

    (entry,) = happen(now=NOW + timedelta(hours=1))

    assert written(entry).expires_at == NOW + timedelta(hours=6, minutes=30)


def test_the_values_of_the_trigger_are_read_when_the_message_is_written(world):
    world.values["order:17"] = {"order.name": "#1017\n di  Ada"}
    version = _utility(body="Ordine %%ORDER%%")
    make_flow(enabled=True, template_version=version, variables=ORDER)

    (entry,) = happen("order:17")

    assert written(entry).params == {"ORDER": "#1017 di Ada"}


def test_a_value_that_the_trigger_does_not_have_is_filled_by_the_fallback():
    version = _utility(body="Ordine %%ORDER%%")
    make_flow(enabled=True, template_version=version, variables=ORDER)

    (entry,) = happen("order:17")

    assert written(entry).params == {"ORDER": "il tuo ordine"}


def test_without_a_value_and_a_fallback_nobody_is_written_to():
    version = _utility(body="Ordine %%ORDER%%")
    bare = {"ORDER": {"parameter": "order.name"}}
    make_flow(enabled=True, template_version=version, variables=bare)

    (entry,) = happen("order:17")

    assert (entry.status, entry.reason) == (FlowEntry.Status.LEFT, "missing_value")
    assert OutboundMessage.objects.count() == 0


def test_whom_the_owner_of_the_trigger_stops_leaves_with_its_reason(world):
    world.stopped["order:17"] = "order_over"
    make_flow(enabled=True)

    (entry,) = happen("order:17")

    assert (entry.status, entry.reason) == (FlowEntry.Status.LEFT, "order_over")
    assert entry.ended_at == NOW
    assert OutboundMessage.objects.count() == 0


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        ({"phone": None}, "no_phone"),
        ({"is_blocked": True}, "blocked"),
        ({"has_invalid_phone": True}, "invalid_phone"),
        ({"can_receive_whatsapp": False}, "not_a_mobile"),
        ({"orders_consent": ConsentState.WITHDRAWN}, "orders_withdrawn"),
    ],
)
def test_whoever_cannot_or_must_not_be_written_to_leaves(person, reason):
    make_flow(enabled=True)

    (entry,) = happen(contact=make_contact(**person))

    assert (entry.status, entry.reason) == (FlowEntry.Status.LEFT, reason)
    assert OutboundMessage.objects.count() == 0


@pytest.mark.parametrize(
    ("consent", "reason"),
    [(ConsentState.UNKNOWN, "no_consent"), (ConsentState.WITHDRAWN, "consent_withdrawn")],
)
def test_marketing_needs_a_consent_that_an_order_message_does_not(consent, reason):
    marketing = make_flow(enabled=True, lane=Lane.MARKETING)
    order = make_flow(enabled=True)

    entries = {e.flow_id: e for e in happen(contact=make_contact(marketing_consent=consent))}

    left = entries[marketing.pk]
    assert (left.status, left.reason) == (FlowEntry.Status.LEFT, reason)
    assert entries[order.pk].status == FlowEntry.Status.QUEUED
    assert OutboundMessage.objects.count() == 1


def test_half_of_the_people_are_held_out_and_always_the_same_ones():
    flow = make_flow(enabled=True, holdout_share="0.5")
    people = [make_contact() for _ in range(40)]

    first = [happen(f"order:a{c.pk}", contact=c)[0].status for c in people]
    second = [happen(f"order:b{c.pk}", contact=c)[0].status for c in people]

    assert first == second
    assert set(first) == {FlowEntry.Status.QUEUED, FlowEntry.Status.HELD_OUT}
    written = OutboundMessage.objects.count()
    assert written == 2 * first.count(FlowEntry.Status.QUEUED)
    assert (
        flow.entries.filter(status=FlowEntry.Status.HELD_OUT, message=None).count() == 80 - written
    )


def test_another_flow_holds_out_other_people():
    one = make_flow(enabled=True, holdout_share="0.5")
    make_flow(enabled=True, holdout_share="0.5")
    people = [make_contact() for _ in range(40)]
    drawn: dict[bool, list[str]] = {True: [], False: []}

    for contact in people:
        for entry in happen(f"order:{contact.pk}", contact=contact):
            drawn[entry.flow_id == one.pk].append(entry.status)

    assert drawn[True] != drawn[False]


def test_conditions_on_the_thing_and_on_the_person_are_asked_together(world):
    world.cents |= {"order:1": 4000, "order:2": 3999, "order:3": 9000}
    rules = [["order.amount_due", "at_least", "40.00"], ["contact.language", "is", "it"]]
    make_flow(enabled=True, conditions={"v": 1, "groups": [{"mode": "all", "rules": rules}]})

    found = [
        happen("order:1")[0],
        happen("order:2")[0],
        happen("order:3", contact=make_contact(language="de"))[0],
        happen("order:4")[0],
    ]

    assert [entry.status for entry in found] == ["queued", "left", "left", "left"]
    assert {entry.reason for entry in found[1:]} == {"conditions_not_met"}


def test_conditions_that_broke_stop_the_flow_and_let_nobody_through():
    rules = [["contact.tag", "has_not", "vip"]]
    flow = make_flow(enabled=True, conditions={"v": 1, "groups": [{"mode": "all", "rules": rules}]})

    (entry,) = happen()

    flow.refresh_from_db()
    assert (flow.status, flow.stop_code) == (Flow.Status.DISABLED, "conditions_broken")
    assert entry.status == FlowEntry.Status.WAITING
    assert OutboundMessage.objects.count() == 0
    alert = Alert.objects.get(code="flow_stopped")
    assert alert.detail["flow"] == flow.name


def test_a_template_that_became_marketing_stops_a_flow_of_order_messages():
    flow = make_flow(enabled=True, template_version=make_version(category="marketing"))

    (entry,) = happen()

    flow.refresh_from_db()
    assert (flow.status, flow.stop_code) == (Flow.Status.DISABLED, "template_is_marketing")
    assert (entry.status, OutboundMessage.objects.count()) == (FlowEntry.Status.WAITING, 0)


def test_a_trigger_that_breaks_loses_nothing_and_harms_no_other(world):
    world.is_broken = True
    make_flow(enabled=True)

    (entry,) = happen()

    assert (entry.status, entry.due_at) == (FlowEntry.Status.WAITING, NOW + timedelta(minutes=10))
    assert OutboundMessage.objects.count() == 0


def test_an_entry_belongs_to_the_wording_under_which_it_was_made():
    flow = make_flow(enabled=True)
    make_flow_version(flow)

    (entry,) = happen()

    assert entry.version.number == 2


def test_who_was_merged_enters_as_the_person_that_was_kept():
    make_flow(enabled=True)
    kept = make_contact()
    merged = make_contact(phone=None, merged_into=kept)

    (entry,) = happen(contact=merged)

    assert (entry.contact_id, written(entry).phone) == (kept.pk, kept.phone)


def test_marketing_hours_of_an_order_message_move_its_start_to_the_next_opening():
    make_flow(enabled=True, hours=Flow.Hours.MARKETING)
    opens = {"weekday": ["12:00", "19:00"], "saturday": None, "holiday_eve": None}
    SpokiAccount.objects.update(marketing_hours=opens | {"sunday": None, "holiday": None})

    (entry,) = happen()

    assert written(entry).due_at == NOW.replace(hour=11, minute=0)  # 12:00 in Rome


def test_nobody_can_tell_of_a_trigger_that_was_never_offered():
    with pytest.raises(UnknownTrigger, match=r"test\.nothing"):
        happened(
            trigger="test.nothing",
            subject="x:1",
            contact=make_contact(),
            happened_at=NOW,
            now=NOW,
        )
    assert FlowEntry.objects.count() == 0


def translated(language, template, **changes):
    other = make_template(name=template.name, language=language)
    fields = {"body": "Hi %%FIRST_NAME%%", "category": "utility"}
    return make_version(template=other, **fields | changes)


def test_everybody_is_written_to_in_the_language_that_she_speaks_where_there_is_one():
    italian = make_version(category="utility")
    english = translated("en_us", italian.template)
    make_flow(enabled=True, template_version=italian)

    said = {
        language: written(happen(f"order:{language}", contact=make_contact(language=language))[0])
        for language in ("it", "en", "de")
    }

    versions = {language: message.template_version_id for language, message in said.items()}
    assert versions == {"it": italian.pk, "en": english.pk, "de": italian.pk}


@pytest.mark.parametrize(
    "other",
    [
        {"status": "pending"},
        {"category": "marketing"},
        {"body": "Hi %%SURNAME%%"},
        {"superseded_at": NOW},
    ],
)
def test_what_does_not_say_the_same_is_no_translation(other):
    italian = make_version(category="utility")
    translated("en", italian.template, **other)
    make_flow(enabled=True, template_version=italian)

    (entry,) = happen(contact=make_contact(language="en"))

    assert written(entry).template_version_id == italian.pk


def test_a_translation_that_meta_paused_gives_way_to_the_flows_own_language():
    italian = make_version(category="utility")
    english = translated("en", italian.template)
    flow = make_flow(enabled=True, template_version=italian)
    TemplateVersion.objects.filter(pk=english.pk).update(status="paused")

    (entry,) = happen(contact=make_contact(language="en"))

    assert written(entry).template_version_id == italian.pk
    assert flow.status == Flow.Status.ENABLED
