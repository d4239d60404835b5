"""The shop front: somebody buys, or leaves the cart."""

import json
import re
from dataclasses import replace
from html import escape

from aiohttp import web

from orders.shopify.simulator.acts import buying
from orders.shopify.simulator.acts.buying import COD, ActRefused, Purchase, Wish
from orders.shopify.simulator.page import frame
from orders.shopify.simulator.server import SHOP
from orders.shopify.simulator.shop import Shop
from orders.shopify.simulator.things import Address, Customer, Product

SHOWN = 24
# What the buyer chooses → the name that arrives, and whether it is paid at once.
PAYMENTS: dict[str, tuple[str, bool]] = {
    "cod": (COD, False),
    "contrassegno": ("Contrassegno", False),
    "alla-consegna": ("Pagamento alla consegna", False),
    "carta": ("shopify_payments", True),
    "bonifico": ("Bonifico bancario", False),
}
_PAYMENT_NAMES = (
    ("cod", "Contrassegno (nome di Shopify)"),
    ("contrassegno", "«Contrassegno»"),
    ("alla-consegna", "«Pagamento alla consegna»"),
    ("carta", "Carta, pagato subito"),
    ("bonifico", "Bonifico, da pagare"),
)
_ADDRESS = (
    "first_name",
    "last_name",
    "address1",
    "address2",
    "zip",
    "city",
    "province_code",
    "phone",
)


async def front(request: web.Request) -> web.Response:
    shop = request.app[SHOP]
    return frame.page(
        shop, title="Fai un ordine", at="/", body=_form(shop), notice=request.query.get("said", "")
    )


def _form(shop: Shop) -> str:
    return (
        '<form method="post" action="/_page/buy" class="buy" data-buy>'
        f'<section class="card"><h2>Chi compra</h2>{_people(shop)}'
        f"<h2>Come paga</h2>{_payment()}</section>"
        f'<section class="card"><h2>Dove</h2>{_address_fields()}</section>'
        f'<section class="card wide"><h2>Che cosa</h2>{_shelf(shop)}</section>'
        f'<section class="card wide"><h2>Casi particolari</h2>{_special()}</section>'
        '<div class="actions">'
        + frame.button("Ordina", "order", look="main")
        + frame.button("Lascia il carrello", "abandon")
        + "</div></form>"
    )


def _people(shop: Shop) -> str:
    known = [(str(one.id), _called(one)) for one in shop.state.customers.values()]
    options = [*known, ("new", "Un cliente nuovo…"), ("none", "Nessun cliente (ordine da un'app)")]
    return (
        frame.select("Cliente", "customer", options, extra="data-customer")
        + f'<div hidden data-addresses="{escape(json.dumps(_addresses(shop)))}"></div>'
        + '<fieldset data-new><legend>Solo per un cliente nuovo</legend><div class="pair">'
        + frame.field("Nome", "new_first_name")
        + frame.field("Cognome", "new_last_name")
        + frame.field("Telefono", "new_phone", kind="tel", hint="Per esempio +39 347 123 4567")
        + frame.field("E-mail", "new_email", kind="email")
        + "</div>"
        + frame.check("Acconsente ai messaggi WhatsApp", "new_whatsapp", is_on=True)
        + "</fieldset>"
    )


def _called(one: Customer) -> str:
    consent = one.whatsapp_consent
    marks = {"subscribed": "WhatsApp sì", "unsubscribed": "WhatsApp no"}
    note = marks.get(consent.state, "") if consent else ""
    name = f"{one.first_name} {one.last_name}".strip() or one.email or str(one.id)
    return " · ".join(part for part in (name, one.phone, note) if part)


def _addresses(shop: Shop) -> dict[str, dict[str, str]]:
    """What the script fills in when a customer is chosen."""
    return {
        str(one.id): {name: str(getattr(one.addresses[0], name)) for name in _ADDRESS}
        for one in shop.state.customers.values()
        if one.addresses
    }


def _address_fields() -> str:
    return (
        '<div class="pair">'
        + frame.field("Nome", "first_name")
        + frame.field("Cognome", "last_name")
        + frame.field("Via e numero", "address1", hint="Vuoto: l'indirizzo del cliente")
        + frame.field("Scala, interno", "address2")
        + frame.field("CAP", "zip", extra='inputmode="numeric"')
        + frame.field("Città", "city")
        + frame.field("Provincia", "province_code", extra='maxlength="2"')
        + frame.field("Telefono per il corriere", "phone", kind="tel")
        + "</div>"
        + frame.check("Senza numero civico", "without_number")
    )


