"""What asking changes, from two groups drawn at random."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from campaigns.scoreboard.proportions import Verdict
from orders.figures.effect import Group, effect_of

COST = Decimal("14.00")


def group(orders: int, refused: int, delivered: int, spent: str = "0") -> Group:
    return Group(
        orders=orders,
        shipped=refused + delivered,
        refused=refused,
        delivered=delivered,
        spent=Decimal(spent),
    )


def test_the_rate_is_of_parcels_that_ended() -> None:
    parcels = Group(orders=300, shipped=200, refused=20, delivered=80, open=100)

    assert parcels.rate.value == 0.2
    assert parcels.open_share.value == 0.5


def test_fewer_refusals_than_without_asking_are_a_saving() -> None:
    effect = effect_of(group(1000, 60, 900, "50.00"), group(200, 36, 160), parcel_cost=COST)

    assert effect.verdict == Verdict.LOWER
    assert effect.points == 60 / 960 - 36 / 196
    assert effect.low is not None
    assert effect.high is not None
    assert effect.low < effect.points < effect.high < 0
    # Of 1,000 orders 180 would have been refused and 60 were: 120 parcels at 14 €, less the messages.
    assert effect.saved is not None
    assert effect.saved.amount == Decimal("1630.00")
    assert effect.saved.low < effect.saved.amount < effect.saved.high


def test_an_order_cancelled_when_asked_saves_its_parcel_though_no_rate_shows_it() -> None:
    asked, held_out = group(100, 10, 40), group(100, 20, 80)

    effect = effect_of(asked, held_out, parcel_cost=COST)

    assert effect.points == 0
    assert effect.saved is not None
    assert effect.saved.amount == Decimal("140.00")


def test_messages_that_change_nothing_are_a_loss() -> None:
    same = group(500, 50, 450, "12.40")

    effect = effect_of(same, group(500, 50, 450), parcel_cost=COST)

    assert effect.verdict == Verdict.UNCLEAR
    assert effect.saved is not None
    assert effect.saved.amount == Decimal("-12.40")
    assert not effect.saved.is_certain


def test_few_parcels_are_compared_with_nothing() -> None:
    assert effect_of(group(900, 60, 800), group(40, 9, 30), parcel_cost=COST).verdict == Verdict.FEW


def test_without_a_control_group_nothing_is_claimed() -> None:
    effect = effect_of(group(900, 60, 800), Group(), parcel_cost=COST)

    assert effect.verdict == Verdict.NONE
    assert effect.saved is None
    assert effect.points is None


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_what_is_saved_lies_between_its_bounds(a: int, b: int, c: int, d: int) -> None:
    effect = effect_of(group(a + b, a, b), group(c + d, c, d), parcel_cost=COST)

    if effect.saved is not None:
        assert effect.saved.low <= effect.saved.amount <= effect.saved.high
