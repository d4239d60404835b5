"""Quality and state of a number, mid-campaign: marketing from it halves, stops or waits."""

from collections.abc import Callable

import pytest

from campaigns.models import SpokiAccount, WhatsAppNumber
from campaigns.sender.numbers import is_ready
from tests.campaigns.sender.steps import claim_now, order_message
from tests.factories.campaigns import make_number

pytestmark = pytest.mark.django_db


def rate(quality: str = "green", phone_status: str = "connected") -> None:
    WhatsAppNumber.objects.update(quality=quality, phone_status=phone_status)


def codes(account) -> list[str]:
    return [wait.code for wait in claim_now(account).waits]


@pytest.mark.parametrize(
    ("quality", "phone_status", "code"),
    [
        ("red", "connected", "number_red"),
        ("unreadable", "connected", "number_unreadable"),
        ("green", "restricted", "number_not_ready"),
        ("green", "banned", "number_not_ready"),
        ("green", "a word of tomorrow", "number_not_ready"),
    ],
)
def test_no_marketing_leaves_from_a_number_that_is_not_well(
    running, calm, quality, phone_status, code
):
    running(3)
    rate(quality, phone_status)

    found = claim_now(calm)

    assert found.rows == ()
    (wait,) = [wait for wait in found.waits if wait.code == code]
    assert wait.figures["number"] == "Negozio"


@pytest.mark.parametrize("word", ["connected", "Connected ", "flagged", ""])
def test_a_number_that_is_flagged_or_says_nothing_may_send(word):
    assert is_ready(word)


def test_another_numbers_trouble_keeps_no_campaign_waiting(running, calm):
    running(3)
    make_number(account=calm, quality="red", is_default=False)

    assert len(claim_now(calm).rows) == 3


def test_a_campaign_waits_for_its_own_number_though_the_default_one_is_well(running, calm):
    own = make_number(account=calm, quality="red", is_default=False)
    running(3, number=own)

    assert claim_now(calm).rows == ()


def test_an_order_message_leaves_from_a_number_of_low_quality(running, calm, greeting):
    running(3)
    urgent = order_message(template_version=greeting)
    rate("red")

    assert [row.id for row in claim_now(calm).rows] == [urgent.pk]


def test_a_number_of_medium_quality_halves_the_pace_of_marketing(running, calm):
    running(3)
    whole = claim_now(calm, capacity=1).pace_per_second
    rate("yellow")

    found = claim_now(calm, capacity=1)

    assert found.pace_per_second == pytest.approx(whole / 2)
    assert "quality_yellow" in [wait.code for wait in found.waits]


def test_a_persons_word_for_an_odd_quality_counts_for_the_number_too(running, calm):
    running(3)
    rate("unreadable")
    SpokiAccount.objects.update(quality_by_hand="green")

    assert len(claim_now(calm).rows) == 3


def test_a_fallen_quality_acts_on_the_first_claim_after_the_refresh(running, calm):
    make: Callable[..., object] = running
    make(3)
    assert len(claim_now(calm, capacity=1).rows) == 1
    rate("red")

    assert "number_red" in codes(calm)
