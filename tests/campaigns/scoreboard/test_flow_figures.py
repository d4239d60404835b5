"""Flows that used a version, on the page of its figures."""

from decimal import Decimal

import pytest
from django.urls import reverse

from campaigns.models import Lane
from campaigns.scoreboard import columns
from campaigns.scoreboard.columns import Column
from tests.campaigns.scoreboard.world import (
    figures,
    file,
    html_of,
)
from tests.factories.campaigns import make_message
from tests.factories.flows import make_entry, make_flow
from tests.factories.templates import make_version

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]


def test_a_flow_that_used_a_version_stands_there_with_its_figures(marketer):
    version = make_version()
    flow = make_flow(enabled=True, name="Conferma", template_version=version)
    message = make_message(template_version=version, lane=Lane.TRANSACTIONAL, status="read")
    make_entry(flow, contact=message.contact, status="queued", message=message)

    html = html_of(marketer.get(figures(version.template)))
    overview = html_of(marketer.get(reverse("admin:campaigns_campaign_scoreboard"), {"first": ""}))

    assert f'href="{reverse("admin:campaigns_flow_change", args=[flow.pk])}">Conferma</a>' in html
    assert "Flussi che lo usano:" in html
    assert "1 di 1 inviati" in html
    assert "1 flusso" in overview


def test_an_added_column_knows_of_flows_by_version_and_period(marketer):
    version = make_version()
    flow = make_flow(enabled=True, template_version=version)
    message = make_message(template_version=version, lane=Lane.TRANSACTIONAL, status="read")
    make_entry(flow, contact=message.contact, status="queued", message=message)
    asked = []

    def of_flows(ids, bounds):
        asked.append((set(ids), bounds))
        return {(flow.pk, version.pk): Decimal("12.50")}

    columns.register("revenue", Column("Ricavi", lambda ids: {}, is_money=True, of_flows=of_flows))
    try:
        page = html_of(marketer.get(figures(version.template), {"first": "2026-11-01"}))
        csv = b"".join(marketer.get(file(version.template)).streaming_content).decode()
        own = html_of(marketer.get(reverse("admin:campaigns_flow_change", args=[flow.pk])))
    finally:
        columns.unregister("revenue")

    assert page.count(">12,50 €</td>") == 2
    assert "12,50" in csv
    assert "Ricavi <strong>12,50 €</strong>" in own
    first, last = asked[0][1]
    assert (asked[0][0], first.date().isoformat(), last) == ({flow.pk}, "2026-11-01", None)
