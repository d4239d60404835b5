"""To which message an answer and a wish for no more marketing belong."""

from datetime import timedelta

import pytest

from campaigns import outbox
from campaigns.models import Lane, UseCount
from campaigns.scoreboard.figures import NAMES
from tests.campaigns.scoreboard.world import count, make_done
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_message
from tests.factories.templates import make_version

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
DAY = timedelta(days=1)


@pytest.fixture
def person():
    return make_contact()


def sent(person, ago, **changes):
    """A message of a campaign of its own to `person`, delivered so long ago."""
    campaign = make_done(make_version(), began=NOW - ago)
    fields = {"status": "delivered", "sending_at": NOW - ago, "campaign": campaign}
    return make_message(contact=person, **fields | changes)


def answer(person, *, at=NOW, reply_to=None):
    outbox.record_inbound(
        contact_phone=person.phone, business_phone=None, at=at, reply_to=reply_to, now=NOW
    )


def counted(message, name):
    count()
    assert name in NAMES
    return getattr(UseCount.objects.get(campaign=message.campaign), name)


def test_an_answer_belongs_to_the_last_campaign_before_it(person):
    earlier, later = sent(person, 3 * DAY), sent(person, DAY)

    answer(person)

    assert (counted(earlier, "replied"), counted(later, "replied")) == (0, 1)


def test_an_answer_before_the_later_campaign_belongs_to_the_earlier_one(person):
    earlier, later = sent(person, 3 * DAY), sent(person, DAY)

    answer(person, at=NOW - 2 * DAY)

    assert (counted(earlier, "replied"), counted(later, "replied")) == (1, 0)


def test_an_answer_that_quotes_belongs_to_what_it_quotes_however_old(person):
    earlier, later = sent(person, 30 * DAY, provider_uuid="a" * 32), sent(person, DAY)

    answer(person, reply_to="a" * 32)

    assert (counted(earlier, "replied"), counted(later, "replied")) == (1, 0)


@pytest.mark.parametrize(("ago", "replied"), [(7 * DAY - timedelta(seconds=1), 1), (7 * DAY, 0)])
def test_after_seven_days_an_answer_belongs_to_nothing(person, ago, replied):
    message = sent(person, ago)

    answer(person)

    assert counted(message, "replied") == replied


def test_what_failed_is_not_what_the_person_answers(person):
    arrived, failed = sent(person, 2 * DAY), sent(person, DAY, status="failed")

    answer(person)

    assert (counted(arrived, "replied"), counted(failed, "replied")) == (1, 0)


def test_an_order_message_in_between_takes_the_answer_over(person):
    campaign = sent(person, 2 * DAY)
    sent(person, DAY, campaign=None, template_version=make_version(), lane=Lane.TRANSACTIONAL)

    answer(person)

    assert counted(campaign, "replied") == 0


def test_two_answers_count_once(person):
    message = sent(person, DAY)

    answer(person)
    answer(person, at=NOW - timedelta(hours=1))

    assert counted(message, "replied") == 1


@pytest.mark.parametrize(("ago", "opted_out"), [(timedelta(hours=23), 1), (timedelta(hours=24), 0)])
def test_a_stop_word_counts_for_the_last_marketing_of_24_hours(person, ago, opted_out):
    message = sent(person, ago)

    outbox.record_opt_out(contact=person, at=NOW)

    assert counted(message, "opted_out") == opted_out


def test_a_stop_word_is_not_laid_at_the_door_of_an_order_message(person):
    marketing = sent(person, timedelta(hours=5))
    sent(person, timedelta(hours=1), campaign=None, template_version=make_version(), lane=Lane.TRANSACTIONAL)  # fmt: skip

    outbox.record_opt_out(contact=person, at=NOW)

    assert counted(marketing, "opted_out") == 1
