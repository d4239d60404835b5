"""The board of a template: versions with their uses, in a period, compared as far as they can be."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine

from campaigns.models import OutboundMessage, UseCount
from campaigns.scoreboard import columns
from campaigns.scoreboard.board import Period, board_of, is_early, judged, patience_at, verdicts
from campaigns.scoreboard.columns import Column
from campaigns.scoreboard.figures import RATES, Figures
from campaigns.scoreboard.proportions import Share, Verdict
from tests.campaigns.scoreboard.world import Status, count, make_done, make_history, send
from tests.conftest import NOW
from tests.factories.campaigns import make_campaign, make_message
from tests.factories.templates import make_version

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
READ = next(rate for rate in RATES if rate.key == "read")
DELIVERED = next(rate for rate in RATES if rate.key == "delivered")


def test_versions_stand_newest_first_with_the_sum_of_their_campaigns():
    old, new = make_history("Ciao", "Buongiorno")
    send(make_done(old), 3, status="read")
    send(make_done(old), 2, status="failed")
    send(make_done(new), 4)
    count()

    board = board_of(old.template)

    assert [(line.version, len(line.uses), line.figures) for line in board.lines] == [
        (new, 1, Figures(sent=4, delivered=4)),
        (old, 2, Figures(sent=5, delivered=3, read=3, failed=2)),
    ]


def test_a_version_that_nobody_used_stands_there_empty():
    version = make_version()

    (line,) = board_of(version.template).lines

    assert (line.uses, line.figures) == ((), Figures())


def test_campaigns_of_another_template_are_not_on_it():
    mine = make_version()
    send(make_done(make_version()), 4)
    count()

    assert board_of(mine.template).uses == []


def test_what_was_cancelled_after_its_launch_is_on_it_and_a_draft_is_not():
    version = make_version()
    cancelled = make_done(version)
    type(cancelled).objects.filter(pk=cancelled.pk).update(status=Status.CANCELLED)
    make_campaign(template_version=version)

    assert [use.campaign for use in board_of(version.template).uses] == [cancelled]


def test_a_period_takes_whole_campaigns_by_the_local_day_on_which_they_began():
    version = make_version()
    # 23:30 UTC of the 9th is the 10th in Rome.
    began = NOW.replace(day=9, hour=23)
    campaign = make_done(version, began=began)
    send(campaign, 2, sending_at=NOW)
    count()

    def found(first, last):
        return [use.campaign for use in board_of(version.template, Period(first, last)).uses]

    assert found(date(2026, 11, 10), date(2026, 11, 10)) == [campaign]
    assert found(None, date(2026, 11, 9)) == []
    assert found(date(2026, 11, 11), None) == []
    assert found(None, None) == [campaign]


def test_a_campaign_that_waited_for_its_hour_began_when_it_started():
    version = make_version()
    campaign = make_done(version, launched_at=NOW - timedelta(days=30))

    period = Period(first=NOW.date() - timedelta(days=11))

    assert [use.campaign for use in board_of(version.template, period).uses] == [campaign]


def test_what_was_sent_outside_campaigns_is_one_use_of_the_days_in_the_period():
    version = make_version()
    for days in (1, 2, 40):
        make_message(template_version=version, status="read", created_at=NOW - timedelta(days=days))
    count()

    (whole,) = board_of(version.template).uses
    (part,) = board_of(version.template, Period(first=NOW.date() - timedelta(days=7))).uses

    assert (whole.campaign, whole.figures.read, part.figures.read) == (None, 3, 2)


def test_reasons_of_several_days_are_added_up():
    version = make_version()
    for days in (1, 2):
        make_message(
            template_version=version, status="failed", reason="undeliverable",
            error_code="whatsapp::131026", created_at=NOW - timedelta(days=days),
        )  # fmt: skip
    count()

    (use,) = board_of(version.template).uses

    assert [(one.reason, one.people) for one in use.missed] == [("undeliverable", 2)]


def test_a_campaign_that_was_not_counted_yet_says_so():
    version = make_version()
    send(make_done(version), 4)

    board = board_of(version.template)

    assert (board.is_counted, board.counted_at, board.uses[0].counted_at) == (False, None, None)


def test_the_board_says_when_the_oldest_of_its_figures_was_counted():
    version = make_version()
    make_done(version)
    first = make_done(version)
    count()
    UseCount.objects.filter(campaign=first).update(counted_at=NOW - timedelta(hours=3))

    assert board_of(version.template).counted_at == NOW - timedelta(hours=3)


def test_the_board_of_many_campaigns_costs_as_many_statements_as_that_of_one(
    django_assert_num_queries,
):
    version = make_version()
    for _ in range(6):
        send(make_done(version), 2)
    count()

    with django_assert_num_queries(4):
        board = board_of(version.template)

    assert len(board.uses) == 6


def test_reads_come_in_for_a_day_and_receipts_for_an_hour():
    version = make_version()
    send(make_done(version, began=NOW - timedelta(hours=5)), 2)
    count()

    uses = board_of(version.template).uses

    assert is_early(uses, READ, patience_at(NOW))
    assert not is_early(uses, DELIVERED, patience_at(NOW))
    assert not is_early(uses, READ, patience_at(NOW + timedelta(hours=20)))


def test_what_still_waits_keeps_everything_open():
    version = make_version()
    campaign = make_done(version)
    send(campaign, 2)
    send(campaign, status="queued")
    count()

    assert is_early(board_of(version.template).uses, DELIVERED, patience_at(NOW))


def test_a_campaign_that_just_left_does_not_drag_the_reads_of_its_version_down():
    version = make_version()
    send(make_done(version), 200, status="read")
    send(make_done(version, began=NOW - timedelta(hours=5)), 300)
    count()
    uses = board_of(version.template).uses

    reads = judged(uses, READ, patience_at(NOW))
    receipts = judged(uses, DELIVERED, patience_at(NOW))

    assert (reads.share, reads.left_out, reads.is_early) == (Share(200, 200), 1, False)
    assert (receipts.share, receipts.left_out) == (Share(500, 500), 0)


def test_where_everything_just_left_it_is_shown_and_called_early():
    version = make_version()
    send(make_done(version, began=NOW - timedelta(hours=5)), 300)
    count()

    reads = judged(board_of(version.template).uses, READ, patience_at(NOW))

    assert (reads.share, reads.is_early) == (Share(0, 300), True)


def test_nobody_is_neither_early_nor_late():
    assert judged([], READ, patience_at(NOW)).is_early is False


def test_two_versions_are_compared_rate_by_rate():
    old, new = make_history("Ciao", "Buongiorno")
    for version, read in ((old, 40), (new, 120)):
        campaign = make_done(version)
        send(campaign, read, status="read")
        send(campaign, 200 - read)
    count()
    new_line, old_line = board_of(old.template).lines

    found = verdicts(old_line.uses, new_line.uses, patience_at(NOW))

    assert found == {
        "delivered": Verdict.UNCLEAR,
        "read": Verdict.HIGHER,
        "replied": Verdict.UNCLEAR,
        "opted_out": Verdict.UNCLEAR,
        "failed": Verdict.UNCLEAR,
    }


def test_a_column_that_another_floor_adds_is_asked_once_for_all_campaigns():
    asked = []

    def amounts(ids):
        asked.append(sorted(ids))
        return dict.fromkeys(ids, Decimal("12.50"))

    version = make_version()
    campaigns = [make_done(version).pk for _ in range(2)]
    columns.register("revenue", Column("Ricavi", amounts, is_money=True))
    try:
        ((column, known),) = board_of(version.template).added
    finally:
        columns.unregister("revenue")

    assert (column.label, known) == ("Ricavi", dict.fromkeys(campaigns, Decimal("12.50")))
    assert asked == [sorted(campaigns)]


def test_no_column_is_there_before_somebody_knows_what_belongs_in_it():
    assert columns.columns() == []
    assert board_of(make_version().template).added == ()


def test_a_late_read_is_on_the_board_after_the_next_count():
    version = make_version()
    message = send(make_done(version, began=NOW - timedelta(days=1)))
    count()
    OutboundMessage.objects.filter(pk=message.pk).update(status="read")
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        count()

        assert board_of(version.template).lines[0].figures.read == 1
