"""Who was written to often enough is left out, with the reason counted."""

from datetime import timedelta

import pytest

from audiences.snapshots import count_audience
from campaigns.models import Lane
from campaigns.sender.guards import capped_among
from campaigns.sender.policy import DEFAULT_POLICY
from tests.factories.audiences import make_contact, make_segment
from tests.factories.campaigns import make_message
from tests.factories.templates import make_version

pytestmark = pytest.mark.django_db


def excluded(now):
    return count_audience(segment_version=make_segment(), now=now).excluded


@pytest.mark.parametrize(
    ("days", "is_capped"),
    [
        ((0.5,), True),
        ((1.5,), False),
        ((2, 5), True),
        ((2, 8), False),
        ((8, 12, 16, 20, 24), True),
        ((8, 12, 16, 20), False),
        ((31, 32, 33, 34, 35, 36), False),
    ],
)
def test_one_a_day_two_a_week_five_a_month(now, days, is_capped):
    contact = make_contact()
    for ago in days:
        make_message(contact=contact, status="sent", sending_at=now - timedelta(days=ago))

    assert excluded(now) == ({"frequency_cap": 1} if is_capped else {})


@pytest.mark.parametrize(
    "message",
    [{"status": "queued"}, {"status": "failed"}, {"status": "sent", "lane": Lane.TRANSACTIONAL}],
    ids=str,
)
def test_what_did_not_arrive_and_order_messages_do_not_count(now, message):
    make_message(contact=make_contact(), **message)

    assert excluded(now) == {}


@pytest.mark.parametrize(("category", "is_capped"), [("marketing", True), ("utility", False)])
def test_an_offer_sent_by_hand_counts_and_no_other_answer_does(now, category, is_capped):
    contact = make_contact()
    version = make_version(category=category)
    make_message(contact=contact, lane=Lane.REPLY, template_version=version, status="sent", sending_at=now - timedelta(hours=2))  # fmt: skip

    assert excluded(now) == ({"frequency_cap": 1} if is_capped else {})
    assert list(capped_among([contact.pk], DEFAULT_POLICY, now=now)) == [contact.pk] * is_capped
