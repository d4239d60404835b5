import pytest
import requests

FORM = {"customer": "new", "new_first_name": "Lia", "new_phone": "+39 347 555 1212"}
PLACE = {"address1": "Via Po 3", "zip": "10124", "city": "Torino", "province_code": "to"}


@pytest.fixture
def at(process, shop):
    """Look at a page, or press a button of it; redirections are followed."""

    def go(path: str, **form: str) -> requests.Response:
        url = f"{process.url}{path}"
        return requests.post(url, data=form, timeout=5) if form else requests.get(url, timeout=5)

    return go


def test_a_person_orders_and_sees_the_order(shop, at):
    product = shop.products()[0]

    shown = at("/_page/buy", **FORM, **PLACE, **{f"product-{product['id']}": "2"}, new_whatsapp="1")

    [order] = shop.get("orders")["orders"]
    assert shown.url.endswith(f"/orders/{order['id']}")
    assert "Cash on Delivery (COD)" in shown.text
    assert order["shipping_address"]["province_code"] == "TO"
    assert order["lines"][0]["quantity"] == 2
    assert shop.customers()[-1]["whatsapp_consent"]["state"] == "subscribed"


def test_the_house_number_can_be_left_out(shop, at):
    product = shop.products()[0]["id"]

    at("/_page/buy", **FORM, **PLACE, **{f"product-{product}": "1"}, without_number="1")

    [order] = shop.get("orders")["orders"]
    assert order["shipping_address"]["address1"] == "Via Po"


def test_an_empty_cart_is_refused_and_makes_nobody(shop, at):
    before = len(shop.customers())

    shown = at("/_page/buy", **FORM, do="order")

    assert "Metti almeno un prodotto nel carrello." in shown.text
    assert shop.get("orders")["orders"] == []
    assert len(shop.customers()) == before


def test_a_cart_that_was_left_becomes_an_order(shop, at):
    customer, product = shop.customers()[0]["id"], shop.products()[0]["id"]
    left = at("/_page/buy", customer=str(customer), do="abandon", **{f"product-{product}": "1"})
    [checkout] = shop.get("checkouts")["checkouts"]

    at(f"/_page/checkouts/{checkout['id']}/do", do="order")

    [order] = shop.get("orders")["orders"]
    assert "Ada Ferri" in left.text
    assert order["checkout_token"] == checkout["token"]
    assert "Diventato un ordine" in at("/checkouts").text


def test_the_buttons_of_an_order_do_what_they_say(shop, at):
    order = shop.place()
    do = f"/_page/orders/{order['id']}/do"

    at(do, do="ship", company="GLS")
    at(do, do="out_for_delivery")
    refused = at(do, do="refuse", how="tag")
    again = at(do, do="ship")

    kept = shop.order(order["id"])
    assert kept["fulfillments"][0]["company"] == "GLS"
    assert kept["fulfillments"][0]["shipment_status"] == "out_for_delivery"
    assert kept["tags"] == ["rifiutato"]
    assert "rifiutato" in refused.text
    assert "Non c'è più niente da spedire." in again.text.replace("&#x27;", "'")


def test_the_switches_change_how_the_shop_behaves(shop, at):
    at("/_page/switches", do="set", duplicate_share="1", throttle_every="1")
    on = shop.get("config")
    at("/_page/switches", do="set")
    off = shop.get("config")

    assert (on["duplicate_share"], on["throttle_every"]) == (1.0, 2)
    assert (off["duplicate_share"], off["throttle_every"]) == (0.0, 0)


def test_the_live_part_is_sent_only_when_something_changed(shop, at):
    order = shop.place()
    shop.settled()
    first = at(f"/_page/orders/{order['id']}")
    version = first.headers["X-Version"]
    same = at(f"/_page/orders/{order['id']}?since={version}")
    shop.act(order["id"], "tag", tags=["COD"])
    later = at(f"/_page/orders/{order['id']}?since={version}")

    assert (first.status_code, same.status_code, later.status_code) == (200, 204, 200)
    assert "COD</span>" in later.text


def test_nothing_that_comes_from_outside_becomes_markup(shop, at):
    evil = "<script>alert(1)</script>"
    order = shop.place(customer={"first_name": evil, "email": f"{evil}@x"}, note=evil, tags=[evil])
    shop.abandon(customer=shop.customers()[-1]["id"], lines=[{"title": evil, "price_cents": 1}])

    paths = ("/", "/orders", f"/orders/{order['id']}", "/checkouts", "/traffic")
    pages = [at(path) for path in paths]

    assert all("<script>alert" not in page.text for page in pages)
    assert all("script-src 'self'" in page.headers["Content-Security-Policy"] for page in pages)


@pytest.mark.parametrize("path", ["/orders/12", "/orders/x", "/_page/orders/12"])
def test_an_order_that_is_not_there_is_not_found(at, path):
    assert at(path).status_code == 404
