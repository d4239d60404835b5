"""Every template that was used, side by side."""

from datetime import timedelta

import pytest
from django.urls import reverse

from config.roles import AGENT
from tests.campaigns.scoreboard.world import client_of, count, make_done, send
from tests.conftest import NOW
from tests.factories.campaigns import make_message
from tests.factories.people import make_member
from tests.factories.templates import make_template, make_version

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
PAGE = reverse("admin:campaigns_campaign_scoreboard")


def names(answer):
    return [line["template"].name for line in answer.context["lines"]]


def used(name, *, people, read, **changes):
    version = make_version(template=make_template(name=name))
    campaign = make_done(version, **changes)
    if read:
        send(campaign, read, status="read")
    if people > read:
        send(campaign, people - read)
    return version


def test_the_one_sent_most_often_comes_first(marketer):
    used("poco", people=110, read=100)
    used("molto", people=300, read=10)

    assert names(marketer.get(PAGE)) == ["molto", "poco"]


def test_sorted_by_a_share_the_highest_comes_first_and_the_small_ones_last(marketer):
    used("molti", people=300, read=30)
    used("letto", people=110, read=100)
    used("piccolo", people=5, read=5)

    answer = marketer.get(PAGE, {"first": "2026-01-01", "sort": "read"})

    assert names(answer) == ["letto", "molti", "piccolo"]
    assert 'aria-sort="descending"' in answer.content.decode()


@pytest.mark.parametrize("sort", ["", "name", "'; --"])
def test_an_order_that_does_not_exist_is_the_usual_one(marketer, sort):
    used("poco", people=1, read=0)
    used("molto", people=3, read=0)

    assert names(marketer.get(PAGE, {"sort": sort})) == ["molto", "poco"]


def test_a_line_has_the_sum_of_all_versions(marketer):
    version = used("natale", people=120, read=60)
    second = make_version(template=version.template, number=2, body="Salve", superseded_at=NOW)
    send(make_done(second), 80)

    (line,) = marketer.get(PAGE).context["lines"]

    shares = {cell.key: cell.counts for cell in line["cells"]}
    assert (line["versions"], line["campaigns"], line["sent"]) == (2, 2, 200)
    assert shares["read"] == "60 di 200 consegnati"


def test_by_itself_it_looks_back_ninety_days_and_further_when_asked(marketer):
    used("vecchio", people=2, read=0, began=NOW - timedelta(days=91))
    used("nuovo", people=2, read=0, began=NOW - timedelta(days=89))

    assert names(marketer.get(PAGE)) == ["nuovo"]
    assert names(marketer.get(PAGE, {"first": ""})) == ["nuovo", "vecchio"]


def test_what_was_sent_outside_campaigns_is_on_it_too(marketer):
    version = make_version(template=make_template(name="conferma"))
    make_message(template_version=version, status="read")
    count()

    (line,) = marketer.get(PAGE).context["lines"]

    assert (line["template"].name, line["campaigns"], line["sent"]) == ("conferma", 0, 1)


def test_without_anything_sent_it_says_so(marketer):
    answer = marketer.get(PAGE)

    assert "Nessun modello è stato usato in questo periodo." in answer.content.decode()


def test_an_agent_does_not_see_it():
    assert client_of(make_member(AGENT)).get(PAGE).status_code == 403
