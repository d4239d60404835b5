"""An order: what the shop knows, and what staff and the courier may do with it."""

from html import escape

from aiohttp import web

from orders.shopify.simulator.acts import changing, parcels
from orders.shopify.simulator.acts.buying import ActRefused
from orders.shopify.simulator.forms import Json
from orders.shopify.simulator.page import frame
from orders.shopify.simulator.page.traffic import calls_of, webhooks_of
from orders.shopify.simulator.server import SHOP
from orders.shopify.simulator.shop import Shop
from orders.shopify.simulator.things import Address, Fulfillment, Order

_REFUSALS = (
    ("event", "lo dice il corriere"),
    ("tag", "con il tag «rifiutato»"),
    ("cancel", "annullando l'ordine"),
    ("restock", "rimettendo la merce a scaffale"),
    ("return", "con un reso di Shopify"),
)


async def listed(request: web.Request) -> web.Response:
    shop = request.app[SHOP]
    body = f'<div data-live="/_page/orders">{_list(shop)}</div>'
    return frame.page(shop, title="Ordini", at="/orders", body=body)


async def list_part(request: web.Request) -> web.Response:
    return part(request, _list(request.app[SHOP]))


def part(request: web.Request, text: str) -> web.Response:
    """204 where nothing has changed since the version that is shown."""
    shop = request.app[SHOP]
    headers = {"X-Version": str(shop.version), "Cache-Control": "no-store"}
    if request.query.get("since") == str(shop.version):
        return web.Response(status=204, headers=headers)
    return web.Response(text=text, content_type="text/html", headers=headers)


def _list(shop: Shop) -> str:
    orders = sorted(shop.state.orders.values(), key=lambda one: (one.created_at, one.id))[-60:]
    if not orders:
        return '<p class="empty">Ancora nessun ordine. <a href="/">Fanne uno.</a></p>'
    rows = "".join(_row(shop, one) for one in reversed(orders))
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="Ordini"><table><thead><tr>'
        "<th>Ordine</th><th>Cliente</th><th>Totale</th><th>Pagamento</th><th>Spedizione</th>"
        f"<th>Tag</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(shop: Shop, one: Order) -> str:
    return (
        f'<tr><td><a href="/orders/{one.id}">{escape(one.name)}</a><br><small>'
        f"{frame.day_and_time(one.created_at)}</small></td><td>{escape(_who(shop, one))}</td>"
        f"<td>{frame.euro(one.current_total_cents)}</td><td>{_payment(one)}</td>"
        f"<td>{_shipping(one)}</td><td>{_tags(one)}</td></tr>"
    )


def _who(shop: Shop, one: Order) -> str:
    customer, address = shop.customer_of(one), one.shipping_address
    named = customer or address
    return f"{named.first_name} {named.last_name}".strip() if named else "Nessuno"


def _payment(one: Order) -> str:
    text, look = frame.FINANCIAL.get(one.financial_status, (one.financial_status, "plain"))
    return frame.mark(text, look)


def _shipping(one: Order) -> str:
    if one.cancelled_at:
        return frame.mark("Annullato", "bad")
    said = [parcel.shipment_status for parcel in one.fulfillments if parcel.shipment_status]
    if said:
        look = {"delivered": "good", "failure": "bad", "attempted_delivery": "warn"}
        return frame.mark(frame.COURIER.get(said[-1], said[-1]), look.get(said[-1], "plain"))
    return frame.mark(*frame.SHIPPED[one.fulfillment_status])


def _tags(one: Order) -> str:
    return "".join(f'<span class="tag">{escape(tag)}</span>' for tag in one.tags) or "–"


def _order(request: web.Request) -> Order:
    found = request.app[SHOP].state.orders.get(int(request.match_info["id"]))
    if found is None:
        raise web.HTTPNotFound(text="Questo ordine non c'è.")
    return found


async def shown(request: web.Request) -> web.Response:
    shop, order = request.app[SHOP], _order(request)
    body = f'<div data-live="/_page/orders/{order.id}">{state(shop, order)}</div>'
    said = request.query.get("said", "")
    return frame.page(shop, title=f"Ordine {order.name}", at="/orders", body=body, notice=said)


async def shown_part(request: web.Request) -> web.Response:
    return part(request, state(request.app[SHOP], _order(request)))


def state(shop: Shop, order: Order) -> str:
    return (
        f'<p class="marks">{_payment(order)}{_shipping(order)}'
        f"{frame.mark(', '.join(order.gateways) or 'Nessun nome di pagamento')}</p>"
        '<div class="columns"><div>'
        f'<section class="card"><h2>Tag</h2><p data-tags>{_tags(order)}</p>'
        f'<h2>Nota</h2><p class="note" data-note>{escape(order.note) or "–"}</p></section>'
        f'<section class="card"><h2>Che cosa</h2>{_lines(order)}</section>'
        f'<section class="card"><h2>Indirizzo</h2>{_address(order.shipping_address)}</section>'
        f"{_parcels(order)}</div><div>"
        f'<section class="card"><h2>Che cosa succede</h2>{_doings(order)}</section>'
        f'<section class="card"><h2>Chiamate dell\'app</h2>{calls_of(shop, order)}</section>'
        f'<section class="card"><h2>Webhook</h2>{webhooks_of(shop, order)}</section>'
        "</div></div>"
    )


