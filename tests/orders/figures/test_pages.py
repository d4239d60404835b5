"""The page of figures and its file."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from orders.models import OrderCredit
from tests.conftest import NOW
from tests.factories.campaigns import make_user
from tests.factories.people import make_member
from tests.orders.figures.world import cod, make_flow, tell

pytestmark = pytest.mark.django_db
PAGE = "/admin/orders/order/figures/"


@pytest.fixture(autouse=True)
def _frozen():
    with time_machine.travel(NOW, tick=False):
        yield


def test_the_page_says_how_far_orders_got_and_how_they_ended(agent: Client) -> None:
    order = cod("confirmed", shipped_at=NOW, outcome="refused")
    tell(make_flow(), order, status="read", read_at=NOW)
    cod("unanswered")

    context = agent.get(PAGE).context

    shown = {str(bar.label): (bar.count, bar.share) for bar in context["bars"]}
    assert shown["Ordini in contrassegno"] == ("2", "100%")
    assert shown["Domanda letta"] == shown["Rifiutati"] == ("1", "50%")
    assert [row["rate"] for row in context["answers"]] == ["100%", "—", "—", "—"]


def test_without_a_control_group_the_page_says_that_nothing_is_known(agent: Client) -> None:
    cod("confirmed")

    assert "Nessun gruppo di controllo" in agent.get(PAGE).content.decode()


def test_with_a_control_group_both_groups_are_beside_each_other(agent: Client) -> None:
    cod("confirmed", cod_drawn_share="0.5", shipped_at=NOW, outcome="delivered")
    cod("to_ask", cod_drawn_share="0.5", is_cod_holdout=True, shipped_at=NOW, outcome="refused")

    effect = agent.get(PAGE).context["effect"]

    assert (effect["asked"]["rate"], effect["held_out"]["rate"]) == ("0%", "100%")
    assert "troppo pochi" in str(effect["verdict"]).lower()
    assert effect["saved"].startswith("14,00 €")


def test_days_that_cannot_be_read_show_the_last_month_and_say_so(agent: Client) -> None:
    cod("confirmed", at=NOW - timedelta(days=29))
    cod("confirmed", at=NOW - timedelta(days=30))

    answer = agent.get(PAGE + "?first=2026-02-31&last=ieri")

    assert answer.context["bars"][0].count == "1"
    assert "ultimi 30 giorni" in answer.content.decode()


@pytest.mark.parametrize(
    "asked",
    ["first=2026-11-20&last=2026-11-10", "first=1990-01-01", "last=9999-12-31", "by=secret"],
)
def test_a_period_that_makes_no_sense_is_refused_in_words(agent: Client, asked: str) -> None:
    answer = agent.get(f"{PAGE}?{asked}")

    assert answer.status_code == 200
    assert answer.context["form"].errors


def test_orders_after_a_message_are_listed_with_their_revenue(agent: Client) -> None:
    flow = make_flow("parcel.delivered")
    entry = tell(flow, cod("confirmed", at=NOW - timedelta(days=2)))
    order = cod("confirmed", contact=entry.contact, total_cents=123_456)
    assert entry.message is not None
    OrderCredit.objects.create(
        order=order, message=entry.message, flow=flow, version=flow.template_version, sent_at=NOW
    )

    (one,) = agent.get(PAGE).context["credited"]

    assert (one["row"].name, one["row"].orders, one["revenue"]) == (flow.name, 1, "1.234,56 €")


def test_the_file_has_a_line_for_each_row(agent: Client) -> None:
    cod("confirmed", shipping_address={"province_code": "=NA"})

    answer: Any = agent.get("/admin/orders/order/figures.csv?by=province")

    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Provincia;Ordini in contrassegno;Chiesti;")
    assert lines[1] == "'=NA;1;1;0;0;1;0;0;0;0;0;0"


def test_the_file_of_days_that_make_no_sense_is_refused(agent: Client) -> None:
    assert agent.get("/admin/orders/order/figures.csv?first=x").status_code == 400


@pytest.mark.parametrize("role", ["Marketer", "Approver", "CS agent", "Admin"])
def test_every_role_may_read_the_sums(client: Client, role: str) -> None:
    client.force_login(make_member(role))

    assert client.get(PAGE).status_code == 200


def test_staff_without_a_role_reads_nothing(client: Client) -> None:
    client.force_login(make_user(is_staff=True))

    assert client.get(PAGE).status_code == 403
    assert client.get("/admin/orders/order/figures.csv").status_code == 403


@pytest.fixture
def agent(client: Client) -> Client:
    client.force_login(make_member("CS agent"))
    return client
