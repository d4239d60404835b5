"""The pages of the shop's work: calls with another try, the import with its progress, the checks."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client, override_settings

from config.roles import ADMIN, AGENT, MARKETER, sync_roles
from orders import tasks
from orders.models import Reconciliation, ShopCall, ShopifyCustomer, ShopImport, ShopImportPart
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.orders import make_order

pytestmark = pytest.mark.django_db
CONNECTED = override_settings(SHOPIFY_SHOP_DOMAIN="zampa-prova.myshopify.com")


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch) -> None:
    monkeypatch.setattr(tasks, "_come_again", lambda *_, **__: True)
    monkeypatch.setattr("orders.shop_calls.wake", lambda *_: None)


def as_role(role: str) -> Client:
    sync_roles()
    user = User.objects.create_user(f"a {role}", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    browser = Client()
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def make_call(**changes) -> ShopCall:
    values = {
        "order": make_order(shopify_id=77, product=None),
        "key": "tag:confirmed",
        "kind": ShopCall.Kind.ADD_TAGS,
        "payload": {"tags": ["COD-confermato"]},
        "state": ShopCall.State.FAILED,
        "error": "refused",
        "error_detail": "Order is archived",
        "attempts": 3,
        "created_at": NOW,
        "due_at": NOW,
    }
    return ShopCall.objects.create(**values | changes)


def test_a_failed_call_says_why_in_words_and_offers_another_try() -> None:
    call = make_call()
    agent = as_role(AGENT)

    listed = agent.get("/admin/orders/shopcall/").content.decode()
    page = agent.get(f"/admin/orders/shopcall/{call.pk}/change/").content.decode()

    assert "COD-confermato" in listed
    assert "Shopify ha rifiutato. Shopify dice: “Order is archived”" in listed
    assert f"/admin/orders/shopcall/{call.pk}/repeat/" in page
    assert "Non riuscito" in page
    assert "&#x27;failed&#x27;" not in page
    assert "Aggiungere etichette" in page
    assert "add_tags" not in page.lower()


def test_another_try_is_asked_for_and_a_second_click_changes_nothing() -> None:
    call = make_call()
    agent = as_role(AGENT)
    address = f"/admin/orders/shopcall/{call.pk}/repeat/"

    assert agent.get(address).status_code == 200
    call.refresh_from_db()
    assert call.state == ShopCall.State.FAILED

    agent.post(address)
    call.refresh_from_db()
    assert (call.state, call.attempts, call.error) == (ShopCall.State.WAITING, 0, "")

    again = agent.post(address, follow=True)
    assert "Non è cambiato nulla" in again.content.decode()


def test_who_plans_campaigns_sees_no_calls() -> None:
    call = make_call()
    marketer = as_role(MARKETER)

    assert marketer.get("/admin/orders/shopcall/").status_code == 403
    assert marketer.post(f"/admin/orders/shopcall/{call.pk}/repeat/").status_code == 403
    assert ShopCall.objects.get().state == ShopCall.State.FAILED


@CONNECTED
def test_an_import_is_asked_for_started_once_and_shows_its_progress() -> None:
    boss = as_role(ADMIN)

    assert boss.get("/admin/orders/shopimport/start/").status_code == 200
    assert not ShopImport.objects.exists()
    begun = boss.post("/admin/orders/shopimport/start/", follow=True)
    boss.post("/admin/orders/shopimport/start/")

    running = ShopImport.objects.get()
    assert running.started_by is not None
    assert "Lettura del negozio" in begun.content.decode()
    ShopImportPart.objects.filter(kind="orders").update(
        step="keeping", total=1500, done=300, created=300
    )
    state = boss.get(f"/admin/orders/shopimport/{running.pk}/state/").content.decode()
    assert "300 di 1.500" in state
    assert 'hx-trigger="every 2s"' in state


@CONNECTED
def test_an_import_is_stopped_and_goes_on() -> None:
    boss = as_role(ADMIN)
    boss.post("/admin/orders/shopimport/start/")
    pk = ShopImport.objects.get().pk

    boss.post(f"/admin/orders/shopimport/{pk}/stop/")
    assert ShopImport.objects.get().status == "stopped"
    boss.post(f"/admin/orders/shopimport/{pk}/go-on/")

    assert ShopImport.objects.get().status == "running"


@override_settings(SHOPIFY_SHOP_DOMAIN="")
def test_without_a_shop_nothing_is_started_and_the_page_says_what_is_missing() -> None:
    boss = as_role(ADMIN)

    asked = boss.get("/admin/orders/shopimport/start/").content.decode()
    boss.post("/admin/orders/shopimport/start/")

    assert "SHOPIFY_SHOP_DOMAIN" in asked
    assert not ShopImport.objects.exists()


def test_an_agent_starts_no_import_and_no_check() -> None:
    agent = as_role(AGENT)

    assert agent.post("/admin/orders/shopimport/start/").status_code == 403
    assert agent.post("/admin/orders/reconciliation/now/").status_code == 403
    assert not ShopImport.objects.exists()
    assert not Reconciliation.objects.exists()


def test_orders_that_end_at_60_days_are_explained() -> None:
    done = ShopImport.objects.create(status="done", started_at=NOW, touched_at=NOW, due_at=NOW)
    ShopImportPart.objects.create(shop_import=done, kind="orders", step="done", oldest_at=NOW)

    page = as_role(ADMIN).get(f"/admin/orders/shopimport/{done.pk}/change/").content.decode()

    assert "read_all_orders" in page


def test_a_check_now_opens_a_pass_of_each_kind_once() -> None:
    boss = as_role(ADMIN)

    boss.post("/admin/orders/reconciliation/now/")
    boss.post("/admin/orders/reconciliation/now/")

    kinds = Reconciliation.objects.order_by("kind").values_list("kind", flat=True)
    assert list(kinds) == ["checkouts", "customers", "orders"]


def test_the_checks_say_up_to_when_all_is_known_and_what_stops_them() -> None:
    Reconciliation.objects.create(
        kind="orders", since=NOW, started_at=NOW, touched_at=NOW, finished_at=NOW, seen=9, brought=2
    )
    Reconciliation.objects.create(
        kind="customers", since=NOW, started_at=NOW, touched_at=NOW, error="access_denied"
    )

    page = as_role(ADMIN).get("/admin/orders/reconciliation/").content.decode()

    assert "mai chiesto" in page
    assert "manca un permesso" in page


def test_a_consent_that_could_not_be_written_is_listed_with_whose_it_is_and_why() -> None:
    anna = make_contact(first_name="Anna", last_name="Bianchi")
    account = ShopifyCustomer.objects.create(shopify_id=7001, contact=anna)
    call = make_call(
        order=None,
        customer=account,
        contact=anna,
        key="consent",
        kind=ShopCall.Kind.WRITE_CONSENT,
        payload={"state": "withdrawn", "at": NOW.isoformat()},
        state=ShopCall.State.SKIPPED,
        error="no_default_phone",
        error_detail="",
    )
    agent = as_role(AGENT)

    listed = agent.get("/admin/orders/shopcall/?q=Bianchi").content.decode()
    page = agent.get(f"/admin/orders/shopcall/{call.pk}/change/").content.decode()
    asked = agent.get(f"/admin/orders/shopcall/{call.pk}/repeat/").content.decode()

    for shown in (listed, page, asked):
        assert "Anna Bianchi" in shown
        assert "WhatsApp: iscrizione annullata" in shown
        assert "Su Shopify il cliente non ha un telefono" in shown
    assert "Riprova" in page


def test_who_is_no_customer_is_listed_without_another_try() -> None:
    call = make_call(
        order=None,
        contact=make_contact(),
        kind=ShopCall.Kind.WRITE_CONSENT,
        payload={"state": "withdrawn"},
        state=ShopCall.State.SKIPPED,
        error="no_account",
        error_detail="",
    )

    page = as_role(AGENT).get(f"/admin/orders/shopcall/{call.pk}/change/").content.decode()

    assert "non è un cliente del negozio" in page
    assert f"/shopcall/{call.pk}/repeat/" not in page
