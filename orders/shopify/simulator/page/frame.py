"""The frame of every page, and small pieces of HTML. Everything from outside is escaped."""

from collections.abc import Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from urllib.parse import urlencode

from aiohttp import web

from orders.shopify.simulator.forms import ROME
from orders.shopify.simulator.shop import Shop

STATIC = Path(__file__).parent / "static"
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_PLACES = (
    ("/", "Negozio"),
    ("/orders", "Ordini"),
    ("/checkouts", "Carrelli"),
    ("/traffic", "Traffico"),
)
_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect "
    "width='32' height='32' rx='9' fill='%234c3fb0'/%3E%3Cpath d='M9 12h14l-1.2 11H10.2zM12 12a4 4 0 "
    "0 1 8 0' fill='none' stroke='%23fff' stroke-width='2'/%3E%3C/svg%3E"
)
FINANCIAL = {
    "pending": ("Da pagare", "warn"),
    "paid": ("Pagato", "good"),
    "partially_paid": ("Pagato in parte", "warn"),
    "partially_refunded": ("Rimborsato in parte", "plain"),
    "refunded": ("Rimborsato", "plain"),
    "voided": ("Annullato", "plain"),
}
SHIPPED = {
    None: ("Da spedire", "plain"),
    "partial": ("Spedito in parte", "plain"),
    "fulfilled": ("Spedito", "good"),
}
COURIER = {
    "label_printed": "Etichetta stampata",
    "confirmed": "Annunciato al corriere",
    "carrier_picked_up": "Ritirato dal corriere",
    "in_transit": "In viaggio",
    "out_for_delivery": "In consegna",
    "attempted_delivery": "Tentata consegna",
    "ready_for_pickup": "Pronto per il ritiro",
    "delayed": "In ritardo",
    "delivered": "Consegnato",
    "failure": "Non consegnato",
    "returning_to_sender": "Torna al mittente",
}


def html(text: str) -> web.Response:
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
    return web.Response(text=text, content_type="text/html", headers=headers)


def page(shop: Shop, *, title: str, at: str, body: str, notice: str = "") -> web.Response:
    """`at` is the place of the navigation that is current; `notice` says why something was refused."""
    links = "".join(_link(path, name, at) for path, name in _PLACES)
    if shop.phones_url:
        links += (
            f'<a href="{escape(shop.phones_url)}" target="_blank" rel="noopener">Telefoni ↗</a>'
        )
    said = f'<p class="notice" role="alert">{escape(notice)}</p>' if notice else ""
    return html(
        '<!doctype html><html lang="it"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)} · {escape(shop.config.shop_name)}</title>"
        f'<link rel="icon" href="{_ICON}"><link rel="stylesheet" href="/_page/static/page.css">'
        '<script src="/_page/static/page.js" defer></script></head><body>'
        f'<header class="top"><p class="brand">{escape(shop.config.shop_name)} '
        f"<small>Simulatore di Shopify: niente esce da questa macchina</small></p>"
        f'<nav aria-label="Pagine">{links}</nav></header>'
        f"<main>{said}<h1>{escape(title)}</h1>{body}</main></body></html>"
    )


def _link(path: str, name: str, at: str) -> str:
    current = ' aria-current="page"' if path == at else ""
    return f'<a href="{path}"{current}>{name}</a>'


def euro(cents: int) -> str:
    """`1.234,50 €`"""
    whole, rest = divmod(abs(cents), 100)
    grouped = f"{whole:,}".replace(",", ".")
    return f"{'-' if cents < 0 else ''}{grouped},{rest:02d} €"


def day_and_time(at: datetime) -> str:
    return at.astimezone(ROME).strftime("%d/%m %H:%M")


def mark(text: str, look: str = "plain") -> str:
    return f'<span class="mark {look}">{escape(text)}</span>'


def field(
    label: str, name: str, *, value: str = "", kind: str = "text", hint: str = "", extra: str = ""
) -> str:
    more = f"<small>{escape(hint)}</small>" if hint else ""
    return (
        f'<label class="field"><span>{escape(label)}</span>'
        f'<input type="{kind}" name="{name}" value="{escape(value)}" autocomplete="off" {extra}>'
        f"{more}</label>"
    )


def select(
    label: str, name: str, options: Sequence[tuple[str, str]], *, chosen: str = "", extra: str = ""
) -> str:
    items = "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(text)}</option>'
        for value, text in options
    )
    return (
        f'<label class="field"><span>{escape(label)}</span>'
        f'<select name="{name}" {extra}>{items}</select></label>'
    )


def check(label: str, name: str, *, is_on: bool = False) -> str:
    state = " checked" if is_on else ""
    return (
        f'<label class="check"><input type="checkbox" name="{name}" value="1"{state}>'
        f"<span>{escape(label)}</span></label>"
    )


def button(label: str, value: str = "", *, look: str = "plain", name: str = "do") -> str:
    return f'<button class="{look}" name="{name}" value="{escape(value)}">{escape(label)}</button>'


def address_with(path: str, **query: str) -> str:
    return f"{path}?{urlencode(query)}" if query else path
