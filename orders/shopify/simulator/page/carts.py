"""Checkouts that were left behind, and what may become of them."""

from html import escape

from aiohttp import web

from orders.shopify.simulator.acts import buying
from orders.shopify.simulator.acts.buying import Purchase, Wish
from orders.shopify.simulator.page import frame
from orders.shopify.simulator.server import SHOP
from orders.shopify.simulator.shop import Shop
from orders.shopify.simulator.things import Checkout


async def listed(request: web.Request) -> web.Response:
    shop = request.app[SHOP]
    found = sorted(shop.state.checkouts.values(), key=lambda one: one.id, reverse=True)[:60]
    rows = "".join(_row(shop, one) for one in found)
    body = f'<ul class="carts">{rows}</ul>' if rows else _nothing()
    return frame.page(shop, title="Carrelli lasciati", at="/checkouts", body=body)


def _nothing() -> str:
    return (
        '<p class="empty">Nessuno ha lasciato un carrello. Riempine uno nel <a href="/">negozio</a> '
        "e premi «Lascia il carrello».</p>"
    )


def _row(shop: Shop, one: Checkout) -> str:
    customer = shop.customer_of(one)
    name = f"{customer.first_name} {customer.last_name}".strip() if customer else one.email
    what = ", ".join(f"{line.quantity} × {line.title}" for line in one.lines)
    done = frame.mark("Diventato un ordine", "good") if one.completed_at else _verbs(one)
    return (
        f'<li class="card"><p><strong>{escape(name or "Sconosciuto")}</strong> '
        f"{frame.day_and_time(one.created_at)} · {frame.euro(one.total_cents)}</p>"
        f"<p>{escape(what)}</p>{done}</li>"
    )


def _verbs(one: Checkout) -> str:
    return (
        f'<form method="post" action="/_page/checkouts/{one.id}/do" class="actions">'
        f"{frame.button('Ordina in contrassegno', 'order')}{frame.button('Cancella', 'drop')}</form>"
    )


async def do(request: web.Request) -> web.Response:
    shop = request.app[SHOP]
    checkout = shop.state.checkouts.get(int(request.match_info["id"]))
    if checkout is None or checkout.completed_at:
        raise web.HTTPSeeOther("/checkouts")
    if (await request.post()).get("do") == "drop":
        buying.drop_checkout(shop, checkout)
        raise web.HTTPSeeOther("/checkouts")
    wishes = tuple(
        Wish(one.product_id, one.quantity, title=one.title, price_cents=one.price_cents)
        for one in checkout.lines
    )
    bought = Purchase(
        wishes=wishes,
        customer=shop.customer_of(checkout),
        address=checkout.shipping_address,
        checkout=checkout,
    )
    order = buying.place(shop, bought)
    raise web.HTTPSeeOther(f"/orders/{order.id}")
