"""How far COD orders get, by day, province and courier."""

from datetime import UTC, date, datetime, timedelta

import pytest

from orders.figures.funnel import By, Funnel, Period, funnel_rows, together
from orders.models import Parcel
from tests.conftest import NOW
from tests.factories.orders import make_order
from tests.orders.figures.world import cod, make_flow, tell

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)
PERIOD = Period(first=TODAY - timedelta(days=6), last=TODAY)


def test_each_answer_has_its_column_and_whoever_was_only_asked_is_in_none() -> None:
    for status in ("asked", "confirmed", "changed", "change_requested", "cancel_requested", "unanswered", "to_ask"):  # fmt: skip
        cod(status)

    (row,) = funnel_rows(PERIOD, By.DAY)

    assert row == Funnel(
        key="2026-11-23", orders=7, asked=6, confirmed=1, changed=2, cancelled=1, silent=1
    )


def test_a_question_counts_as_delivered_and_read_once_however_often_it_was_asked() -> None:
    flow, order = make_flow(), cod("confirmed")
    tell(flow, order)
    tell(flow, order, subject=f"order:{order.pk}:2", status="read", read_at=NOW)

    (row,) = funnel_rows(PERIOD, By.DAY)

    assert (row.delivered, row.read) == (1, 1)


def test_whoever_answered_has_read_the_question_even_if_her_phone_tells_nobody() -> None:
    tell(make_flow(), cod("confirmed"), status="sent", delivered_at=None, replied_at=NOW)

    (row,) = funnel_rows(PERIOD, By.DAY)

    assert (row.delivered, row.read) == (1, 1)


def test_a_question_that_failed_was_not_delivered() -> None:
    tell(make_flow(), cod(), status="failed", delivered_at=None)

    (row,) = funnel_rows(PERIOD, By.DAY)

    assert (row.asked, row.delivered, row.read) == (1, 0, 0)


def test_a_reminder_is_no_second_question() -> None:
    tell(make_flow("order.cod_unanswered"), cod())

    assert funnel_rows(PERIOD, By.DAY)[0].delivered == 0


def test_orders_paid_online_and_test_orders_are_left_out() -> None:
    make_order(product=None)
    cod(is_test=True)

    assert funnel_rows(PERIOD, By.DAY) == []


def test_a_day_begins_at_midnight_in_rome() -> None:
    cod(at=datetime(2026, 11, 22, 23, 30, tzinfo=UTC))
    cod(at=datetime(2026, 11, 22, 22, 30, tzinfo=UTC))

    assert [row.key for row in funnel_rows(PERIOD, By.DAY)] == ["2026-11-23", "2026-11-22"]


def test_the_last_day_of_the_period_is_whole_and_the_next_one_out() -> None:
    cod(at=datetime(2026, 11, 23, 22, 59, tzinfo=UTC))
    cod(at=datetime(2026, 11, 23, 23, 1, tzinfo=UTC))

    assert together(funnel_rows(PERIOD, By.DAY)).orders == 1


def test_a_province_is_one_however_it_is_written_and_an_unknown_one_has_a_row() -> None:
    for code in ("NA", "na", "MI"):
        cod(shipping_address={"province_code": code})
    cod(shipping_address={})

    rows = funnel_rows(PERIOD, By.PROVINCE)

    assert [(row.key, row.orders) for row in rows] == [("NA", 2), ("", 1), ("MI", 1)]


def test_the_courier_is_that_of_the_first_parcel_that_left() -> None:
    order = cod("confirmed", shipped_at=NOW, outcome="refused")
    for courier, status, days in (("BRT", "cancelled", 0), ("GLS", "success", 1), ("SDA", "success", 2)):  # fmt: skip
        Parcel.objects.create(
            order=order, courier=courier, status=status, shipped_at=NOW + timedelta(days=days)
        )

    (row,) = funnel_rows(PERIOD, By.COURIER)

    assert (row.key, row.shipped, row.refused) == ("GLS", 1, 1)


def test_the_sum_of_all_rows_has_no_key() -> None:
    rows = [Funnel(key="a", orders=2, asked=1), Funnel(key="b", orders=3)]

    assert together(rows) == Funnel(orders=5, asked=1)
    assert together([]) == Funnel()
