"""The file of a template's figures: opened in Italian Excel as it is, harmless whatever a name is."""

import csv
from decimal import Decimal
from io import StringIO

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils.translation import override

from campaigns.models import Campaign
from campaigns.scoreboard import columns
from campaigns.scoreboard.board import board_of
from campaigns.scoreboard.columns import Column
from campaigns.scoreboard.export import figure_lines
from tests.campaigns.scoreboard.world import count, make_done, make_history, send
from tests.conftest import NOW
from tests.factories.audiences import make_segment
from tests.factories.campaigns import make_message, make_user
from tests.factories.templates import make_version

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _frozen():
    with time_machine.travel(NOW, tick=False), override("it"):
        yield


def read(template):
    text = "".join(figure_lines(board_of(template)))
    assert text.startswith("\ufeff")
    return list(csv.DictReader(StringIO(text.removeprefix("\ufeff")), delimiter=";"))


def test_a_line_says_who_launched_the_campaign_and_who_approved_it():
    version = make_version()
    campaign = make_done(version)
    for role, name in (("launched_by", "Giulia"), ("approved_by", "Marco")):
        user = User.objects.create_user(name, first_name=name, last_name="Ferri")
        Campaign.objects.filter(pk=campaign.pk).update(**{role: user})
    count()

    (line,) = read(version.template)

    assert {"Giulia Ferri", "Marco Ferri"} <= set(line.values())


def test_a_line_per_campaign_with_counts_and_shares_with_a_comma():
    version = make_version()
    campaign = make_done(version, name="Natale")
    send(campaign, 2, status="read")
    send(campaign, 1)
    send(campaign, 1, status="failed", reason="undeliverable", error_code="whatsapp::131026")
    send(campaign, 1, status="skipped", reason="no_consent")
    count()

    (line,) = read(version.template)

    assert (line["Campagna o flusso"], line["Versione"], line["Segmento"]) == (
        "Natale",
        "1",
        str(campaign.segment_version),
    )
    counts = {name: line[name] for name in ("Destinatari", "Inviati", "Consegnati", "Letti", "Falliti", "Esclusi")}  # fmt: skip
    assert counts == {
        "Destinatari": "5", "Inviati": "4", "Consegnati": "3", "Letti": "2", "Falliti": "1", "Esclusi": "1",
    }  # fmt: skip
    assert line["Letti, % di consegnati"] == "66,67"
    assert line["Falliti, % di inviati"] == "25,00"
    assert line["Perché falliti"] == "1 × Non raggiungibile su WhatsApp. (whatsapp::131026)"
    assert line["Primo partito"] == "13/11/2026 10:30"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_name_runs_as_a_formula(start):
    evil = f"{start}cmd|' /C calc'!A1"
    version = make_version()
    author = make_user(username="ada", first_name=evil)
    segment = make_segment(name=evil)
    send(make_done(version, name=evil, author=author, segment_version=segment))
    count()

    text = "".join(figure_lines(board_of(version.template)))

    cells = [cell for row in csv.reader(StringIO(text), delimiter=";") for cell in row]
    assert sum(evil in cell for cell in cells) >= 2
    assert not any(cell.startswith(start) for cell in cells)


def test_a_semicolon_in_a_name_stays_in_its_cell():
    version = make_version()
    send(make_done(version, name='Gatti; cani "felici"'))
    count()

    (line,) = read(version.template)

    assert line["Campagna o flusso"] == 'Gatti; cani "felici"'


def test_what_was_not_counted_has_empty_cells_and_no_zeros():
    version = make_version()
    send(make_done(version), 3)

    (line,) = read(version.template)

    assert (line["Inviati"], line["Letti"], line["Letti, % di consegnati"]) == ("", "", "")


def test_messages_outside_campaigns_have_their_line():
    version = make_version()
    make_message(template_version=version, status="read")
    count()

    (line,) = read(version.template)

    assert (line["Campagna o flusso"], line["Lanciata da"], line["Letti"]) == (
        "Fuori da campagne e flussi",
        "",
        "1",
    )


def test_the_newest_version_comes_first():
    old, new = make_history("Ciao", "Buongiorno")
    for version in (old, new):
        send(make_done(version))
    count()

    assert [line["Versione"] for line in read(old.template)] == ["2", "1"]


def test_an_added_column_has_plain_numbers():
    version = make_version()
    campaign = make_done(version)
    columns.register("revenue", Column("Ricavi", lambda ids: {campaign.pk: Decimal("-12.50")}))
    try:
        (line,) = read(version.template)
    finally:
        columns.unregister("revenue")

    assert line["Ricavi"] == "-12,50"
