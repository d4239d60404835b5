"""`/_control/`: everything a test or a demo may order, as JSON."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import wraps
from typing import Any

from aiohttp import web

from orders.shopify.simulator.acts import buying, changing, parcels
from orders.shopify.simulator.acts.buying import ActRefused
from orders.shopify.simulator.acts.telling import Happening, body_of
from orders.shopify.simulator.bodies import people
from orders.shopify.simulator.bucket import Bucket
from orders.shopify.simulator.deliveries import written
from orders.shopify.simulator.forms import Json
from orders.shopify.simulator.keeping import plain, restored
from orders.shopify.simulator.planting import plant
from orders.shopify.simulator.reading import (
    customer_of,
    purchase_of,
    seed_customer,
    seed_product,
    wishes_of,
)
from orders.shopify.simulator.server import SHOP
from orders.shopify.simulator.shop import SHOP_ID, Shop, State
from orders.shopify.simulator.things import Consent, Customer, Order, Subscription
from spoki.simulator.settings import ConfigRefused

ControlCall = Callable[[Shop, Json], Json | Awaitable[Json]]


def control_routes() -> list[web.AbstractRouteDef]:
    calls: dict[str, ControlCall] = {
        "config": _config,
        "reset": _reset,
        "seed": _seed,
        "place": _place,
        "abandon": _abandon,
        "act": _act,
        "customer": _customer,
        "consent": _consent,
        "compliance": _compliance,
        "webhooks": _webhooks,
        "deliver": _deliver,
        "repeat": _repeat,
        "faults": _faults,
        "expire": _expire,
        "uninstall": _uninstall,
        "clock": _clock,
        "order": _order,
        "orders": _orders,
        "customers": _customers,
        "products": _products,
        "checkouts": _checkouts,
        "calls": _calls,
        "deliveries": _deliveries,
        "wait": _wait,
        "alive": lambda _, __: {"alive": True},
    }
    return [web.route("*", f"/_control/{name}", _answered(call)) for name, call in calls.items()]


def _answered(call: ControlCall) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Read JSON or the query, answer JSON; an order that cannot be done is 400 with a sentence."""

    @wraps(call)
    async def handle(request: web.Request) -> web.Response:
        said: Json = dict(request.query)
        try:
            if request.body_exists:
                said |= await request.json()
            answer = call(request.app[SHOP], said)
            done = await answer if not isinstance(answer, dict) else answer
        except (ActRefused, ConfigRefused, ValueError, TypeError, KeyError) as error:
            return web.json_response({"detail": str(error)}, status=400)
        return web.json_response(done)

    return handle


def _config(shop: Shop, said: Json) -> Json:
    shop.config.change(said)
    return shop.config.as_dict()


def _reset(shop: Shop, said: Json) -> Json:
    """Start again: no orders, no log, no faults; settings as they are unless `config` is true."""
    subscriptions = shop.state.subscriptions
    shop.state = State()
    if not said.get("webhooks"):
        shop.state.subscriptions = subscriptions
    if said.get("config"):
        shop.config.change(type(shop.config)().as_dict())
    shop.timeline.forget()
    shop.deliveries.forget()
    shop.calls.clear()
    shop.faults.clear()
    shop.bulk.clear()
    shop.app.issued.clear()
    shop.calls_seen = 0
    shop.bucket = Bucket()
    shop.clock.offset = 0.0
    if said.get("plant", True):
        plant(shop)
    return {"reset": True}


def _seed(shop: Shop, said: Json) -> Json:
    """Lists of `products`, `customers` and whole `orders`, as `order` shows them; nobody is told.

    `is_kept`: what is there with the same id stays as it is.
    """
    state, is_kept = shop.state, bool(said.get("is_kept"))

    def new(name: str, held: dict[int, Any]) -> list[Json]:
        rows = said.get(name, ())
        return [one for one in rows if not (is_kept and int(one.get("id", 0)) in held)]

    products = [seed_product(shop, one) for one in new("products", state.products)]
    customers = [seed_customer(shop, one) for one in new("customers", state.customers)]
    orders: list[Order] = [restored(Order, one) for one in new("orders", state.orders)]
    state.orders |= {order.id: order for order in orders}
    numbers = [order.number for order in orders]
    state.last_number = max(state.last_number, int(said.get("last_number", 0)), *numbers)
    shop.changed()
    return {
        "products": [one.id for one in products],
        "customers": [one.id for one in customers],
        "orders": [one.id for one in orders],
    }


def _place(shop: Shop, said: Json) -> Json:
    return shown(shop, buying.place(shop, purchase_of(shop, said)))


