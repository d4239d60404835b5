"""The page of a template's history and figures: who sees it, and what it says."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from campaigns.models import UseCount
from campaigns.scoreboard import columns
from campaigns.scoreboard.columns import Column
from config.roles import ADMIN, AGENT, APPROVER, MARKETER
from tests.campaigns.scoreboard.world import (
    client_of,
    count,
    figures,
    file,
    html_of,
    make_done,
    make_history,
    send,
)
from tests.conftest import NOW
from tests.factories.audiences import make_segment, rules_of
from tests.factories.campaigns import make_campaign, make_user
from tests.factories.people import make_member
from tests.factories.templates import make_version

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]


@pytest.mark.parametrize(
    ("role", "status"), [(MARKETER, 200), (APPROVER, 200), (ADMIN, 200), (AGENT, 403)]
)
def test_whoever_plans_or_judges_campaigns_sees_the_figures_and_nobody_else(role, status):
    version = make_version()
    campaign = make_done(version)
    client = client_of(make_member(role))

    addresses = [
        figures(version.template),
        file(version.template),
        f"{reverse('admin:campaigns_campaign_compare')}?left=v{version.pk}&right=c{campaign.pk}",
    ]

    assert [client.get(address).status_code for address in addresses] == [status] * 3


def test_a_stranger_is_asked_to_log_in():
    version = make_version()

    answer = Client().get(figures(version.template))

    assert (answer.status_code, "/admin/login/" in answer.headers["Location"]) == (302, True)


@pytest.mark.parametrize("name", ["figures", "figures_file"])
def test_a_template_that_is_not_there_has_no_page(marketer, name):
    address = reverse(f"admin:campaigns_campaign_{name}", args=[999_999])

    assert marketer.get(address).status_code == 404


def test_the_page_counts_what_was_not_counted_yet(marketer):
    version = make_version()
    send(make_done(version), 3, status="read")

    answer = marketer.get(figures(version.template))

    assert UseCount.objects.get().read == 3
    assert answer.context["lines"][0]["sent"] == 3


def test_looking_twice_counts_once(marketer):
    version = make_version()
    send(make_done(version, began=NOW - timedelta(days=3)))
    marketer.get(figures(version.template))
    UseCount.objects.update(read=777)

    marketer.get(figures(version.template))

    assert UseCount.objects.get().read == 777


def test_each_share_names_how_many_of_how_many(marketer):
    version = make_version()
    campaign = make_done(version)
    send(campaign, 600, status="read")
    send(campaign, 400)
    send(campaign, 50, status="failed", reason="undeliverable", error_code="whatsapp::131026")

    (line,) = marketer.get(figures(version.template)).context["lines"]

    shown = {cell.key: (cell.percent, cell.counts, cell.interval) for cell in line["cells"]}
    assert shown == {
        "delivered": ("95,2%", "1.000 di 1.050 inviati", "93,8–96,4%"),
        "read": ("60%", "600 di 1.000 consegnati", "56,9–63%"),
        "replied": ("0%", "0 di 1.000 consegnati", "0–0,4%"),
        "opted_out": ("0%", "0 di 1.000 consegnati", "0–0,4%"),
        "failed": ("4,8%", "50 di 1.050 inviati", "3,6–6,2%"),
    }


def test_failures_are_told_in_words_with_spokis_code_and_their_share(marketer):
    version = make_version()
    campaign = make_done(version)
    send(campaign, 30)
    send(campaign, 10, status="failed", reason="undeliverable", error_code="whatsapp::131026")
    send(campaign, 2, status="skipped", reason="no_consent")

    (line,) = marketer.get(figures(version.template)).context["lines"]

    assert line["failures"] == [
        {
            "words": "Non raggiungibile su WhatsApp. (whatsapp::131026)",
            "people": 10,
            "percent": "25%",
        }
    ]
    assert line["uses"][0]["not_sent"] == [
        {"words": "Escluso: Nessun consenso al marketing su WhatsApp.", "people": 2}
    ]


def test_a_campaign_says_who_launched_it_when_it_left_and_to_whom(marketer):
    version = make_version()
    ada = make_user(username="ada", first_name="Ada", last_name="Neri")
    segment = make_segment(name="Italiani", rules=rules_of(["contact.language", "is", "it"]))
    campaign = make_done(version, author=ada, name="Natale 20%", segment_version=segment)
    send(campaign)

    html = html_of(marketer.get(figures(version.template)))

    address = reverse("admin:campaigns_campaign_progress", args=[campaign.pk])
    assert f'<a class="cp-link" href="{address}">Natale 20%</a>' in html
    assert "lanciata da Ada Neri" in html
    assert "ven 13/11/2026, 10:30–10:30" in html.lower()
    assert "Italiani v1: Lingua è italiano." in html


def test_a_small_sample_is_called_small_and_compared_with_nothing(marketer):
    old, new = make_history("Ciao", "Buongiorno")
    send(make_done(old), 12, status="read")
    send(make_done(new), 12)

    answer = marketer.get(figures(old.template))
    newest = answer.context["lines"][0]

    assert {one["words"] for one in newest["versus"]["lines"]} == {"troppo pochi per confrontare"}
    assert all(cell.is_small for cell in newest["cells"])
    assert "meno di 100 persone" in html_of(answer)


def test_a_version_is_compared_with_the_last_one_used_before_it(marketer):
    first, _never_used, third = make_history("Ciao", "Salve", "Buongiorno")
    for version, read in ((first, 150), (third, 40)):
        campaign = make_done(version)
        send(campaign, read, status="read")
        send(campaign, 200 - read)

    newest, unused, oldest = marketer.get(figures(first.template)).context["lines"]

    assert (newest["versus"]["number"], unused["versus"], oldest["versus"]) == (1, None, None)
    told = {one["label"]: (one["words"], one["tone"]) for one in newest["versus"]["lines"]}
    assert told["Letti"] == ("di meno", "bad")
    assert told["Consegnati"] == ("nessuna differenza chiara", "plain")


def test_fewer_failures_are_good_news(marketer):
    old, new = make_history("Ciao", "Buongiorno")
    for version, failed in ((old, 100), (new, 10)):
        campaign = make_done(version)
        send(campaign, 300)
        send(campaign, failed, status="failed", reason="undeliverable")

    newest, _oldest = marketer.get(figures(old.template)).context["lines"]

    told = {one["label"]: (one["words"], one["tone"]) for one in newest["versus"]["lines"]}
    assert told["Falliti"] == ("di meno", "good")


def test_what_just_left_is_not_compared_yet(marketer):
    old, new = make_history("Ciao", "Buongiorno")
    send(make_done(old), 200, status="read")
    send(make_done(new, began=NOW - timedelta(hours=3)), 200)

    answer = marketer.get(figures(old.template))

    told = {one["label"]: one["words"] for one in answer.context["lines"][0]["versus"]["lines"]}
    assert told["Letti"] == "troppo presto per confrontare"
    assert "Arrivano ancora" in html_of(answer)


def test_a_version_says_that_what_just_left_is_not_in_its_shares(marketer):
    version = make_version()
    send(make_done(version), 200, status="read")
    send(make_done(version, began=NOW - timedelta(hours=3)), 200)

    answer = marketer.get(figures(version.template))

    (line,) = answer.context["lines"]
    shares = {cell.key: cell.counts for cell in line["cells"]}
    assert shares["read"] == "200 di 200 consegnati"
    assert (line["sent"], line["left_out"]) == (400, 1)
    assert "dell'ultimo giorno non contano in queste quote" in html_of(answer)


def test_each_version_says_what_it_changed(marketer):
    first, _second = make_history("Ciao %%FIRST_NAME%%", "Buongiorno %%FIRST_NAME%%")

    newest, oldest = marketer.get(figures(first.template)).context["lines"]

    assert newest["change"]["sentence"] == "Cambiato dalla v1: Testo"
    assert oldest["change"]["sentence"] == "La prima versione letta."
    (part,) = newest["change"]["parts"]
    assert [chunk.text for chunk in part.right if chunk.is_changed] == ["Buongiorno"]


def test_a_template_that_nobody_used_says_what_comes_next(marketer):
    version = make_version()
    make_campaign(template_version=version, name="In arrivo")

    html = html_of(marketer.get(figures(version.template)))

    assert "Nessuna campagna e nessun flusso l'ha ancora usato." in html
    assert "In arrivo" in html
    assert "figures.csv" not in html


def test_a_period_without_campaigns_says_so_and_leads_back(marketer):
    version = make_version()
    send(make_done(version))

    html = html_of(marketer.get(figures(version.template) + "?first=2026-11-20"))

    assert "Nessuno l'ha usato in questo periodo." in html


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("first=2026-12-01&last=2026-11-01", "L&#x27;ultimo giorno viene prima del primo."),
        ("first=ieri", "Inserisci una data valida."),
        ("last=9999-12-31", "L&#x27;ultimo giorno è fuori portata."),
    ],
)
def test_a_period_that_cannot_be_shows_everything_and_says_why(marketer, query, error):
    version = make_version()
    send(make_done(version))

    answer = marketer.get(f"{figures(version.template)}?{query}")

    assert error in html_of(answer)
    assert len(answer.context["board"].uses) == 1
    assert marketer.get(f"{file(version.template)}?{query}").status_code == 404


def test_more_campaigns_than_are_listed_still_count(marketer, monkeypatch):
    monkeypatch.setattr("campaigns.admin.scoreboard.shown.MOST_LISTED", 2)
    version = make_version()
    for _ in range(3):
        send(make_done(version), 2)

    answer = marketer.get(figures(version.template))

    (line,) = answer.context["lines"]
    assert (len(line["uses"]), line["hidden"], line["sent"]) == (2, 1, 6)
    assert "Una campagna più vecchia non è in elenco" in html_of(answer)


def test_a_column_of_another_floor_is_shown_for_the_campaign_and_for_the_version(marketer):
    version = make_version()
    known, _unknown = make_done(version), make_done(version)
    amounts = {known.pk: Decimal("1234.50")}
    column = Column("Ricavi", lambda ids: amounts, is_money=True, meaning="Quanto è entrato.")
    columns.register("revenue", column)
    try:
        answer = marketer.get(figures(version.template))
    finally:
        columns.unregister("revenue")

    (line,) = answer.context["lines"]
    assert "<dt>Ricavi</dt><dd>Quanto è entrato.</dd>" in html_of(answer)
    assert line["added"] == [{"label": "Ricavi", "value": "1.234,50 €"}]
    assert {use["added"][0]["value"] for use in line["uses"]} == {"1.234,50 €", "—"}


def test_names_of_people_and_campaigns_are_escaped(marketer):
    version = make_version()
    send(make_done(version, name="<script>alert(1)</script>"))

    html = html_of(marketer.get(figures(version.template)))

    assert "<script>alert(1)</script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_the_page_of_the_template_leads_there(marketer):
    version = make_version()

    html = html_of(
        marketer.get(reverse("admin:templates_sync_template_change", args=[version.template_id]))
    )

    assert f'href="{figures(version.template)}"' in html
    assert "Storia e risultati" in html


def test_the_page_of_a_campaign_leads_there(marketer):
    version = make_version()
    campaign = make_done(version)

    html = html_of(
        marketer.get(reverse("admin:campaigns_campaign_change", args=[campaign.pk]), follow=True)
    )

    assert f'href="{figures(version.template)}"' in html


def test_the_page_costs_no_more_statements_for_more_campaigns(marketer):
    version, segment = make_version(), make_segment()
    address, costs = figures(version.template), []
    for _ in range(2):
        for _ in range(4):
            send(make_done(version, segment_version=segment))
        count()
        with CaptureQueriesContext(connection) as caught:
            marketer.get(address)
        costs.append(len(caught))

    assert costs[0] == costs[1]


def test_the_words_are_english_for_who_reads_english():
    version = make_version()
    send(make_done(version), 3)
    member = make_member(MARKETER)
    client = client_of(member)
    client.cookies["django_language"] = "en"

    html = html_of(client.get(figures(version.template)))

    with override("en"):
        assert "Versions side by side" in html
    assert "3 of 3 sent" in html