def _lines(order: Order) -> str:
    rows = "".join(
        f"<li><span>{one.current_quantity} × {escape(one.title)}</span>"
        f"<span>{frame.euro(one.price_cents * one.current_quantity)}</span></li>"
        for one in order.lines
    )
    rows += "".join(
        f"<li><span>{escape(one.title)}</span><span>{frame.euro(one.price_cents)}</span></li>"
        for one in order.shipping_lines
    )
    return (
        f'<ul class="sums">{rows}<li class="total"><span>Totale</span>'
        f"<span>{frame.euro(order.current_total_cents)}</span></li>"
        f'<li class="total"><span>Da pagare al corriere</span>'
        f"<span>{frame.euro(order.outstanding_cents)}</span></li></ul>"
    )


def _address(one: Address | None) -> str:
    if one is None:
        return "<p>Nessun indirizzo.</p>"
    lines = (
        f"{one.first_name} {one.last_name}",
        f"{one.address1} {one.address2}",
        f"{one.zip} {one.city} {one.province_code}",
        one.phone,
    )
    return f"<address data-address>{'<br>'.join(escape(each.strip()) for each in lines)}</address>"


def _parcels(order: Order) -> str:
    return "".join(_parcel(one) for one in order.fulfillments)


def _parcel(one: Fulfillment) -> str:
    events = "".join(
        f"<li>{frame.day_and_time(each.happened_at)} "
        f"{escape(frame.COURIER.get(each.status, each.status))} {escape(each.message)}</li>"
        for each in one.events
    )
    tracking = f"{one.company} {one.tracking_number}".strip() or "senza numero di spedizione"
    voided = " (annullato)" if one.status == "cancelled" else ""
    return (
        f'<section class="card"><h2>Pacco {escape(one.name)}{voided}</h2>'
        f'<p>{escape(tracking)}</p><ol class="events">{events}</ol></section>'
    )


def _doings(order: Order) -> str:
    """What may happen now: one form, one button each."""
    if order.cancelled_at:
        return "<p>L'ordine è annullato: non succede più niente.</p>"
    buttons: list[str] = []
    sent = [one for one in order.fulfillments if one.status == "success"]
    if order.to_ship:
        couriers = [(name, name) for name in parcels.COURIERS]
        buttons.append(
            _doing(order, "ship", "Spedisci", frame.select("Corriere", "company", couriers))
        )
    if sent:
        buttons.append(_news(order))
        buttons.append(_doing(order, "refuse", "Il pacco è rifiutato", _refusals()))
    if not order.fulfillment_status:
        buttons.append(_doing(order, "edit", "Cambia i pezzi", _quantities(order)))
        buttons.append(_doing(order, "cancel", "Annulla l'ordine"))
    if order.outstanding_cents:
        buttons.append(_doing(order, "pay", "Segna come pagato"))
    buttons.append(_doing(order, "tag", "Aggiungi il tag", frame.field("Tag", "tags")))
    return f'<div class="doings">{"".join(buttons)}</div>'


_NEWS = (
    ("in_transit", "È in viaggio"),
    ("out_for_delivery", "È in consegna"),
    ("attempted_delivery", "Tentata consegna"),
    ("delivered", "Consegnato"),
)


def _news(order: Order) -> str:
    """What the courier may say, all in one row."""
    words = "".join(frame.button(label, verb) for verb, label in _NEWS)
    return f'<form method="post" action="/_page/orders/{order.id}/do">{words}</form>'


def _refusals() -> str:
    return frame.select("Come si viene a sapere", "how", _REFUSALS)


def _quantities(order: Order) -> str:
    return "".join(
        frame.field(
            f"Pezzi: {one.title}",
            f"line-{one.id}",
            value=str(one.current_quantity),
            kind="number",
            extra='min="0" max="99"',
        )
        for one in order.lines
    )


def _doing(order: Order, verb: str, label: str, fields: str = "") -> str:
    return (
        f'<form method="post" action="/_page/orders/{order.id}/do">{fields}'
        f"{frame.button(label, verb)}</form>"
    )


async def do(request: web.Request) -> web.Response:
    """Do it, then show the order; why not stands above it."""
    shop, order = request.app[SHOP], _order(request)
    said = {key: str(value) for key, value in (await request.post()).items()}
    try:
        _carry_out(shop, order, said.get("do", ""), said)
    except (ActRefused, ValueError) as refused:
        raise web.HTTPSeeOther(
            frame.address_with(f"/orders/{order.id}", said=_in_words(refused))
        ) from refused
    raise web.HTTPSeeOther(f"/orders/{order.id}")


def _carry_out(shop: Shop, order: Order, verb: str, said: dict[str, str]) -> None:
    news = {word for word, _ in _NEWS}
    if verb in news:
        parcels.courier_says(shop, order, parcels.last_parcel(order), verb)
    elif verb == "ship":
        parcels.ship(shop, order, company=said.get("company", "BRT"))
    elif verb == "refuse":
        parcels.refuse(shop, order, how=said.get("how", "event"))
    elif verb == "edit":
        changing.edit(shop, order, quantities=_wanted(said))
    elif verb == "cancel":
        changing.cancel(shop, order)
    elif verb == "pay":
        changing.pay(shop, order)
    elif verb == "tag":
        changing.add_tags(shop, order, said.get("tags", "").split(","))
    else:
        raise ActRefused("This cannot be done.")


def _wanted(said: Json) -> dict[str, int]:
    return {
        name.removeprefix("line-"): int(value)
        for name, value in said.items()
        if name.startswith("line-")
    }


def _in_words(refused: Exception) -> str:
    words = {
        "Nothing was changed.": "Non è cambiato niente: scrivi un altro numero di pezzi.",
        "Nothing is left to ship.": "Non c'è più niente da spedire.",
        "Nothing was shipped yet.": "Il pacco non è ancora partito.",
    }
    return words.get(str(refused), "Adesso non si può fare.")
