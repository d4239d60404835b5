"""A flow as a sentence, in both languages."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils.translation import override

from campaigns.flows.words import flow_in_words, lasts_in_words, share_in_words, wait_in_words
from campaigns.models import Flow
from tests.factories.flows import make_flow
from tests.factories.templates import make_template, make_version

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("minutes", "told"),
    [
        (0, "0 minuti"),
        (1, "1 minuto"),
        (60, "1 ora"),
        (90, "1 ora 30 minuti"),
        (7 * 24 * 60, "7 giorni"),
        (24 * 60 + 1, "1 giorno 1 minuto"),
    ],
)
def test_a_wait_is_told_by_its_largest_units(minutes, told):
    with override("it"):
        assert wait_in_words(minutes) == told
        assert lasts_in_words(timedelta(minutes=minutes)) == told


def test_a_flow_is_one_sentence_in_both_languages(world):
    version = make_version(template=make_template(name="conferma"), number=2)
    flow = make_flow(template_version=version, delay_minutes=5)

    with override("it"):
        assert (
            flow_in_words(flow)
            == "Quando something happened, aspetta 5 minuti, poi manda «conferma v2»."
        )
    with override("en"):
        assert (
            flow_in_words(flow)
            == "When something happened, wait 5 minutes, then send “conferma v2”."
        )


def test_without_a_wait_it_goes_at_once_and_without_a_template_that_is_said(world):
    with override("en"):
        at_once = flow_in_words(
            make_flow(template_version=make_version(template=make_template(name="x")))
        )
        waits = flow_in_words(make_flow(template_version=None, delay_minutes=60))
        bare = flow_in_words(make_flow(template_version=None))

    assert at_once == "When something happened, send “x v1” at once."
    assert waits == "When something happened, wait 1 hour, then send a template still to be chosen."
    assert bare == "When something happened, send at once a template still to be chosen."


def test_a_trigger_that_nobody_offers_is_named_by_its_key():
    with override("en"):
        assert flow_in_words(make_flow(trigger="shop.gone", template_version=None)).startswith("When shop.gone,")  # fmt: skip


def test_an_empty_form_says_what_to_choose_first():
    with override("it"):
        assert flow_in_words(Flow()) == "Scegli che cosa lo fa partire."


def test_a_share_is_told_in_percent_without_spare_zeros():
    with override("it"):
        assert [share_in_words(Decimal(share)) for share in ("0.025", "0.100", "0.5")] == ["2,5%", "10%", "50%"]  # fmt: skip
