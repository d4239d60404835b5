"""The list and the page of a flow: read as a sentence, with what stands against it and its figures."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from campaigns.flows import lifecycle
from campaigns.models import Flow, FlowEntry, FlowTest, Lane
from config.roles import ADMIN, AGENT, APPROVER, MARKETER
from tests.campaigns.flows.pages.conftest import VALUES, address, as_user, said
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_message
from tests.factories.flows import make_entry, make_flow, make_flow_version
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("role", "status"), [(MARKETER, 200), (APPROVER, 200), (ADMIN, 200), (AGENT, 403)]
)
def test_whoever_plans_or_judges_reads_flows_and_nobody_else(world, role, status):
    flow = make_flow()
    client = as_user(make_member(role))

    for name, one in (("changelist", None), ("change", flow), ("people", flow)):
        assert client.get(address(name, one)).status_code == status


def test_a_flow_is_read_as_one_sentence(world, fresh, marketer):
    make_flow(
        template_version=fresh(),
        variables=VALUES,
        delay_minutes=90,
        conditions={
            "v": 1,
            "groups": [{"mode": "all", "rules": [["order.amount_due", "at_least", "40.00"]]}],
        },
        holdout_share="0.100",
    )

    html = said(marketer.get(address("changelist")))

    assert (
        "Quando something happened, aspetta 1 ora 30 minuti, poi manda «ordine_partito v1»." in html
    )
    assert "Solo se: Amount almeno 40,00 €." in html
    assert "Al 10% delle persone non si scrive" in html


def test_what_stands_against_a_flow_that_is_off_is_told_and_one_that_is_on_is_left_alone(
    world, marketer
):
    make_flow(template_version=None, variables={})

    html = said(marketer.get(address("changelist")))
    assert "1 cosa lo impedisce" in html or "2 cose lo impediscono" in html
    assert "Scegli un modello." in html

    Flow.objects.all().delete()
    make_flow(enabled=True)
    assert "cosa lo impedisce" not in said(marketer.get(address("changelist")))


def test_what_waits_for_somebody_comes_first(world, fresh, giulia, marketer):
    make_flow(name="Spento")
    make_flow(name="Acceso da ieri", enabled=True)
    asked = make_flow(name="Chiesto", template_version=fresh(), variables=VALUES, author=giulia)
    lifecycle.request_enabling(flow=asked, by=giulia, now=timezone.now())

    html = said(marketer.get(address("changelist")))

    places = [html.index(f">{name}</a>") for name in ("Chiesto", "Acceso da ieri", "Spento")]
    assert places == sorted(places)


def test_an_empty_list_says_how_to_begin(world, marketer, approver):
    assert "Comincia da quelli pronti" in said(marketer.get(address("changelist")))
    assert "un'altra persona lo accende" in said(approver.get(address("changelist")))


def _passages(flow):
    """Two wait, three left for two reasons, one is held out, and three messages went different ways."""
    now = timezone.now()
    for _ in range(2):
        make_entry(flow, happened_at=now, due_at=now)
    for reason in ("order_over", "order_over", "too_late"):
        make_entry(flow, status="left", reason=reason, happened_at=now, ended_at=now)
    make_entry(flow, status="held_out", reason="control_group", happened_at=now, ended_at=now)
    for status, more in (
        ("read", {"replied_at": now}),
        ("failed", {"reason": "undeliverable", "error_code": "whatsapp::131026"}),
        ("skipped", {"reason": "order_over"}),
    ):
        contact = make_contact(first_name="Bruno")
        message = make_message(contact=contact, lane=Lane.TRANSACTIONAL, status=status, **more)
        make_entry(
            flow, contact=contact, status="queued", message=message, happened_at=now, ended_at=now
        )


def test_the_page_tells_who_waits_who_left_and_why_and_what_failed(world, marketer):
    flow = make_flow(enabled=True)
    _passages(flow)

    html = said(marketer.get(address("change", flow)))

    for label, count in (("Entrati", "9"), ("In attesa", "2"), ("Usciti prima", "3"), ("Gruppo di controllo", "1"),
                         ("Affidati all&#x27;invio", "3")):  # fmt: skip
        tile = html.split(f" {label}</span><strong>")[1].split("</strong>")[0]
        assert tile.removesuffix("</a>").rpartition(">")[2] == count
    assert "The order is over." in html
    assert "non era più una novità" in html
    assert "(whatsapp::131026)" in html
    assert "1 di 2 inviati" in html


def test_a_period_leaves_out_who_entered_outside_of_it(world, marketer):
    flow = make_flow(enabled=True)
    _passages(flow)
    tomorrow = timezone.localdate() + timedelta(days=1)

    html = said(marketer.get(address("change", flow), {"first": f"{tomorrow:%Y-%m-%d}"}))

    assert "The order is over." not in html
    assert "<strong>0</strong>" in html


def test_a_period_that_cannot_be_read_shows_everything_and_says_so(world, marketer):
    flow = make_flow(enabled=True)
    _passages(flow)

    html = said(marketer.get(address("change", flow), {"first": "ieri"}))

    assert "The order is over." in html
    assert "È mostrata tutta la storia." in html


def test_versions_stand_side_by_side_with_what_changed(world, marketer):
    flow = make_flow(enabled=True)
    make_entry(flow)
    flow.delay_minutes = 120
    flow.save()
    make_flow_version(flow)

    page = said(marketer.get(address("change", flow)))
    compared = said(marketer.get(address("compare", flow), {"left": 1, "right": 2}))

    assert "1 modifica" in page
    assert "in vigore" in page
    assert '<td data-label="v1">subito</td><td data-label="v2">2 ore</td>' in compared


@pytest.mark.parametrize("query", [{}, {"left": "1"}, {"left": "1", "right": "9"}, {"left": "x", "right": "1"}])  # fmt: skip
def test_versions_that_are_not_there_are_not_found(world, marketer, query):
    assert marketer.get(address("compare", make_flow(enabled=True)), query).status_code == 404


def test_the_people_of_a_flow_are_found_by_state_and_reason(world, marketer):
    flow = make_flow(enabled=True)
    _passages(flow)

    def count(**query):
        return marketer.get(address("people", flow), query).context["page"].paginator.count

    assert count() == 9
    assert count(state="waiting") == 2
    assert count(state="left", reason="order_over") == 2
    assert count(state="nonsense") == 9


def test_the_people_say_what_became_of_their_message_and_show_no_phone(world, marketer):
    flow = make_flow(enabled=True)
    _passages(flow)

    html = said(marketer.get(address("people", flow), {"state": "queued"}))

    assert "Fallito" in html
    assert "Non raggiungibile su WhatsApp." in html
    phone = FlowEntry.objects.filter(status="queued")[0].contact.phone
    assert phone is not None
    assert phone not in html


def test_the_list_asks_for_the_figures_of_all_flows_at_once(
    world, marketer, django_assert_max_num_queries
):
    for _ in range(6):
        make_entry(make_flow(enabled=True))
    marketer.get(address("changelist"))

    with django_assert_max_num_queries(14):
        marketer.get(address("changelist"))


def test_the_outbox_says_of_which_flow_a_message_is_and_which_one_is_a_test(world, marketer):
    flow = make_flow(enabled=True, name="Conferma")
    _passages(flow)
    test = make_message(contact=make_contact(), lane=Lane.TRANSACTIONAL)
    FlowTest.objects.create(flow=flow, message=test, by=flow.author, at=test.created_at)

    html = said(marketer.get(reverse("admin:campaigns_outboundmessage_changelist")))

    assert html.count(">Conferma</td>") == 3
    assert html.count(">Prova di «Conferma»</td>") == 1


def test_a_template_leads_to_a_flow_that_begins_with_it(world, fresh, marketer):
    version = fresh()

    page = said(marketer.get(reverse("admin:templates_sync_template_change", args=[version.template_id])))  # fmt: skip
    link = f"{address('add')}?template_version={version.pk}"
    form = marketer.get(link).context["form"]

    assert link in page
    assert [row.name for row in form.variable_rows] == ["FIRST_NAME", "ORDER_NAME"]
