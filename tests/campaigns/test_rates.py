"""The rates that people keep: a card is added beside the earlier ones, which nobody rewrites."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pgtrigger
import pytest
from django.db import ProgrammingError, transaction
from django.urls import reverse

from campaigns.cost import FIRST_RATES, estimate_cost, rate_for
from campaigns.models import MessageRate
from campaigns.rates import Card, CardRefused, add_card, rates_in_use
from config.roles import ADMIN
from tests.factories.campaigns import make_user
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db
PAGE = reverse("admin:campaigns_messagerate_changelist")
ADD = reverse("admin:campaigns_messagerate_add")
ITALY = {"marketing": Decimal("0.06"), "utility": Decimal("0.025"), "authentication": Decimal("0.025"), "service": Decimal("0.025")}  # fmt: skip
CARD = Card(
    valid_from=date(2027, 1, 1),
    source="Listino in euro di Meta",
    verified_on=date(2026, 11, 20),
    is_estimate=False,
    prices={"IT": ITALY},
)


@pytest.fixture(autouse=True)
def _no_rates():
    with pgtrigger.ignore("campaigns.MessageRate:append_only"):
        MessageRate.objects.all().delete()


def price(on, category="marketing"):
    return rate_for("IT", on=on, rates=rates_in_use()).of(category)


def test_where_nobody_keeps_any_the_first_rates_count():
    assert rates_in_use() == FIRST_RATES


def test_a_card_counts_from_its_day_on_and_the_earlier_one_before_it(now):
    add_card(card=replace(CARD, valid_from=date(2026, 1, 1), prices={"IT": {**ITALY, "marketing": Decimal("0.0572")}}), by=make_user(), now=now)  # fmt: skip
    add_card(card=CARD, by=make_user(), now=now)

    assert price(date(2026, 12, 31)) == Decimal("0.0572")
    assert price(date(2027, 1, 1)) == Decimal("0.06")


def test_a_correction_of_a_day_counts_and_what_it_corrects_stays(now):
    add_card(card=CARD, by=make_user(), now=now)
    add_card(card=replace(CARD, prices={"IT": {**ITALY, "marketing": Decimal("0.055")}}), by=make_user(), now=now)  # fmt: skip

    assert price(date(2027, 1, 1)) == Decimal("0.055")
    assert MessageRate.objects.count() == 2


def test_six_decimals_are_kept_and_four_are_shown_where_they_are_enough(now):
    add_card(card=replace(CARD, prices={"IT": {**ITALY, "utility": Decimal("0.012345")}}), by=make_user(), now=now)  # fmt: skip

    assert str(price(date(2027, 1, 1), "utility")) == "0.012345"
    assert str(price(date(2027, 1, 1))) == "0.0600"


def test_an_estimate_with_the_accounts_own_card_is_none(now):
    add_card(card=CARD, by=make_user(), now=now)

    cost = estimate_cost(
        category="marketing", people={"IT": 10}, on=date(2027, 1, 1), rates=rates_in_use()
    )

    assert (cost.total, cost.is_estimate) == (Decimal("0.60"), False)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"prices": {}}, "prices"),
        ({"prices": {"atlantis": ITALY}}, "prices"),
        ({"prices": {"IT": {**ITALY, "utility": Decimal(25)}}}, "prices"),
        ({"prices": {"IT": {**ITALY, "utility": Decimal("-0.01")}}}, "prices"),
        ({"source": " "}, "source"),
        ({"verified_on": date(2026, 11, 24)}, "verified_on"),
    ],
)
def test_a_card_that_cannot_be_is_refused_and_nothing_is_kept(now, changes, field):
    with pytest.raises(CardRefused) as refused:
        add_card(card=replace(CARD, **changes), by=make_user(), now=now)

    assert [problem.field for problem in refused.value.problems] == [field]
    assert not MessageRate.objects.exists()


@pytest.mark.parametrize("act", ["update", "delete"])
def test_the_database_refuses_to_rewrite_or_delete_a_rate(now, act):
    add_card(card=CARD, by=make_user(), now=now)
    rows = MessageRate.objects.all()

    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        rows.delete() if act == "delete" else rows.update(marketing=0)

    assert MessageRate.objects.get().marketing == Decimal("0.06")


def inputs(**changes):
    data = {
        "valid_from": "2026-10-01",
        "source": "Listino di Meta",
        "verified_on": "2026-11-20",
        "prices-0-market": "IT",
        "prices-0-marketing": "0,057",
        "prices-0-utility": "0.0248",
        "prices-0-authentication": "0.0248",
        "prices-0-service": "0.0248",
        "prices-1-market": "DE",
    } | dict.fromkeys(("prices-1-marketing", "prices-1-utility", "prices-1-authentication", "prices-1-service"), "")  # fmt: skip
    return data | changes


def test_the_page_says_that_the_first_rates_are_estimates(client):
    client.force_login(make_member(ADMIN))

    page = client.get(PAGE).content.decode()

    assert "Sono stime: il listino in dollari di Meta" in page
    assert "<td>0,0572</td>" in page


def test_a_typed_card_keeps_its_prices_with_a_comma_or_a_dot_and_leaves_out_empty_markets(client):
    client.force_login(make_member(ADMIN))

    answer = client.post(ADD, inputs())

    row = MessageRate.objects.get()
    assert (answer.status_code, row.market) == (302, "IT")
    assert (row.marketing, row.utility) == (Decimal("0.057"), Decimal("0.0248"))
    assert (row.is_estimate, row.source) == (False, "Listino di Meta")
    assert row.added_by == answer.wsgi_request.user


@pytest.mark.parametrize(
    ("changes", "field", "told"),
    [
        ({"prices-0-marketing": "57"}, "prices", "Un messaggio costa tra 0 e 1 euro: guarda i decimali."),
        ({"prices-0-service": ""}, "prices", "Riga 1: Manca «Testo libero»."),
        ({"prices-0-utility": "0,02,48"}, "prices", "Riga 1: Scrivi un numero, come 12 o 1,5."),
        ({"prices-0-market": "MARS"}, "prices", "Mercati sconosciuti: MARS."),
        ({"source": ""}, "source", "Scrivi da dove vengono i prezzi."),
        ({"verified_on": "2999-01-01"}, "verified_on", "Non dopo oggi."),
    ],
)  # fmt: skip
def test_a_wrong_card_is_told_beside_the_field_and_nothing_is_kept(client, changes, field, told):
    client.force_login(make_member(ADMIN))

    answer = client.post(ADD, inputs(**changes))

    assert answer.status_code == 422
    assert {name: list(texts) for name, texts in answer.context["form"].errors.items()} == {field: [told]}  # fmt: skip
    assert not MessageRate.objects.exists()


def test_the_form_opens_with_the_prices_of_today(client):
    client.force_login(make_member(ADMIN))

    page = client.get(ADD).content.decode()

    assert 'name="prices-0-marketing" value="0,0572"' in page
    assert "Regno Unito" in page
