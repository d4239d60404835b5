"""A wish for no more marketing is laid at the door of the message that set it off."""

from datetime import timedelta

import pytest

from campaigns.outbox import record_opt_out
from tests.campaigns.settling.steps import now_of
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_message

pytestmark = pytest.mark.django_db


def test_a_wish_for_no_more_marketing_is_laid_at_the_door_of_the_last_message():
    contact = make_contact()
    first = make_message(contact=contact, status="delivered", sending_at=NOW - timedelta(hours=20))
    last = make_message(contact=contact, status="read", sending_at=NOW - timedelta(hours=2))

    assert record_opt_out(contact=contact, at=NOW)
    assert not record_opt_out(contact=contact, at=NOW + timedelta(minutes=1))

    assert (now_of(last).opted_out_at, now_of(first).opted_out_at) == (NOW, None)


def test_a_wish_a_day_after_the_last_message_is_laid_at_no_campaigns_door():
    message = make_message(status="delivered", sending_at=NOW - timedelta(hours=24))

    assert not record_opt_out(contact=message.contact, at=NOW)


def test_a_wish_that_quotes_an_older_message_is_laid_at_that_ones_door():
    contact = make_contact()
    uuid = "cd" * 16
    quoted = make_message(
        contact=contact, status="delivered", sending_at=NOW - timedelta(days=3), provider_uuid=uuid
    )
    make_message(contact=contact, status="read", sending_at=NOW - timedelta(hours=2))

    record_opt_out(contact=contact, at=NOW, reply_to=uuid)

    assert now_of(quoted).opted_out_at == NOW
