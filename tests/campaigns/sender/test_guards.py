"""The last word before a message starts."""

from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.utils import timezone

from audiences.models import Contact
from campaigns.models import Lane, OutboundMessage
from campaigns.sender import guards
from campaigns.sender.guards import NEVER_REACHED, Moment, capped_among, is_marketing, judge
from campaigns.sender.policy import Cap, Policy
from tests.campaigns.sender.steps import (
    claim_now,
    make_reserved,
    open_window,
    order_message,
    reply,
    start_now,
    starts_granted,
)
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_message
from tests.factories.templates import make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def guard(monkeypatch):
    """Register one more guard for the length of a test."""
    monkeypatch.setattr(guards.registry, "guards", dict(guards.registry.guards))
    return guards.register


def reserved_for(contact: Contact, **changes):
    return make_reserved(contact_id=contact.pk, phone=contact.phone, **changes)


def verdicts(*rows) -> dict[int, str]:
    return judge(rows, Moment(timezone.now())).refused


def test_a_person_who_agreed_and_can_be_reached_may_be_written_to():
    assert verdicts(reserved_for(make_contact())) == {}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"marketing_consent": "withdrawn"}, "consent_withdrawn"),
        ({"marketing_consent": "unknown"}, "no_consent"),
        ({"is_blocked": True}, "blocked"),
        ({"has_invalid_phone": True}, "invalid_phone"),
        ({"can_receive_whatsapp": False}, "not_a_mobile"),
    ],
)
def test_whoever_must_not_be_written_to_is_skipped_with_the_reason(changes, reason):
    assert verdicts(reserved_for(make_contact(**changes))) == {1: reason}


def test_a_person_who_is_gone_or_has_another_phone_or_none_is_not_written_to():
    moved, unknown = make_contact(), make_contact(phone=None)
    merged = make_contact(phone=None, merged_into=moved)
    rows = [
        make_reserved(id=1, contact_id=moved.pk, phone="+393331112223"),
        make_reserved(id=2, contact_id=0),
        make_reserved(id=3, contact_id=unknown.pk, phone="+393331112223"),
        make_reserved(id=4, contact_id=merged.pk, phone="+393331112223"),
    ]

    assert verdicts(*rows) == {
        1: "phone_changed",
        2: "contact_gone",
        3: "no_phone",
        4: "contact_gone",
    }


def test_an_order_message_asks_for_no_consent_to_marketing():
    contact = make_contact(marketing_consent="withdrawn")

    assert verdicts(reserved_for(contact, lane=Lane.TRANSACTIONAL, campaign_id=None)) == {}


def test_free_text_leaves_only_inside_the_persons_own_window(calm):
    talking, silent = reply(), reply()
    open_window(talking)

    start_now(claim_now(calm).rows, calm)

    silent.refresh_from_db()
    talking.refresh_from_db()
    assert (silent.status, silent.reason) == ("skipped", "window_closed")
    assert talking.status == "sending"


@pytest.mark.parametrize(
    ("most", "period"),
    [(1, timedelta(hours=24)), (2, timedelta(days=7)), (5, timedelta(days=30))],
    ids=["one_a_day", "two_a_week", "five_a_month"],
)
def test_marketing_stops_at_the_cap_and_starts_again_when_the_period_has_passed(most, period):
    contact = make_contact()
    now = timezone.now()
    at = [now - period + timedelta(seconds=60) * place for place in range(1, most + 1)]
    for moment in at:
        make_message(contact=contact, status="accepted", sending_at=moment)
    row = reserved_for(contact)

    assert judge([row], Moment(now)).refused == {1: "frequency_cap"}
    assert judge([row], Moment(at[0] + period)).refused == {}


@pytest.mark.parametrize("status", NEVER_REACHED)
def test_a_message_that_reached_nobody_counts_for_no_cap(status):
    contact = make_contact()
    make_message(contact=contact, status=status, sending_at=timezone.now())

    assert verdicts(reserved_for(contact)) == {}


def test_a_message_that_may_have_arrived_counts_for_the_cap():
    contact = make_contact()
    make_message(contact=contact, status="unknown", sending_at=timezone.now())

    assert verdicts(reserved_for(contact)) == {1: "frequency_cap"}


def test_order_messages_count_for_no_cap_and_meet_none():
    contact = make_contact()
    make_message(
        contact=contact, status="accepted", lane=Lane.TRANSACTIONAL, sending_at=timezone.now()
    )

    assert verdicts(reserved_for(contact)) == {}


@pytest.mark.parametrize("category", ["marketing", "utility"])
@pytest.mark.parametrize("lane", Lane)
def test_the_guard_and_the_count_of_a_segment_agree_on_what_is_marketing(lane, category):
    contact, now = make_contact(), timezone.now()
    version = make_version(category=category)
    make_message(
        contact=contact, lane=lane, template_version=version, status="sent", sending_at=now
    )
    one_a_day = Policy(caps=(Cap(most=1, period=timedelta(days=1)),))

    counts = lane == Lane.MARKETING or (lane == Lane.REPLY and category == "marketing")
    assert (contact.pk in capped_among([contact.pk], one_a_day, now=now)) == counts
    assert OutboundMessage.objects.filter(is_marketing()).exists() == counts


def test_the_first_reason_counts(guard):
    contact = make_contact(is_blocked=True)
    guard("later", lambda rows, moment: {1: "order_cancelled"})

    assert verdicts(reserved_for(contact)) == {1: "blocked"}


def test_a_guard_of_a_higher_floor_keeps_its_messages_from_leaving(guard, calm, greeting):
    message = order_message(template_version=greeting)
    guard("cancelled orders", lambda rows, moment: {row.id: "order_cancelled" for row in rows})

    began = start_now(claim_now(calm).rows, calm)

    message.refresh_from_db()
    assert began == []
    assert (message.status, message.reason) == ("skipped", "order_cancelled")


def test_a_guard_that_breaks_puts_its_messages_off_for_half_a_minute(guard, calm, greeting):
    message = order_message(template_version=greeting)

    def broken(rows, moment):
        raise KeyError("a bug in a higher floor")

    guard("broken", broken)

    began = start_now(claim_now(calm).rows, calm)

    message.refresh_from_db()
    wait = message.due_at - timezone.now()
    assert (began, message.status, message.reason) == ([], "queued", "guard_failed")
    assert (message.leased_by, message.attempts, starts_granted()) == (None, 0, 0)
    assert timedelta(seconds=25) < wait <= timedelta(seconds=30)


def test_a_guard_that_breaks_still_lets_the_others_refuse(guard):
    def broken(rows, moment):
        raise KeyError("a bug in a higher floor")

    guard("broken", broken)
    blocked = reserved_for(make_contact(is_blocked=True), id=1)
    fine = reserved_for(make_contact(), id=2)

    judgement = judge([blocked, fine], Moment(timezone.now()))

    assert (judgement.refused, judgement.put_off) == ({1: "blocked"}, {2})


def test_a_database_that_is_away_is_not_taken_for_a_broken_guard(guard):
    def away(rows, moment):
        raise DatabaseError

    guard("away", away)

    with pytest.raises(DatabaseError):
        verdicts(reserved_for(make_contact()))
