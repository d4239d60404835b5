"""The settings of the shop: what was seen is ticked, what is wrong is said, who changed it is known."""

from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from config.roles import ADMIN, AGENT
from orders.models import Shop
from orders.shops import current_shop
from tests.conftest import NOW
from tests.factories.orders import make_order
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    client.force_login(make_member(ADMIN), backend="django.contrib.auth.backends.ModelBackend")
    return client


def address():
    return reverse("admin:orders_shop_change", args=[current_shop().pk])


def sent(**changes):
    """The form as it stands when nothing is changed."""
    shop = current_shop()
    fields = {
        "others": "",
        "cod_tag": shop.cod_tag,
        "confirmed_tag": shop.confirmed_tag,
        "changed_tag": shop.changed_tag,
        "cancel_tag": shop.cancel_tag,
        "unanswered_tag": shop.unanswered_tag,
        "refused_tags": ",".join(shop.refused_tags),
        "remind_after_minutes": 240,
        "unanswered_after_minutes": 480,
        "courier_cutoff": "16:00",
        "cod_holdout_share": "0",
        "refused_parcel_cents": "14,00 €",
        "storage_days": 15,
        "unknown_after_days": 45,
        "kind_1": "native",
    }
    return fields | changes


def test_the_first_look_makes_the_shop_with_the_names_of_the_environment(settings):
    settings.SHOPIFY_SHOP_DOMAIN = "prova.myshopify.com"
    settings.SHOPIFY_COD_GATEWAYS = ["Contrassegno"]

    shop = current_shop()

    assert (shop.domain, shop.cod_gateways) == ("prova.myshopify.com", ["Contrassegno"])
    assert current_shop() == shop


def test_what_was_chosen_before_the_shop_had_a_name_goes_with_it(settings):
    Shop.objects.filter(pk=current_shop().pk).update(cod_gateways=["Alla consegna"])

    settings.SHOPIFY_SHOP_DOMAIN = "prova.myshopify.com"

    assert current_shop().cod_gateways == ["Alla consegna"]
    assert Shop.objects.count() == 1


def test_payment_names_of_the_last_sixty_days_are_offered_the_frequent_first(admin, monkeypatch):
    monkeypatch.setattr("orders.admin.shop.form.timezone.now", lambda: NOW)
    for names in (["Contrassegno"], ["Contrassegno"], ["PayPal"], [""]):
        make_order(gateway_names=names)
    make_order(gateway_names=["Di prova"], is_test=True)

    shown = admin.get(address()).content.decode()

    assert shown.index("Contrassegno: 2 ordini") < shown.index("PayPal: 1 ordine")
    assert "Di prova" not in shown


def test_ticked_and_written_names_are_kept_once_each(admin, monkeypatch):
    monkeypatch.setattr("orders.admin.shop.form.timezone.now", lambda: NOW)
    make_order(gateway_names=["Contrassegno"])

    answer = admin.post(
        address(), sent(seen=["Contrassegno"], others="Alla consegna\n contrassegno \n")
    )

    assert answer.status_code == 302
    assert current_shop().cod_gateways == ["Contrassegno", "Alla consegna"]
    assert LogEntry.objects.count() == 1


def test_places_of_consent_are_kept_in_their_order_with_what_they_cover(admin):
    admin.post(
        address(),
        sent(
            kind_1="attribute",
            name_1="WhatsApp",
            value_1="sì",
            covers_1="order_updates",
            kind_3="sms",
        ),
    )

    assert current_shop().consent_sources == [
        {"kind": "attribute", "name": "WhatsApp", "value": "sì", "purposes": ["order_updates"]},
        {"kind": "sms"},
    ]


def test_a_place_without_its_name_is_refused_and_nothing_is_kept(admin):
    answer = admin.post(address(), sent(kind_1="tag"))

    assert answer.status_code == 200
    assert "Scrivi il nome" in answer.content.decode()
    assert current_shop().consent_sources == [{"kind": "native"}]


def test_a_reminder_after_the_call_list_is_refused(admin):
    answer = admin.post(address(), sent(remind_after_minutes=480))

    assert answer.status_code == 200
    assert current_shop().remind_after_minutes == 240


def test_a_shop_that_removed_the_app_is_connected_again_by_a_post_only(admin):
    Shop.objects.filter(pk=current_shop().pk).update(uninstalled_at=NOW)
    question = reverse("admin:orders_shop_connected")

    assert admin.get(question).status_code == 200
    assert current_shop().uninstalled_at == NOW

    admin.post(question)
    assert current_shop().uninstalled_at is None


def test_agents_do_not_see_the_settings_of_the_shop(client):
    client.force_login(make_member(AGENT), backend="django.contrib.auth.backends.ModelBackend")

    assert client.get(address()).status_code == 403
    assert client.post(reverse("admin:orders_shop_connected")).status_code == 403


@pytest.mark.parametrize(
    ("share", "cost", "stored"),
    [("3,5 %", "14,50 €", (Decimal("0.035"), 1450)), ("3.5", "14", (Decimal("0.035"), 1400)), ("50%", "0,05", (Decimal("0.5"), 5))],
)  # fmt: skip
def test_a_share_is_typed_as_percent_and_money_as_euro(admin, share, cost, stored):
    answer = admin.post(address(), sent(cod_holdout_share=share, refused_parcel_cents=cost))

    assert answer.status_code == 302
    shop = current_shop()
    assert (shop.cod_holdout_share, shop.refused_parcel_cents) == stored


@pytest.mark.parametrize(
    ("share", "cost"), [("3,55", "14,505"), ("50,1", "100001"), ("-1", "1.400,00"), ("", "")]
)
def test_a_share_or_an_amount_that_could_be_misread_is_refused_and_stays_as_it_was(
    admin, share, cost
):
    answer = admin.post(address(), sent(cod_holdout_share=share, refused_parcel_cents=cost))

    errors = answer.context["adminform"].form.errors
    assert set(errors) == {"cod_holdout_share", "refused_parcel_cents"}
    shop = current_shop()
    assert (shop.cod_holdout_share, shop.refused_parcel_cents) == (Decimal(0), 1400)


def test_the_form_shows_percent_and_euro_and_what_is_not_touched_is_no_change(admin):
    Shop.objects.filter(pk=current_shop().pk).update(cod_holdout_share=Decimal("0.035"))

    page = admin.get(address()).content.decode()
    assert 'value="3,5 %"' in page
    assert 'value="14,00 €"' in page

    admin.post(address(), sent(cod_holdout_share="3,5 %", refused_parcel_cents="14,00 €"))
    assert current_shop().cod_holdout_share == Decimal("0.035")


def test_withdrawals_are_written_back_from_the_start_until_somebody_unticks_it(admin):
    assert current_shop().writes_consent_back is True
    assert "Scrivi le revoche su Shopify" in admin.get(address()).content.decode()

    admin.post(address(), sent(writes_consent_back="on"))
    assert current_shop().writes_consent_back is True

    admin.post(address(), sent())
    assert current_shop().writes_consent_back is False
