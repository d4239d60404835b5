"""Background work of campaigns at its edge."""

import logging

import pytest

from campaigns.account import current_account
from campaigns.tasks import refresh_account
from spoki import SpokiUnreachable
from spoki.fake import FakeSpoki
from tests.factories.campaigns import make_account

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
