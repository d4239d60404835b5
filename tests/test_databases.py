"""How the database is emptied after a test that commits."""

import pytest
from django.contrib.auth.models import Permission

from campaigns.models import OutboundMessage
from tests.databases import empty, what_is_there
from tests.factories.campaigns import make_campaign, make_message

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_a_test_committed_goes_and_what_was_there_stays() -> None:
    before = what_is_there()
    make_message(campaign=make_campaign(status="sending"))

    assert empty(before)
    assert what_is_there() == before


def test_where_what_was_there_was_changed_nothing_goes_and_a_flush_is_asked_for() -> None:
    before = what_is_there()
    make_message()
    Permission.objects.filter(codename="view_user").delete()

    assert not empty(before)
    assert OutboundMessage.objects.count() == 1
