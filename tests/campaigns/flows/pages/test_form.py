"""The form of a flow: typed, previewed, saved through the services."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.flows import lifecycle
from campaigns.flows.triggers import Trigger
from campaigns.models import Flow, Lane
from tests.campaigns.flows.pages.conftest import VALUES, address, said
from tests.factories.campaigns import make_user
from tests.factories.flows import make_flow

pytestmark = pytest.mark.django_db


@pytest.fixture
def typed(world, fresh):
    version = fresh()
    return {
        "name": "Ordine partito",
        "trigger": "test.happened",
        "delay": "2",
        "unit": "60",
        "template_version": str(version.pk),
        "kind": "order",
        "holdout_percent": "5",
        "variable-FIRST_NAME-from": "contact.first_name",
        "variable-FIRST_NAME-fallback": "di nuovo",
        "variable-ORDER_NAME-from": "order.name",
    }


WITH_AMOUNT = {
    "g1-mode": "all",
    "g1-r1-key": "order.amount_due",
    "g1-r1-op": "at_least",
    "g1-r1-value": "40,50",
}


def test_what_is_typed_is_saved_switched_off(typed, marketer, giulia):
    answer = marketer.post(address("add"), typed | WITH_AMOUNT)

    flow = Flow.objects.get()
    assert answer.url == address("change", flow)
    assert (flow.name, flow.trigger, flow.delay_minutes) == ("Ordine partito", "test.happened", 120)
    assert (flow.status, flow.author, flow.lane, flow.hours) == (
        "disabled", giulia, Lane.TRANSACTIONAL, "transactional",
    )  # fmt: skip
    assert flow.variables == VALUES
    assert str(flow.holdout_share) == "0.050"
    rules = flow.conditions["groups"][0]["rules"]
    assert rules == [["order.amount_due", "at_least", "40.50"]]


def test_save_and_ask_leads_to_the_question(typed, marketer):
    answer = marketer.post(address("add"), typed | {"_request": "1"})

    assert answer.url == address("request", Flow.objects.get())


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"trigger": ""}, "obbligatorio"),
        ({"trigger": "nobody.knows"}, "nobody.knows"),
        ({"name": ""}, "obbligatorio"),
        ({"delay": "-1"}, "maggiore o uguale"),
        ({"delay": "400", "unit": "1440"}, "Al massimo un anno."),
        ({"delay": "molto"}, "numero intero"),
        ({"holdout_percent": "80"}, "minore o uguale"),
        ({"variable-ORDER_NAME-from": "order.nothing"}, "ORDER_NAME"),
        (WITH_AMOUNT | {"g1-r1-value": "tanto"}, "una non si può usare"),
        (WITH_AMOUNT | {"g1-r1-key": "order.nothing"}, "una non si può usare"),
    ],
)
def test_what_cannot_be_is_told_beside_its_field_and_nothing_is_saved(
    typed, marketer, changes, told
):
    answer = marketer.post(address("add"), typed | changes)

    assert answer.status_code == 200
    assert told in said(answer)
    assert not Flow.objects.exists()


def test_marketing_by_nature_goes_as_marketing_whatever_is_sent(typed, world, fresh, marketer):
    world.offer("test.cart", is_marketing=True)

    marketer.post(address("add"), typed | {"trigger": "test.cart", "kind": "order"})

    flow = Flow.objects.get()
    assert (flow.lane, flow.hours) == (Lane.MARKETING, Flow.Hours.MARKETING)


def test_the_form_shows_what_was_saved(world, fresh, marketer):
    flow = make_flow(
        template_version=fresh(), variables=VALUES, delay_minutes=2880, holdout_share="0.025",
        conditions={"v": 1, "groups": [{"mode": "all", "rules": [["order.amount_due", "at_least", "40.00"]]}]},
    )  # fmt: skip

    form = marketer.get(address("edit", flow)).context["form"]

    assert (form.initial["delay"], form.initial["unit"]) == (2, 1440)
    assert form.initial["holdout_percent"] == "2.5"
    assert [(row.name, row.source) for row in form.variable_rows] == [
        ("FIRST_NAME", "contact.first_name"), ("ORDER_NAME", "order.name"),
    ]  # fmt: skip
    assert form.builder.groups[0].rows[0].values == {"value": "40,00"}


def test_saving_what_was_shown_changes_nothing(world, typed, fresh, marketer):
    marketer.post(address("add"), typed | WITH_AMOUNT)
    before = Flow.objects.values().get()

    marketer.post(address("edit", Flow.objects.get()), typed | WITH_AMOUNT)

    after = Flow.objects.values().get()
    assert {**after, "updated_at": None} == {**before, "updated_at": None}


def test_a_change_takes_a_request_back_and_makes_its_author_unable_to_switch_on(
    world, fresh, typed, giulia, marketer
):
    flow = make_flow(template_version=fresh(), variables=VALUES, author=make_user())
    lifecycle.request_enabling(flow=flow, by=giulia, now=timezone.now())

    marketer.post(address("edit", flow), typed)

    flow.refresh_from_db()
    assert (flow.requested_at, flow.last_editor) == (None, giulia)


def test_one_that_is_on_is_not_changed(world, typed, marketer):
    flow = make_flow(enabled=True, name="Com'era")

    answer = marketer.post(address("edit", flow), typed, follow=True)

    flow.refresh_from_db()
    assert flow.name == "Com'era"
    assert "Il flusso è acceso" in said(answer)


def test_an_approver_reads_and_does_not_write(world, typed, approver):
    flow = make_flow(name="Com'era")

    assert approver.get(address("add")).status_code == 403
    approver.post(address("edit", flow), typed)
    flow.refresh_from_db()
    assert flow.name == "Com'era"
    assert address("edit", flow) not in said(approver.get(address("change", flow)))


def test_nobody_deletes_a_flow(world, marketer):
    flow = make_flow()

    assert marketer.post(address("delete", flow), {"post": "yes"}).status_code == 403
    assert Flow.objects.filter(pk=flow.pk).exists()


def test_the_panel_says_the_sentence_of_what_is_typed_and_saves_nothing(typed, marketer):
    html = said(marketer.post(address("panel"), typed | WITH_AMOUNT))

    assert "aspetta 2 ore, poi manda «ordine_partito v1». Solo se: Amount almeno 40,50 €." in html
    assert '<mark class="wa-value wa-value--filled">#1042</mark>' in html
    assert not Flow.objects.exists()


def test_the_panel_of_an_empty_form_says_what_to_choose(world, marketer):
    assert "Scegli che cosa lo fa partire." in said(marketer.post(address("panel"), {}))


def test_the_rows_offer_what_happened_before_what_is_known_of_the_person(typed, marketer):
    html = said(marketer.post(address("variables"), typed))

    assert html.index('value="order.name"') < html.index('value="contact.email"')
    assert '<option value="order.name" selected>' in html


def test_another_trigger_brings_its_own_conditions(typed, world, marketer):
    added = said(marketer.post(address("conditions"), typed | {"do": "add-group"}))
    world.offer("test.bare", conditions=[])
    without = said(marketer.post(address("conditions"), typed | {"trigger": "test.bare", "do": "add-group"}))  # fmt: skip

    assert '<option value="order.amount_due" selected>' in added
    assert "order.amount_due" not in without
    assert address("conditions") in added


def test_a_condition_that_the_new_trigger_does_not_know_is_shown_as_wrong(typed, world, marketer):
    world.offer("test.bare", conditions=[])

    html = said(
        marketer.post(address("conditions"), typed | WITH_AMOUNT | {"trigger": "test.bare"})
    )

    assert "au-rule--wrong" in html


@pytest.mark.parametrize("part", ["panel", "variables", "conditions"])
def test_the_live_parts_are_for_who_writes_flows(world, approver, marketer, part):
    assert approver.post(address(part), {}).status_code == 403
    assert marketer.get(address(part)).status_code == 405


def test_a_trigger_nobody_offers_any_more_is_told(world, marketer):
    world.offer("test.gone", lasts=timedelta(days=1))
    flow = make_flow(trigger="test.gone")
    from campaigns.flows import triggers

    assert isinstance(triggers.find("test.gone"), Trigger)
    triggers.forget("test.gone")

    html = said(marketer.get(address("change", flow)))

    assert "test.gone" in html
