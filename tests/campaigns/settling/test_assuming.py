"""A person assumes that an unknown message was sent."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from campaigns.models import CampaignEvent, Settlement
from campaigns.sender.guards import Moment, judge
from spoki import MessageStatus
from tests.campaigns.sender.steps import make_reserved
from tests.campaigns.settling.steps import LATER, RELEASED, SENT, Status, decide, now_of, told
from tests.conftest import NOW
from tests.factories.campaigns import make_message, make_user

pytestmark = pytest.mark.django_db


def test_what_is_assumed_sent_is_sent_with_the_reason_that_it_is_assumed(unknown):
    assert decide(SENT, unknown).done == 1

    found = now_of(unknown)
    assert (found.status, found.reason, found.sent_at) == (Status.SENT, "assumed_sent", None)
    assert found.sending_at == NOW


def test_a_decision_is_kept_with_who_took_it_when_why_and_what_was_known(unknown):
    by = make_user()
    make_message(contact=unknown.contact, status="delivered", sending_at=NOW + timedelta(hours=2))

    decide(SENT, unknown, by=by, why="  Il cliente ha risposto al telefono ")

    kept = Settlement.objects.get()
    assert (kept.by, kept.at, kept.why) == (by, LATER, "Il cliente ha risposto al telefono")
    assert (kept.reason, kept.sending_at, kept.former_key) == ("crashed", NOW, None)
    assert [(fact["code"], fact["state"]) for fact in kept.evidence] == [
        ("other_message", "delivered")
    ]


@pytest.mark.parametrize("decision", [SENT, RELEASED])
def test_the_story_of_the_campaign_tells_the_decision(campaign, unknown, decision):
    other = make_message(campaign=campaign, status="unknown", reason="no_answer")

    decide(decision, unknown, other)

    event = CampaignEvent.objects.get(campaign=campaign)
    assert event.verb == f"settled_{decision}"
    assert event.figures == {"recipients": 2, "reason": "Guardato su Spoki"}


def test_a_decision_is_never_changed_or_deleted(unknown):
    decide(SENT, unknown)

    for change in (lambda rows: rows.update(why="altro"), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change(Settlement.objects.all())

    assert Settlement.objects.get().why == "Guardato su Spoki"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (MessageStatus.DELIVERED, Status.DELIVERED),
        (MessageStatus.READ, Status.READ),
        (MessageStatus.FAILED, Status.FAILED),
    ],
)
def test_a_late_receipt_still_corrects_what_was_assumed(unknown, status, expected):
    decide(SENT, unknown)

    told(unknown.key, status)

    assert now_of(unknown).status == expected
    assert unknown.reason != "assumed_sent"


def test_a_receipt_that_it_was_sent_turns_the_assumption_into_knowledge(unknown):
    decide(SENT, unknown)

    told(unknown.key, MessageStatus.SENT)

    assert (now_of(unknown).status, unknown.reason, unknown.sent_at) == ("sent", "", LATER)


def test_what_is_assumed_sent_counts_for_the_frequency_cap(unknown):
    decide(SENT, unknown)
    next_one = make_reserved(id=99, contact_id=unknown.contact_id, phone=unknown.phone)

    assert judge([next_one], Moment(LATER)).refused == {99: "frequency_cap"}
