"""The flows of a shop, ready to be switched on: their texts, their values, and writing them down."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from audiences import parameters
from campaigns.flows import lifecycle, shipped, triggers
from campaigns.flows.blockers import enable_blockers
from campaigns.flows.words import flow_in_words
from campaigns.models import Flow, FlowEvent, Lane
from orders.shipped_flows import SHIPPED
from orders.shipped_texts import CANCEL, CHANGE, COD_CONFIRMATION, COD_REMINDER, CONFIRM
from spoki.simulator.config import Config
from spoki.simulator.seeds import plant
from spoki.simulator.world import World
from templates_sync.lint import lint
from templates_sync.models import TemplateDraft, TemplateVersion
from tests.factories.campaigns import make_account, make_number, make_user
from tests.factories.templates import make_template, make_version

TEXTS = [one.wording for one in SHIPPED]
MARKETING = {"refill_due", "abandoned_checkout", "win_back"}
# No order message of these sells anything: one such word makes it marketing for Meta.
SELLING = ("sconto", "offerta", "promo", "coupon", "gratis", "regalo", "acquista", "compra")


def make_approved(wording, **changes):
    """The version in force of a shipped text, as Spoki shows it once Meta has approved it."""
    changes.setdefault("last_seen_at", timezone.now())
    return make_version(
        template=make_template(name=wording.name),
        body=wording.body,
        footer=wording.footer,
        buttons=wording.button_rows,
        examples=dict(wording.examples),
        category=wording.category,
        **changes,
    )


@pytest.mark.parametrize("wording", TEXTS, ids=lambda wording: wording.name)
def test_nothing_that_meta_or_spoki_would_refuse_stands_in_a_text(wording):
    assert lint(wording) == []


@pytest.mark.parametrize("one", SHIPPED, ids=lambda one: one.key)
def test_order_messages_are_utility_and_sell_nothing_and_the_others_say_how_to_stop(one):
    text = f"{one.wording.body} {one.wording.footer}".lower()

    assert one.wording.category == ("marketing" if one.key in MARKETING else "utility")
    assert ("stop" in text) == (one.key in MARKETING)
    if one.key not in MARKETING:
        assert [word for word in SELLING if word in text] == []


def test_a_confirmation_is_answered_by_three_buttons():
    for wording in (COD_CONFIRMATION, COD_REMINDER):
        assert [button.text for button in wording.buttons] == [CONFIRM, CHANGE, CANCEL]
    assert (CONFIRM, CHANGE, CANCEL) == ("Conferma", "Modifica", "Annulla")


def test_the_simulator_holds_the_very_texts_that_ship():
    world = World(config=Config(), api_keys=frozenset(), seed=1)
    plant(world)
    held = {template.name: template for template in world.templates.values()}

    for wording in TEXTS:
        template = held[wording.name]
        (italian,) = template.localizations
        assert (italian.body, italian.footer or "") == (wording.body, wording.footer)
        assert [b["text"] for b in italian.buttons] == [b.text for b in wording.buttons]
        assert (template.category.lower(), italian.status) == (wording.category, "APPROVED")


@pytest.mark.parametrize("one", SHIPPED, ids=lambda one: one.key)
def test_every_value_of_a_text_is_filled_by_its_trigger_or_by_the_contact(one):
    trigger = triggers.find(one.trigger)

    assert trigger is not None
    assert set(one.variables) == set(one.wording.variables)
    problems = parameters.variable_problems(
        one.wording.variables, one.variables, own=trigger.parameters
    )
    assert problems == {}
    assert trigger.is_marketing == (one.key in MARKETING)


@pytest.mark.django_db
def test_all_of_them_are_written_switched_off_with_their_drafts():
    author = make_user()

    prepared = shipped.prepare(by=author, now=timezone.now())

    assert (len(prepared.flows), len(prepared.drafts)) == (9, 9)
    assert set(Flow.objects.values_list("status", flat=True)) == {Flow.Status.DISABLED}
    assert set(Flow.objects.values_list("shipped_key", flat=True)) == {one.key for one in SHIPPED}
    marketing = Flow.objects.filter(lane=Lane.MARKETING, hours=Flow.Hours.MARKETING)
    assert set(marketing.values_list("shipped_key", flat=True)) == MARKETING
    assert not TemplateDraft.objects.exclude(status="draft").exists()


@pytest.mark.django_db
def test_preparing_again_changes_nothing_of_what_people_did():
    author = make_user()
    shipped.prepare(by=author, now=timezone.now())
    Flow.objects.filter(shipped_key="cod_reminder").update(name="Il nostro nome", delay_minutes=7)
    TemplateDraft.objects.filter(name=COD_REMINDER.name).update(body="Il nostro testo, ciao")
    before = list(Flow.objects.order_by("pk").values())
    events = FlowEvent.objects.count()

    prepared = shipped.prepare(by=make_user(), now=timezone.now())

    assert prepared.is_nothing
    assert list(Flow.objects.order_by("pk").values()) == before
    assert (FlowEvent.objects.count(), TemplateDraft.objects.count()) == (events, 9)


@pytest.mark.django_db
def test_once_the_texts_are_approved_every_flow_lacks_only_a_second_person():
    make_number(account=make_account(refreshed_at=timezone.now()))
    for wording in TEXTS:
        make_approved(wording)
    now = timezone.now()

    prepared = shipped.prepare(by=make_user(), now=now)

    assert prepared.drafts == ()
    for flow in prepared.flows:
        assert (flow.name, enable_blockers(flow, now=now)) == (flow.name, [])
        assert lifecycle.enable_flow(flow=flow, by=make_user(), now=now).status == "enabled"


@pytest.mark.django_db
def test_a_flow_gets_its_template_when_it_is_approved_and_keeps_one_that_was_chosen():
    author = make_user()
    shipped.prepare(by=author, now=timezone.now())
    chosen = make_version(body="Ciao %%FIRST_NAME%%, altro testo")
    Flow.objects.filter(shipped_key="cod_confirmation").update(template_version=chosen)
    make_approved(COD_CONFIRMATION)
    pending = make_approved(COD_REMINDER, status="pending")
    assert shipped.prepare(by=author, now=timezone.now()).is_nothing
    TemplateVersion.objects.filter(pk=pending.pk).update(status="approved")

    assert not shipped.is_complete(now=timezone.now())
    prepared = shipped.prepare(by=author, now=timezone.now())

    assert [flow.shipped_key for flow in prepared.completed] == ["cod_reminder"]
    told = dict(Flow.objects.values_list("shipped_key", "template_version"))
    assert (told["cod_confirmation"], told["cod_reminder"]) == (chosen.pk, pending.pk)
    assert shipped.is_complete(now=timezone.now())


@pytest.mark.django_db
def test_a_template_of_the_same_name_that_asks_for_other_values_is_not_taken():
    make_version(template=make_template(name=COD_CONFIRMATION.name), body="Ciao %%NOME%%, confermi tu?")  # fmt: skip

    prepared = shipped.prepare(by=make_user(), now=timezone.now())

    assert Flow.objects.get(shipped_key="cod_confirmation").template_version is None
    assert COD_CONFIRMATION.name not in {draft.name for draft in prepared.drafts}


@pytest.mark.django_db
def test_a_flow_whose_trigger_nobody_offers_is_not_written():
    known = triggers.find("order.cod_unanswered")
    assert known is not None
    triggers.forget("order.cod_unanswered")
    try:
        prepared = shipped.prepare(by=make_user(), now=timezone.now())
    finally:
        triggers.register(known)

    assert "cod_reminder" not in {flow.shipped_key for flow in prepared.flows}
    assert len(prepared.flows) == 8


@pytest.mark.django_db(transaction=True)
def test_two_who_prepare_at_once_write_each_flow_once():
    users = [make_user(), make_user()]

    def prepare(user):
        try:
            return len(shipped.prepare(by=user, now=timezone.now()).flows)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        written = list(pool.map(prepare, users))

    assert sorted(written) == [0, 9]
    assert (Flow.objects.count(), TemplateDraft.objects.count()) == (9, 9)


@pytest.mark.django_db
def test_the_confirmation_is_read_as_it_was_meant():
    make_approved(COD_CONFIRMATION)
    shipped.prepare(by=make_user(), now=timezone.now())

    told = flow_in_words(Flow.objects.get(shipped_key="cod_confirmation"))

    assert told == (
        "Quando arriva un ordine in contrassegno, aspetta 5 minuti, poi manda «conferma_ordine_cod v1»."
    )
