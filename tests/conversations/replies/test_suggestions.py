"""Which templates an agent is offered, filled with what is known, and what they cost."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import translation

from audiences.models import ConsentState, Contact
from campaigns.models import SpokiAccount
from campaigns.models.account import default_marketing_hours
from conversations.replies import suggestion_of, suggestions
from conversations.replies.costing import price_for
from orders.models import Parcel
from tests.conftest import NOW
from tests.factories.campaigns import make_campaign, make_message
from tests.factories.flows import make_flow
from tests.factories.orders import make_order
from tests.factories.templates import make_template, make_version

pytestmark = pytest.mark.django_db


def template(name, **changes):
    language = changes.pop("language", "it")
    fields = {"template": make_template(name=name, language=language), "category": "utility", "body": "Ciao!"}  # fmt: skip
    return make_version(**fields | changes)


def names(contact):
    return [one.version.template.name for one in suggestions(contact=contact, now=NOW)]


def values_of(contact, body):
    return dict(suggestion_of(contact=contact, version=template("uno", body=body), now=NOW).values)


def test_utility_comes_first_and_what_is_ready_before_what_is_not(giulia):
    template("offerta", category="marketing")
    template("b_da_scrivere", body="Ciao %%FIRST_NAME%%, %%NOTIZIA%%")
    template("c_pronto", body="Ciao %%FIRST_NAME%%")
    template("a_pronto")

    assert names(giulia) == ["a_pronto", "c_pronto", "b_da_scrivere", "offerta"]


def test_only_what_may_be_sent_is_offered(giulia):
    template("buono")
    template("sospeso", status="paused")
    template("codice", category="authentication")
    template("vecchio", superseded_at=NOW)
    template("trattenuto", held_at=NOW)

    assert names(giulia) == ["buono"]


@pytest.mark.parametrize("consent", [ConsentState.WITHDRAWN, ConsentState.UNKNOWN])
def test_offers_are_not_offered_to_whoever_did_not_agree(giulia, consent):
    Contact.objects.filter(pk=giulia.pk).update(marketing_consent=consent)
    giulia.refresh_from_db()
    template("offerta", category="marketing")
    template("ordine")

    assert names(giulia) == ["ordine"]


def test_templates_in_her_language_are_offered_and_all_of_them_where_there_is_none(giulia):
    template("ordine")
    template("order", language="en_us")
    assert names(giulia) == ["ordine"]

    giulia.language = "en"
    assert names(giulia) == ["order"]
    giulia.language = "de"
    assert sorted(names(giulia)) == ["order", "ordine"]


def test_names_and_pets_are_known_from_the_contact(giulia):
    giulia.attributes["razza"] = "bassotto"
    giulia.save()

    found = values_of(giulia, "Ciao %%FIRST_NAME%%, come sta %%PET_NAME%%, il %%RAZZA%%? %%SCONTO%%")  # fmt: skip

    assert found == {"FIRST_NAME": "Giulia", "PET_NAME": "Argo", "RAZZA": "bassotto", "SCONTO": ""}


def test_the_last_order_and_its_parcel_are_known(giulia):
    make_order(contact=giulia, name="ZP1", placed_at=NOW - timedelta(days=9))
    order = make_order(contact=giulia, name="ZP2", is_cod=True, placed_at=NOW - timedelta(days=1))
    make_order(contact=giulia, name="ZP3", cancelled_at=NOW)
    Parcel.objects.create(order=order, courier="BRT", tracking_number="B7", tracking_url="https://vas.brt.it/7", status="success")  # fmt: skip
    Parcel.objects.create(order=order, courier="GLS", status="cancelled")

    found = values_of(giulia, "%%ORDER_NAME%% %%AMOUNT_DUE%% %%COURIER%% %%TRACKING_CODE%% %%TRACKING_URL%%")  # fmt: skip

    assert found == {
        "ORDER_NAME": "ZP2",
        "AMOUNT_DUE": "64,90 €",
        "COURIER": "BRT",
        "TRACKING_CODE": "B7",
        "TRACKING_URL": "https://vas.brt.it/7",
    }


def test_an_amount_that_is_paid_is_never_asked_for(giulia):
    make_order(contact=giulia, name="ZP2", amount_due_cents=0)

    assert values_of(giulia, "%%ORDER_NAME%% %%AMOUNT_DUE%%") == {"ORDER_NAME": "ZP2", "AMOUNT_DUE": ""}  # fmt: skip


def test_what_stands_where_is_taken_from_the_flow_that_sends_the_template(giulia):
    version = template("saluto", body="Ciao %%CHI%%, %%COSA%%")
    make_flow(
        template_version=version,
        variables={
            "CHI": {"parameter": "contact.attributes.nick", "fallback": "amico"},
            "COSA": {"value": "a presto"},
        },
    )

    found = suggestion_of(contact=giulia, version=version, now=NOW)

    assert dict(found.values) == {"CHI": "amico", "COSA": "a presto"}


def test_what_a_campaign_wrote_by_hand_is_not_taken_over(giulia):
    version = template("natale", category="marketing", body="Ciao %%CHI%%: %%CODICE%%")
    make_campaign(
        template_version=version,
        variables={"CHI": {"parameter": "contact.first_name"}, "CODICE": {"value": "NATALE24"}},
    )

    found = suggestion_of(contact=giulia, version=version, now=NOW)

    assert dict(found.values) == {"CHI": "Giulia", "CODICE": ""}
    assert found.missing == ("CODICE",)


def test_a_variable_is_called_what_stands_there(giulia):
    version = template("uno", body="%%FIRST_NAME%% %%TRACKING_URL%% %%PET_NAME%% %%NOTA_LIBERA%%")

    with translation.override("it"):
        found = suggestion_of(contact=giulia, version=version, now=NOW)

    assert dict(found.labels) == {
        "FIRST_NAME": "Nome",
        "TRACKING_URL": "Spedizione: link per seguirla",
        "PET_NAME": "Pet name",
        "NOTA_LIBERA": "Nota libera",
    }


def test_in_a_list_the_words_stand_without_whatsapps_marks(giulia):
    version = template("uno", body="Ciao *%%FIRST_NAME%%*,\n_ecco_!")

    assert suggestion_of(contact=giulia, version=version, now=NOW).beginning == "Ciao Giulia, ecco!"


def test_the_preview_is_the_message_with_what_is_missing_marked(giulia):
    version = template("saluto", body="Ciao %%FIRST_NAME%%, %%COSA%%")

    found = suggestion_of(contact=giulia, version=version, written={"COSA": "<b>ecco</b>"}, now=NOW)
    assert "Ciao" in found.preview
    assert "Giulia" in found.preview
    assert "&lt;b&gt;ecco&lt;/b&gt;" in found.preview
    assert found.missing == ()

    emptied = suggestion_of(contact=giulia, version=version, written={"FIRST_NAME": ""}, now=NOW)
    assert "wa-value--missing" in emptied.preview
    assert emptied.missing == ("FIRST_NAME", "COSA")


def test_the_price_is_that_of_her_country_and_of_the_category(giulia):
    (found,) = [suggestion_of(contact=giulia, version=template("uno"), now=NOW)]

    assert found.price.amount == Decimal("0.0248")
    assert price_for(giulia, "marketing", now=NOW).amount == Decimal("0.0572")
    giulia.phone = "+4915112345678"
    assert price_for(giulia, "utility", now=NOW).amount == Decimal("0.0456")


def test_until_texts_cost_something_utility_in_the_window_is_free(giulia):
    before = NOW.replace(month=9)

    assert price_for(giulia, "utility", is_open=True, now=before).amount == 0
    assert price_for(giulia, "utility", is_open=False, now=before).amount == Decimal("0.0248")
    assert price_for(giulia, "marketing", is_open=True, now=before).amount == Decimal("0.0572")
    assert price_for(giulia, "utility", is_open=True, now=NOW).amount == Decimal("0.0248")


def test_many_templates_cost_no_more_questions_than_few(giulia, django_assert_max_num_queries):
    make_order(contact=giulia)
    for number in range(12):
        template(f"modello_{number:02d}", body="Ciao %%FIRST_NAME%%, %%ORDER_NAME%% %%COURIER%%")

    with django_assert_max_num_queries(11):
        assert len(suggestions(contact=giulia, now=NOW)) == 12


def test_an_offer_says_before_the_click_that_the_hours_are_over_or_that_she_has_had_enough(giulia):
    SpokiAccount.objects.update(marketing_hours=default_marketing_hours())
    version, other = template("offerta", category="marketing"), template("ordine")
    evening = NOW + timedelta(hours=9)

    def told(one, now):
        return suggestion_of(contact=giulia, version=one, now=now).advice

    assert told(version, NOW) == ""
    assert "24/11/2026 10:00" in told(version, evening)

    make_message(contact=giulia, status="sent", sending_at=NOW - timedelta(hours=2))
    assert "24" in told(version, NOW)
    assert (told(other, evening), told(other, NOW)) == ("", "")
