"""What the shop and the app said to each other, and the switches that make it hard."""

import json
import re
from datetime import UTC, datetime
from html import escape

from aiohttp import web

from orders.shopify.simulator.forms import ROME, Json
from orders.shopify.simulator.page import frame
from orders.shopify.simulator.server import SHOP
from orders.shopify.simulator.shop import Shop
from orders.shopify.simulator.things import Order

SHOWN = 40
# name → what it is in words, off, on
SWITCHES: dict[str, tuple[str, float | int | str, float | int | str]] = {
    "duplicate_share": ("Ogni webhook due volte", 0.0, 1.0),
    "shuffle_seconds": ("Webhook in ordine sparso (3 s)", 0.0, 3.0),
    "delay_seconds": ("Webhook in ritardo di 30 s", 0.0, 30.0),
    "loss_share": ("I webhook si perdono", 0.0, 1.0),
    "signature": ("Firma sbagliata", "right", "wrong"),
    "throttle_every": ("Una chiamata su due è rallentata (THROTTLED)", 0, 2),
    "fail_every": ("Una chiamata su due finisce in errore 502", 0, 2),
    "protected_data": ("Senza permesso per i dati personali", "given", "denied"),
}


async def traffic(request: web.Request) -> web.Response:
    shop = request.app[SHOP]
    body = (
        f'<section class="card"><h2>Guasti</h2>{_switches(shop)}</section>'
        f'<div data-live="/_page/traffic">{_both(shop)}</div>'
    )
    return frame.page(shop, title="Traffico", at="/traffic", body=body)


async def traffic_part(request: web.Request) -> web.Response:
    shop = request.app[SHOP]
    headers = {"X-Version": str(shop.version), "Cache-Control": "no-store"}
    if request.query.get("since") == str(shop.version):
        return web.Response(status=204, headers=headers)
    return web.Response(text=_both(shop), content_type="text/html", headers=headers)


def _switches(shop: Shop) -> str:
    checks = "".join(
        frame.check(words, name, is_on=getattr(shop.config, name) != off)
        for name, (words, off, _) in SWITCHES.items()
    )
    return (
        f'<form method="post" action="/_page/switches"><div class="switches">{checks}</div>'
        f'<div class="actions">{frame.button("Applica", "set")}'
        f"{frame.button('Fai scadere i token', 'expire')}</div></form>"
    )


async def switch(request: web.Request) -> web.Response:
    shop, said = request.app[SHOP], await request.post()
    if said.get("do") == "expire":
        shop.app.issued.clear()
    else:
        shop.config.change(
            {name: on if said.get(name) else off for name, (_, off, on) in SWITCHES.items()}
        )
    shop.changed()
    raise web.HTTPSeeOther("/traffic")


def _both(shop: Shop) -> str:
    return (
        '<div class="columns"><section class="card"><h2>Webhook dal negozio</h2>'
        f"{_webhooks(list(shop.deliveries.log)[-SHOWN:])}</section>"
        '<section class="card"><h2>Chiamate dell\'app</h2>'
        f"{_calls(list(shop.calls)[-SHOWN:])}</section></div>"
    )


def webhooks_of(shop: Shop, order: Order) -> str:
    """Those whose body names the order."""
    rows = [row for row in shop.deliveries.log if str(order.id) in row["body"]]
    return _webhooks(rows[-SHOWN:])


def calls_of(shop: Shop, order: Order) -> str:
    """Those that changed something about the order; questions are left out."""
    named = [
        row
        for row in shop.calls
        if str(order.id) in json.dumps(row.get("variables") or row.get("query") or "")
        and str(row.get("query")).lstrip().startswith("mutation")
    ]
    return _calls(named[-SHOWN:])


def _webhooks(rows: list[Json]) -> str:
    if not rows:
        return "<p>Ancora nessuno.</p>"
    return '<ol class="said">' + "".join(_webhook(row) for row in reversed(rows)) + "</ol>"


def _webhook(row: Json) -> str:
    is_taken = 200 <= row["status"] < 300
    lost = "perso apposta" if row["error"] == "lost on purpose" else "nessuna risposta"
    word = str(row["status"] or lost)
    again = f" · tentativo {row['attempt']}" if row["attempt"] > 1 else ""
    return (
        f"<li>{_time(row['epoch'])} <code>{escape(row['topic'])}</code> "
        f"{frame.mark(word, 'good' if is_taken else 'bad')}{again}"
        f"{_body('Il corpo', row['body'])}</li>"
    )


def _calls(rows: list[Json]) -> str:
    if not rows:
        return "<p>Ancora nessuna.</p>"
    return '<ol class="said">' + "".join(_call(row) for row in reversed(rows)) + "</ol>"


def _call(row: Json) -> str:
    answer = row.get("answer") or {}
    errors = answer.get("errors") if isinstance(answer, dict) else None
    word = str(row["status"]) if not errors else _code(errors)
    is_well = row["status"] == 200 and not errors and '"message"' not in json.dumps(answer)
    asked = {"query": row.get("query"), "variables": row.get("variables")}
    details = _body("Domanda", json.dumps(asked["variables"], ensure_ascii=False, indent=1))
    return (
        f"<li>{_time(row['epoch'])} <code>{escape(_name(row))}</code> "
        f"{frame.mark(word, 'good' if is_well else 'bad')}{details}</li>"
    )


def _code(errors: object) -> str:
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        return str((errors[0].get("extensions") or {}).get("code") or "errore")
    return "errore"


def _name(row: Json) -> str:
    """The first field that is asked for: what the call is about."""
    if row["kind"] == "token":
        return "access_token"
    found = re.search(r"\{\s*(\w+)", str(row.get("query") or ""))
    return found[1] if found else "?"


def _time(epoch: float) -> str:
    at = datetime.fromtimestamp(epoch, tz=UTC).astimezone(ROME)
    return f'<time datetime="{at.isoformat(timespec="seconds")}">{at:%H:%M:%S}</time>'


def _body(title: str, text: str) -> str:
    return f'<details><summary>{title}</summary><pre tabindex="0">{escape(text[:4000])}</pre></details>'
