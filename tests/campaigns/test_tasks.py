"""Background work of campaigns at its edge."""

import logging

import pytest

from campaigns.account import current_account
from campaigns.models import UseCount
from campaigns.tasks import count_uses, refresh_account
from spoki import SpokiUnreachable
from spoki.fake import FakeSpoki
from tests.campaigns.scoreboard.world import make_done, send
from tests.factories.campaigns import make_account
from tests.factories.templates import make_version

silent_spoki = FakeSpoki()
silent_spoki.fail("accounts", SpokiUnreachable("accounts"), times=None)


def silent_gateway() -> FakeSpoki:
    """A Spoki that nobody reaches; named by the settings of the test below."""
    return silent_spoki


@pytest.mark.django_db
def test_an_account_that_cannot_be_read_is_one_line_in_the_log_and_changes_nothing(
    settings, caplog
):
    settings.SPOKI_GATEWAY = "tests.campaigns.test_tasks.silent_gateway"
    make_account(daily_limit=500)

    with caplog.at_level(logging.WARNING, logger="campaigns.tasks"):
        refresh_account()

    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert caplog.records[0].exc_info is None
    assert current_account().daily_limit == 500


@pytest.mark.django_db
def test_the_task_counts_what_nobody_has_looked_at_yet():
    campaign = make_done(make_version())
    send(campaign, 2, status="read")

    count_uses()

    assert UseCount.objects.get(campaign=campaign).read == 2
