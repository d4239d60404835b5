"""Who is left alone because of earlier failures: people, and whole countries."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audiences.models import Contact
from campaigns.models import Alert, OutboundMessage
from campaigns.sender.outcome import of_error
from campaigns.sender.post import Posted
from campaigns.sender.unreachable import UNDELIVERABLE
from spoki import SpokiRefused
from tests.campaigns.sender.steps import (
    answer,
    claim_and_start,
    claim_now,
    order_message,
    start_now,
)
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_message

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def missed(contact: Contact, *, days_ago: int, **changes) -> None:
    fields = {"status": "failed", "error_code": UNDELIVERABLE}
    make_message(contact=contact, sending_at=timezone.now() - days_ago * DAY, **fields | changes)


def reason_of(campaign) -> str:
    return str(campaign.messages.get().reason)


@pytest.mark.parametrize(
    ("days_ago", "is_left_alone"),
    [
        ([20, 10], True),
        ([20, 13], True),
        ([20, 14], False),
        ([10], False),
        ([10, 10, 9], False),
        ([98, 91], False),
        ([96, 89], True),
    ],
    ids=["twice", "a_week_apart", "less_than_a_week", "once", "a_bad_day", "long_ago", "90_days"],
)
def test_who_was_undeliverable_twice_a_week_apart_is_left_alone_for_90_days(
    running, calm, days_ago, is_left_alone
):
    contact = make_contact()
    for days in days_ago:
        missed(contact, days_ago=days)
    campaign = running([contact])

    started = claim_and_start(calm)

    assert (started == []) == is_left_alone
    assert reason_of(campaign) == ("unreachable_person" if is_left_alone else "")


def test_who_got_something_since_is_there(running, calm):
    contact = make_contact()
    missed(contact, days_ago=40)
    missed(contact, days_ago=32)
    missed(contact, days_ago=31, status="delivered", error_code="")

    running([contact])

    assert len(claim_and_start(calm)) == 1


def test_another_kind_of_failure_does_not_count(running, calm):
    contact = make_contact()
    missed(contact, days_ago=40, error_code="whatsapp::131049")
    missed(contact, days_ago=32)

    running([contact])

    assert len(claim_and_start(calm)) == 1


def test_an_order_message_is_tried_all_the_same(calm, greeting):
    contact = make_contact()
    missed(contact, days_ago=20)
    missed(contact, days_ago=10)
    order_message(contact=contact, template_version=greeting)

    assert len(claim_and_start(calm)) == 1


def refuse_country(row) -> Posted:
    error = SpokiRefused("send_template", status=400, code="whatsapp::130497")
    return Posted(row, of_error(error, attempts=1))


def test_a_country_that_meta_closed_is_skipped_for_a_day_and_no_other(running, calm):
    swiss = [make_contact(phone=f"+4179123456{n}") for n in range(2)]
    italian = make_contact(phone="+393471234567")
    campaign = running([*swiss, italian])
    rows = claim_now(calm).rows
    first = next(row for row in rows if row.contact_id == swiss[0].pk)
    (begun,) = start_now([first], calm)
    answer(calm, refuse_country(begun))

    going = start_now([row for row in rows if row.id != first.id], calm)

    assert [row.contact_id for row in going] == [italian.pk]
    states = dict(campaign.messages.values_list("contact_id", "reason"))
    assert states == {
        swiss[0].pk: "country_restricted",
        swiss[1].pk: "country_restricted",
        italian.pk: "",
    }
    alert = Alert.objects.open().get(code="country_closed")
    assert alert.detail == {"country": "+41"}


def test_a_day_later_a_closed_country_is_tried_again(running, calm):
    campaign = running([make_contact(phone="+41791234560"), make_contact(phone="+41791234561")])
    first, second = claim_now(calm).rows
    (begun,) = start_now([first], calm)
    answer(calm, refuse_country(begun))
    Alert.objects.update(last_at=timezone.now() - timedelta(hours=25))

    assert len(start_now([second], calm)) == 1

    assert campaign.messages.filter(status=OutboundMessage.Status.SENDING).count() == 1