def _abandon(shop: Shop, said: Json) -> Json:
    made: Json = plain(buying.abandon(shop, purchase_of(shop, said)))
    return made


def find_order(shop: Shop, said: Any) -> Order:
    """By id or by name. :raises ActRefused: there is none."""
    for order in shop.state.orders.values():
        if str(said) in {str(order.id), order.name}:
            return order
    raise ActRefused("There is no such order.")


def _act(shop: Shop, said: Json) -> Json:
    """`do` something to an `order`; see ACTS for the words."""
    order = find_order(shop, said.get("order"))
    verb = str(said.get("do"))
    if verb not in ACTS:
        raise ActRefused(f"do: one of {', '.join(sorted(ACTS))}.")
    ACTS[verb](shop, order, said)
    return shown(shop, order)


def _says(shop: Shop, order: Order, said: Json) -> None:
    at = said.get("happened_at")
    parcels.courier_says(
        shop,
        order,
        parcels.last_parcel(order),
        str(said["status"]),
        message=str(said.get("message", "")),
        happened_at=datetime.fromisoformat(at) if at else None,
    )


def _track(shop: Shop, order: Order, said: Json) -> None:
    parcels.track(shop, order, parcels.last_parcel(order), str(said["tracking_number"]))


def _edit(shop: Shop, order: Order, said: Json) -> None:
    more = wishes_of(shop, said["more"]) if said.get("more") else ()
    changing.edit(shop, order, quantities=said.get("quantities", {}), more=more)


def _note(shop: Shop, order: Order, said: Json) -> None:
    order.note = str(said.get("note", ""))
    changing.changed(shop, order)


ACTS: dict[str, Callable[[Shop, Order, Json], Any]] = {
    "ship": lambda shop, order, said: parcels.ship(
        shop,
        order,
        company=str(said.get("company", "BRT")),
        tracking_number=said.get("tracking_number"),
        quantities=said.get("quantities"),
    ),
    "track": _track,
    "void": lambda shop, order, _: parcels.void(shop, order, parcels.last_parcel(order)),
    "says": _says,
    "refuse": lambda shop, order, said: parcels.refuse(shop, order, how=said.get("how", "event")),
    "restock": lambda shop, order, _: parcels.restock(shop, order),
    "return": lambda shop, order, _: parcels.give_back(shop, order),
    "edit": _edit,
    "cancel": lambda shop, order, said: changing.cancel(
        shop, order, reason=str(said.get("reason", "customer"))
    ),
    "pay": lambda shop, order, said: changing.pay(shop, order, gateway=said.get("gateway", "")),
    "refund": lambda shop, order, _: changing.refund(shop, order),
    "tag": lambda shop, order, said: changing.add_tags(shop, order, list(said["tags"])),
    "untag": lambda shop, order, said: changing.remove_tags(shop, order, list(said["tags"])),
    "note": _note,
    "touch": lambda shop, order, _: changing.changed(shop, order),
}


def _customer(shop: Shop, said: Json) -> Json:
    made: Json = plain(customer_of(shop, dict(said)))
    return made


def _known(shop: Shop, said: Json) -> Customer:
    found = customer_of(shop, said["customer"])
    if found is None:
        raise ActRefused("There is no such customer.")
    return found


def _consent(shop: Shop, said: Json) -> Json:
    customer = _known(shop, said)
    at = said.get("at")
    consent = Consent(
        state=str(said["state"]),
        updated_at=datetime.fromisoformat(at) if at else shop.now(),
        collected_from=str(said.get("collected_from", "SHOPIFY")),
    )
    buying.set_consent(shop, customer, str(said.get("channel", "whatsapp")), consent)
    made: Json = plain(customer)
    return made


def _compliance(shop: Shop, said: Json) -> Json:
    """`topic`: customers/redact, customers/data_request or shop/redact."""
    topic, happening = str(said["topic"]), Happening(shop)
    where: Json = {"shop_id": SHOP_ID, "domain": shop.domain}
    if topic == "shop/redact":
        happening.tell(topic, {"shop_id": SHOP_ID, "shop_domain": shop.domain})
        return {"told": topic}
    customer = _known(shop, said)
    orders = [one.id for one in shop.state.orders.values() if one.customer_id == customer.id]
    if topic == "customers/redact":
        happening.tell(topic, people.redact_body(customer, orders=orders, **where))
    elif topic == "customers/data_request":
        request_id = shop.ids.new("Event")
        body = people.request_body(customer, orders=orders, request_id=request_id, **where)
        happening.tell(topic, body)
    else:
        raise ActRefused("topic: one of customers/redact, customers/data_request, shop/redact.")
    return {"told": topic}