def _shelf(shop: Shop) -> str:
    products = list(shop.state.products.values())[:SHOWN]
    rows = "".join(_product(one, is_first=place == 0) for place, one in enumerate(products))
    return f'<ul class="shelf">{rows}</ul>' if rows else "<p>Il negozio è vuoto.</p>"


def _product(one: Product, *, is_first: bool) -> str:
    return (
        f'<li><label><span class="title">{escape(one.title)}</span>'
        f'<span class="price">{frame.euro(one.price_cents)}</span>'
        f'<input type="number" name="product-{one.id}" min="0" max="99" value="{int(is_first)}" '
        f'aria-label="Pezzi di {escape(one.title)}"></label></li>'
    )


def _payment() -> str:
    return frame.select("Pagamento", "payment", _PAYMENT_NAMES) + frame.field(
        "Di cui con buono regalo (€)", "gift", kind="number", extra='min="0" step="0.01"'
    )


def _special() -> str:
    return (
        frame.check("Ordine di prova", "is_test")
        + frame.field("Nota del cliente", "note")
        + '<div class="pair">'
        + frame.field("Attributo: nome", "attribute_name")
        + frame.field("Attributo: valore", "attribute_value")
        + "</div>"
    )


async def buy(request: web.Request) -> web.Response:
    """Order, or leave; then show it."""
    shop, said = request.app[SHOP], {k: str(v) for k, v in (await request.post()).items()}
    try:
        purchase = purchase_of(shop, said)
        if said.get("do") == "abandon":
            buying.abandon(shop, purchase)
            raise web.HTTPSeeOther("/checkouts")
        order = buying.place(shop, purchase)
    except (ActRefused, ValueError) as refused:
        raise web.HTTPSeeOther(frame.address_with("/", said=_in_words(refused))) from refused
    raise web.HTTPSeeOther(f"/orders/{order.id}")


def _in_words(refused: Exception) -> str:
    words = {"Nothing is in the cart.": "Metti almeno un prodotto nel carrello."}
    return words.get(str(refused), "Qualcosa non va: controlla i campi.")


def purchase_of(shop: Shop, said: dict[str, str]) -> Purchase:
    """Read the form. A new customer is made only once the cart is known to hold something.

    :raises ActRefused: nothing is in the cart.
    :raises ValueError: a number is none.
    """
    wishes = tuple(_wishes(said))
    if not wishes:
        raise ActRefused("Nothing is in the cart.")
    customer = _customer(shop, said)
    gateway, is_paid = PAYMENTS.get(said.get("payment", ""), PAYMENTS["cod"])
    gift = round(float(said.get("gift") or 0) * 100)
    name = said.get("attribute_name", "").strip()
    return Purchase(
        wishes=wishes,
        customer=customer,
        gateways=("gift_card", gateway) if gift and not is_paid else (gateway,),
        is_paid=is_paid,
        paid_cents=gift,
        address=_address(said, customer),
        note=said.get("note", ""),
        attributes={name: said.get("attribute_value", "")} if name else {},
        is_test=bool(said.get("is_test")),
        source_name="web" if said.get("customer") != "none" else "shopify_draft_order",
    )


def _wishes(said: dict[str, str]) -> list[Wish]:
    found = []
    for name, value in said.items():
        if name.startswith("product-") and value and int(value) > 0:
            found.append(Wish(product_id=int(name.removeprefix("product-")), quantity=int(value)))
    return found


def _customer(shop: Shop, said: dict[str, str]) -> Customer | None:
    chosen = said.get("customer", "none")
    if chosen == "none":
        return None
    if chosen != "new":
        return shop.state.customers.get(int(chosen))
    phone = said.get("new_phone", "").replace(" ", "")
    typed = _typed(said)
    return buying.new_customer(
        shop,
        whatsapp=bool(said.get("new_whatsapp")) and bool(phone),
        first_name=said.get("new_first_name", ""),
        last_name=said.get("new_last_name", ""),
        phone=phone,
        email=said.get("new_email", ""),
        addresses=[typed] if typed else [],
    )


def _typed(said: dict[str, str]) -> Address | None:
    if not said.get("address1", "").strip():
        return None
    typed = {name: said.get(name, "").strip() for name in _ADDRESS}
    for name in ("first_name", "last_name", "phone"):
        typed[name] = typed[name] or said.get(f"new_{name}", "").strip()
    address = Address()
    for name, value in typed.items():
        setattr(address, name, value)
    address.province_code = address.province_code.upper()
    return address


def _address(said: dict[str, str], customer: Customer | None) -> Address | None:
    address = _typed(said) or (customer.addresses[0] if customer and customer.addresses else None)
    if address is None or not said.get("without_number"):
        return address
    street = re.sub(r"[,\s]*\d+\s*\w?$", "", address.address1)
    return replace(address, address1=street)
