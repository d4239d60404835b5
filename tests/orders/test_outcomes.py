"""The ladder of evidence, rung by rung."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from orders.outcomes import AftermathFacts, Facts, ParcelFacts, judge
from tests.conftest import NOW

SHIPPED = NOW - timedelta(days=5)


def days(number):
    return SHIPPED + timedelta(days=number)


def parcel(shipment="", *, day=1, **changes):
    fields: dict[str, Any] = {
        "status": "success",
        "shipment": shipment,
        "shipment_at": days(day) if shipment else None,
        "shipped_at": SHIPPED,
        "changed_at": SHIPPED,
    }
    return ParcelFacts(**fields | changes)


def facts(*parcels, **changes):
    fields: dict[str, Any] = {"is_cod": True, "parcels": parcels}
    return Facts(**fields | changes)


def told(found, *, now=NOW):
    verdict = judge(found, now=now)
    return (str(verdict.outcome), verdict.source, verdict.at, str(verdict.delivery))


def test_nothing_shipped_is_not_shipped():
    assert told(facts()) == ("not_shipped", None, None, "pending")
    assert judge(facts(), now=NOW).shipped_at is None


@pytest.mark.parametrize("status", ["failed", "open"])
def test_a_parcel_that_never_left_is_not_shipped(status):
    assert told(facts(parcel(status=status))) == ("not_shipped", None, None, "pending")


def test_a_voided_label_is_not_shipped_and_a_new_one_is():
    voided = parcel(status="cancelled", changed_at=SHIPPED + timedelta(hours=3))

    assert told(facts(voided))[0] == "not_shipped"
    assert told(facts(voided, parcel("in_transit")))[0] == "in_progress"
    assert judge(
        facts(voided, parcel("in_transit", shipped_at=days(1))), now=NOW
    ).shipped_at == days(1)


def test_a_fulfilment_cancelled_long_after_it_left_had_left():
    came_back = parcel(status="cancelled", changed_at=days(4))

    assert told(facts(came_back, cancelled_at=days(4))) == ("refused", 4, days(4), "refused")


def test_a_parcel_under_way_is_in_progress():
    assert told(facts(parcel())) == ("in_progress", None, None, "shipped")
    assert told(facts(parcel("out_for_delivery")))[3] == "out_for_delivery"


def test_rung_1_a_tag_of_the_shop_says_refused():
    assert told(facts(parcel("in_transit"), marked_at=days(3))) == (
        "refused", 1, days(3), "refused",
    )  # fmt: skip


def test_rung_1_a_tag_after_the_cash_came_in_is_a_normal_return():
    found = facts(parcel("delivered"), paid_at=days(2), marked_at=days(4))

    assert told(found)[:2] == ("returned_after_delivery", 1)


def test_rung_1_a_tag_of_storage_before_it_was_delivered_after_all_does_not_count():
    assert told(facts(parcel("delivered", day=4), marked_at=days(2)))[0] == "delivered"


@pytest.mark.parametrize("shipment", ["failure", "returning"])
def test_rung_2_the_courier_says_not_delivered(shipment):
    assert told(facts(parcel(shipment, day=3))) == ("refused", 2, days(3), "refused")


def test_rung_2_falls_when_the_cash_came_in():
    assert told(facts(parcel("failure", day=3), paid_at=days(4)))[:3] == (
        "delivered",
        None,
        days(4),
    )


def test_rung_3_an_attempt_without_delivery_is_refused_when_storage_ends():
    tried = facts(parcel("attempted_delivery", attempted_at=days(1)))

    assert told(tried, now=days(15))[0] == "in_progress"
    assert told(tried, now=days(16)) == ("refused", 3, days(16), "refused")


def test_rung_3_falls_when_it_was_delivered_after_the_attempt():
    found = facts(parcel("delivered", day=3, attempted_at=days(1), delivered_at=days(3)))

    assert told(found, now=days(40))[:3] == ("delivered", None, days(3))


def test_rung_4_cancelled_after_it_was_shipped():
    assert told(facts(parcel(), cancelled_at=days(4))) == ("refused", 4, days(4), "refused")


def test_rung_4_does_not_count_for_what_was_paid_in_advance():
    prepaid = facts(parcel(), cancelled_at=days(4), is_cod=False, paid_at=days(-1))

    assert told(prepaid)[0] == "in_progress"


@pytest.mark.parametrize("source", [5, 6])
def test_rungs_5_and_6_goods_put_back_of_an_order_never_paid(source):
    trace = AftermathFacts(source=source, at=days(4))

    assert told(facts(parcel(), came_back=[trace]))[:3] == ("refused", source, days(4))


@pytest.mark.parametrize("source", [5, 6])
def test_goods_put_back_after_the_cash_came_in_are_a_normal_return(source):
    trace = AftermathFacts(source=source, at=days(4))

    found = facts(parcel(), paid_at=days(2), came_back=[trace])

    assert told(found)[:3] == ("returned_after_delivery", source, days(4))


def test_rung_7_after_long_silence_the_end_is_not_known_and_never_counts_as_delivered():
    assert told(facts(parcel()), now=days(45))[0] == "in_progress"
    assert told(facts(parcel()), now=days(46)) == ("unknown", 7, days(45), "shipped")


def test_an_order_is_delivered_when_all_its_parcels_are():
    both = facts(parcel("delivered", day=2), parcel("delivered", day=3))
    one = facts(parcel("delivered", day=2), parcel("in_transit", day=3))

    assert told(both)[:3] == ("delivered", None, days(3))
    assert told(one)[0] == "in_progress"
    assert told(replace(both, fulfillment_status="partial"))[0] == "in_progress"


def test_money_that_came_before_it_was_shipped_says_nothing_of_the_door():
    assert told(facts(parcel(), paid_at=SHIPPED - timedelta(hours=1)))[0] == "in_progress"


def test_the_strongest_evidence_decides():
    trace = AftermathFacts(source=5, at=days(4))

    found = facts(
        parcel("failure", day=3), marked_at=days(4), cancelled_at=days(4), came_back=[trace]
    )

    assert told(found)[1] == 1
    assert told(replace(found, marked_at=None))[1] == 2