def _webhooks(shop: Shop, said: Json) -> Json:
    """`url` replaces all subscriptions, for `topics` or for every one; without it they are listed."""
    if "url" in said:
        shop.state.subscriptions.clear()
        for topic in said.get("topics", ()):
            shop.subscribe(topic, said["url"], is_from_config=bool(said.get("from_config")))
        if "topics" not in said:
            shop.subscribe_to_all(said["url"], is_from_config=bool(said.get("from_config")))
    return {"webhooks": [plain(one) for one in shop.state.subscriptions.values()]}


def _deliver(shop: Shop, said: Json) -> Json:
    """Deliver a body of one's own (JSON, or text as it is) to whoever takes the topic, or to `url`."""
    topic, body = str(said["topic"]), said["body"]
    raw = body.encode() if isinstance(body, str) else written(body)
    targets = [one for one in shop.state.subscriptions.values() if one.topic == topic]
    if "url" in said:
        now = shop.now()
        targets = [Subscription(0, topic, said["url"], now, now, is_from_config=True)]
    sent = [
        shop.deliveries.post_raw(one, raw, event_id=said.get("event_id", "")) for one in targets
    ]
    return {"webhook_ids": [one.webhook_id for one in sent]}


def _repeat(shop: Shop, said: Json) -> Json:
    """Tell an order's state again, under a topic: a new webhook id, an older body if `touch` is not set."""
    order, happening = find_order(shop, said["order"]), Happening(shop)
    happening.tell(str(said.get("topic", "orders/updated")), body_of(shop, order))
    return {"told": order.name}


def _faults(shop: Shop, said: Json) -> Json:
    if said.get("clear"):
        shop.faults.clear()
    shop.faults += [dict(one) for one in said.get("faults", ())]
    return {"faults": shop.faults}


def _expire(shop: Shop, _: Json) -> Json:
    """All tokens that were issued are void."""
    ended = len(shop.app.issued)
    shop.app.issued.clear()
    return {"expired": ended}


def _uninstall(shop: Shop, _: Json) -> Json:
    """The app is removed: told once, and its tokens and subscriptions are gone."""
    now = shop.now().isoformat()
    body = {
        "id": SHOP_ID,
        "name": shop.config.shop_name,
        "domain": shop.domain,
        "myshopify_domain": shop.domain,
        "email": "negozio@zampa.example",
        "updated_at": now,
    }
    Happening(shop).tell("app/uninstalled", body)
    shop.state.subscriptions.clear()
    shop.app.issued.clear()
    shop.app.static_tokens = frozenset()
    return {"uninstalled": True}


def _clock(shop: Shop, said: Json) -> Json:
    shop.clock.advance(float(said["seconds"]))
    shop.timeline.wake()
    return {"offset": shop.clock.offset}


def shown(shop: Shop, order: Order) -> Json:
    """An order as it is kept, with what is worked out of it."""
    kept: Json = plain(order)
    return {
        **kept,
        "financial_status": order.financial_status,
        "fulfillment_status": order.fulfillment_status,
        "current_total_cents": order.current_total_cents,
        "outstanding_cents": order.outstanding_cents,
        "body": body_of(shop, order),
    }


def _order(shop: Shop, said: Json) -> Json:
    return shown(shop, find_order(shop, said["order"]))


def _orders(shop: Shop, _: Json) -> Json:
    return {"orders": [shown(shop, one) for one in shop.state.orders.values()]}


def _customers(shop: Shop, _: Json) -> Json:
    return {"customers": [plain(one) for one in shop.state.customers.values()]}


def _products(shop: Shop, _: Json) -> Json:
    return {"products": [plain(one) for one in shop.state.products.values()]}


def _checkouts(shop: Shop, _: Json) -> Json:
    return {"checkouts": [plain(one) for one in shop.state.checkouts.values()]}


def _calls(shop: Shop, said: Json) -> Json:
    """Calls to the Admin API, oldest first; `match` is a part of the query."""
    words = str(said.get("match", ""))
    return {"rows": [one for one in shop.calls if words in str(one.get("query") or one["kind"])]}


def _deliveries(shop: Shop, said: Json) -> Json:
    topic = said.get("topic")
    return {"rows": [one for one in shop.deliveries.log if topic in {None, one["topic"]}]}


async def _wait(shop: Shop, said: Json) -> Json:
    """Wait until nothing is on its way any more."""
    until = asyncio.get_running_loop().time() + float(said.get("timeout", 10))
    while shop.deliveries.open and asyncio.get_running_loop().time() < until:
        await asyncio.sleep(0.01)
    return {"done": not shop.deliveries.open}
