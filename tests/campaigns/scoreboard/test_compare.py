"""Two versions or two campaigns side by side."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from campaigns.scoreboard import columns
from campaigns.scoreboard.columns import Column
from config.roles import MARKETER
from tests.campaigns.scoreboard.world import client_of, count, make_done, make_history, send
from tests.conftest import NOW
from tests.factories.audiences import make_segment, rules_of
from tests.factories.campaigns import make_campaign
from tests.factories.people import make_member
from tests.factories.templates import make_version

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]


@pytest.fixture
def compare():
    client = client_of(make_member(MARKETER))

    def _compare(**query):
        return client.get(reverse("admin:campaigns_campaign_compare"), query)

    return _compare


def differing(answer):
    return {row["label"] for row in answer.context["facts"] if row["is_changed"]}


def test_two_versions_show_what_their_texts_say_differently(compare):
    old, new = make_history("Ciao %%FIRST_NAME%%, sconto 10%", "Ciao %%FIRST_NAME%%, sconto 20%")

    answer = compare(left=f"v{old.pk}", right=f"v{new.pk}")

    changed = {part.name: part for part in answer.context["parts"] if part.is_changed}
    assert [chunk.text for chunk in changed["Testo"].left if chunk.is_changed] == ["10"]
    assert [chunk.text for chunk in changed["Testo"].right if chunk.is_changed] == ["20"]
    assert not answer.context["is_same_text"]


def test_two_campaigns_of_one_text_differ_in_audience_hour_and_values(compare):
    version = make_version(body="Ciao, usa %%CODE%%")
    small = make_segment(name="VIP", rules=rules_of(["contact.tag", "has", "vip"]))
    values = [{"CODE": {"value": code}} for code in ("NATALE10", "NATALE20")]
    left = make_done(version, variables=values[0], spread_hours=Decimal(6))
    right = make_done(
        version,
        variables=values[1],
        segment_version=small,
        began=NOW - timedelta(days=9, hours=4),
        holdout_share=Decimal("0.1"),
        canary_share=Decimal("0.02"),
    )
    send(left, 3)
    send(right, 2)
    count()

    answer = compare(left=f"c{left.pk}", right=f"c{right.pk}")

    assert answer.context["is_same_text"]
    assert differing(answer) == {
        "Valori delle variabili", "Segmento", "Destinatari", "Quando è partita", "Giorno della settimana",
        "Ora di inizio", "Ritmo", "Prima parte", "Gruppo di controllo", "Lanciata da",
    }  # fmt: skip
    rows = {row["label"]: (row["left"], row["right"]) for row in answer.context["facts"]}
    assert rows["Valori delle variabili"] == ("CODE: “NATALE10”", "CODE: “NATALE20”")
    assert rows["Destinatari"] == ("3", "2")
    assert rows["Gruppo di controllo"] == ("0%", "10%")
    assert rows["Ora di inizio"] == ("10:30", "06:30")


def test_what_differs_stands_before_what_is_the_same(compare):
    version = make_version()
    left, right = make_done(version), make_done(version, spread_hours=Decimal(2))

    rows = compare(left=f"c{left.pk}", right=f"c{right.pk}").context["facts"]

    changed = [row["is_changed"] for row in rows]
    assert changed == sorted(changed, reverse=True)


def test_failures_stand_side_by_side_by_code(compare):
    version = make_version()
    left, right = make_done(version), make_done(version)
    send(left, 90)
    send(left, 10, status="failed", reason="undeliverable", error_code="whatsapp::131026")
    send(right, 99)
    send(right, 1, status="failed", reason="marketing_cap", error_code="whatsapp::131049")
    count()

    rows = compare(left=f"c{left.pk}", right=f"c{right.pk}").context["failures"]

    assert [(row["left"], row["right"]) for row in rows] == [("10% (10)", "0% (0)"), ("0% (0)", "1% (1)")]  # fmt: skip
    assert "131026" in rows[0]["words"]


def test_what_higher_floors_add_stands_side_by_side_in_all_and_for_every_hundred_sent(compare):
    version = make_version()
    left, right = make_done(version), make_done(version)
    send(left, 200)
    send(right, 50)
    count()
    money = {left.pk: Decimal(1250), right.pk: Decimal(500)}
    columns.register("revenue", Column("Ricavi", lambda ids: money, is_money=True))
    columns.register("refused", Column("Rifiuti", lambda ids: {left.pk: Decimal(3)}))
    columns.register("nothing", Column("Niente", lambda ids: {}))

    answer = compare(left=f"c{left.pk}", right=f"c{right.pk}")

    rows = {
        row["label"]: [(cell["amount"], cell["each"]) for cell in row["pair"]]
        for row in answer.context["added"]
    }
    assert rows == {
        "Ricavi": [("1.250,00 €", "625,00 €"), ("500,00 €", "1.000,00 €")],
        "Rifiuti": [("3", "1,5"), ("—", "")],
    }
    assert "625,00 € ogni 100 inviati" in answer.content.decode()


def test_a_clear_difference_is_said_seen_from_the_left(compare):
    version = make_version()
    left, right = make_done(version), make_done(version)
    send(left, 200, status="read")
    send(right, 100, status="read")
    send(right, 100)
    count()

    rows = compare(left=f"c{left.pk}", right=f"c{right.pk}").context["figures"]

    told = {str(row["label"]): row["verdict"] for row in rows}
    assert told["Letti"] == {"words": "di meno", "tone": "bad"}
    assert told["Consegnati"]["words"] == "nessuna differenza chiara"


def test_a_version_stands_for_all_its_campaigns(compare):
    version = make_version()
    for _ in range(2):
        send(make_done(version), 60, status="read")
    other = make_done(version)
    count()

    rows = compare(left=f"v{version.pk}", right=f"c{other.pk}").context["figures"]

    assert rows[0]["pair"][0]["cell"].counts == "120 di 120 inviati"


def test_with_one_side_only_the_page_asks_for_the_other(compare):
    campaign = make_done(make_version())

    answer = compare(left=f"c{campaign.pk}")

    assert answer.status_code == 200
    assert "Scegli con che cosa confrontarla." in answer.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {}, {"left": "v"}, {"left": "x1"}, {"left": "v999999"}, {"left": "c999999"}, {"left": "v٣"},
        {"left": "v99999999999999999999"}, {"left": "v1'--"},
    ],
    ids=str,
)  # fmt: skip
def test_a_side_that_is_not_there_has_no_page(compare, query):
    assert compare(**query).status_code == 404


def test_a_campaign_that_was_never_launched_has_nothing_to_compare(compare):
    campaign = make_campaign()

    assert compare(left=f"c{campaign.pk}").status_code == 404


def test_two_templates_can_be_compared_and_both_are_offered(compare):
    left, right = make_version(body="Ciao"), make_version(body="Salve")

    answer = compare(left=f"v{left.pk}", right=f"v{right.pk}")

    assert [answer.context[side].label for side in ("left", "right")] == [str(left), str(right)]
    keys = {key for group in answer.context["choices"] for key, _label in group["options"]}
    assert {f"v{left.pk}", f"v{right.pk}"} <= keys
