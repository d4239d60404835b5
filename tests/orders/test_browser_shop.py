"""The pages of the shop, of an order and of a privacy request in a real browser, dark and narrow too."""

import os
import shutil
from threading import Event
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connections
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import sync_playwright

from config.roles import ADMIN
from orders.models import (
    CodEvent,
    Parcel,
    ParcelEvent,
    Reconciliation,
    ShopCall,
    ShopImport,
    ShopImportPart,
)
from orders.privacy.requests import Asked, Kind, note_request
from orders.shops import current_shop
from tests.factories.campaigns import make_account
from tests.factories.orders import make_order
from tests.factories.people import make_member

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM, reason="needs Chromium: apt-get install chromium"),
]
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    # Of what is in order it need not tell every element: the answer would be megabytes.
    "resultTypes": ["violations"],
}
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def page(monkeypatch, live_server, client):
    """A browser of 390 px in the dark, logged in as an admin."""
    # Playwright's own loop makes Django believe that this thread is asynchronous.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    make_account()
    client.force_login(make_member(ADMIN), backend="django.contrib.auth.backends.ModelBackend")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        shape: Any = {"viewport": PHONE, "color_scheme": "dark"}
        context = browser.new_context(locale="it-IT", **shape)
        value = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": value, "url": live_server.url}])
        opened = context.new_page()
        yield opened
        opened.goto("about:blank")
        # What the server still answers ends before the tables are emptied.
        Event().wait(0.5)
        browser.close()
        connections.close_all()


def pages():
    now = timezone.now()
    order = make_order(
        is_cod=True,
        gateway_names=["Contrassegno"],
        placed_at=now,
        shipping_address={
            "address1": "Via Roma",
            "zip": "80100",
            "city": "Napoli",
            "country_code": "IT",
        },
        tags=["COD"],
    )
    parcel = Parcel.objects.create(
        order=order,
        name="#1001.1",
        status="success",
        shipment="out_for_delivery",
        courier="BRT",
        tracking_number="BRT55",
        tracking_url="https://vas.brt.it/55",
        shipped_at=now,
    )
    ParcelEvent.objects.create(parcel=parcel, status="out_for_delivery", happened_at=now)
    CodEvent.objects.create(order=order, at=now, verb="confirmed", evidence="sì confermo")
    request = note_request(
        asked=Asked(
            kind=Kind.DATA_REQUEST,
            shop_domain="prova.myshopify.com",
            asked_at=now,
            request_id=9,
            customer_id=7001,
            email="giulia@example.com",
        ),
        now=now,
    )
    return {
        "shop": reverse("admin:orders_shop_change", args=[current_shop().pk]),
        "order": reverse("admin:orders_order_change", args=[order.pk]),
        "request": reverse("admin:orders_privacyrequest_change", args=[request.pk]),
        "close": reverse("admin:orders_privacyrequest_close", args=[request.pk]),
    }


def look_at(page, url, pages):
    for name, address in pages.items():
        page.goto(url + address)

        found = Axe().run(page, options=RULES).response["violations"]
        assert [(rule["id"], rule["nodes"][0]["html"][:120]) for rule in found] == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], name
        if folder := os.environ.get("SHOTS"):
            page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_the_pages_are_accessible_and_fit_a_phone(page, live_server):
    look_at(page, live_server.url, pages())


def pages_of_work():
    """What the shop is told, read whole, and asked."""
    now = timezone.now()
    failed = ShopCall.objects.create(
        order=make_order(shopify_id=77),
        key="address:1",
        kind=ShopCall.Kind.UPDATE_ADDRESS,
        payload={"address": {"address1": "Via Roma 12", "zip": "80100", "city": "Napoli"}},
        state=ShopCall.State.FAILED,
        error="refused",
        error_detail="Order is archived",
        attempts=3,
        created_at=now,
        due_at=now,
    )
    running = ShopImport.objects.create(started_at=now, touched_at=now, due_at=now)
    for kind, step, done in (("products", "done", 200), ("customers", "keeping", 31_250)):
        ShopImportPart.objects.create(
            shop_import=running, kind=kind, step=step, total=60_000, done=done, created=done
        )
    ShopImportPart.objects.create(shop_import=running, kind="orders", step="asked", found=90_000)
    Reconciliation.objects.create(
        kind="orders", since=now, started_at=now, touched_at=now, error="unreachable", seen=12
    )
    return {
        "calls": reverse("admin:orders_shopcall_changelist"),
        "call": reverse("admin:orders_shopcall_change", args=[failed.pk]),
        "repeat": reverse("admin:orders_shopcall_repeat", args=[failed.pk]),
        "imports": reverse("admin:orders_shopimport_changelist"),
        "start": reverse("admin:orders_shopimport_start"),
        "import": reverse("admin:orders_shopimport_change", args=[running.pk]),
        "checks": reverse("admin:orders_reconciliation_changelist"),
    }


@override_settings(SHOPIFY_SHOP_DOMAIN="zampa-prova.myshopify.com")
def test_the_pages_of_the_shops_work_are_accessible_and_fit_a_phone(page, live_server):
    look_at(page, live_server.url, pages_of_work())
