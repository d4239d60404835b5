"""`/_control/`: what tests and the demo use to arrange, disturb and read the simulator."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from spoki.simulator.courier import DEFAULT_EVENTS
from spoki.simulator.faults import SUFFIXES, FaultRefused, Order
from spoki.simulator.inbound import deliver_raw, receive
from spoki.simulator.messages import Message
from spoki.simulator.planting import change_template, force_status, plant_all
from spoki.simulator.seeds import plant
from spoki.simulator.server import WORLD, json_response
from spoki.simulator.settings import ConfigRefused
from spoki.simulator.wire import Json, Refused
from spoki.simulator.world import World

Action = Callable[[World, Json], Any]
Handler = Callable[[web.Request], Awaitable[web.Response]]


def controlled(action: Action) -> Handler:
    """Wrap an action: JSON body or query in, JSON out, a sentence when it cannot be done."""

    async def handle(request: web.Request) -> web.Response:
        raw = await request.read()
        try:
            body = _order(raw, request)
            request.app[WORLD].origin = f"{request.scheme}://{request.host}"
            return json_response(action(request.app[WORLD], body) or {})
        except Refused as refused:
            return json_response(refused.answer.data, status=refused.answer.status)
        except (ConfigRefused, FaultRefused, ValueError, TypeError, KeyError) as error:
            return json_response({"detail": str(error)}, status=400)

    return handle


def _order(raw: bytes, request: web.Request) -> Json:
    body = json.loads(raw) if raw else dict(request.query)
    if not isinstance(body, dict):
        raise TypeError("a JSON object is needed")
    return body


def show_config(world: World, _: Json) -> Json:
    return world.config.as_dict()


def change_config(world: World, body: Json) -> Json:
    world.config.change(body)
    world.config_changed()
    return world.config.as_dict()


def reset(world: World, body: Json) -> None:
    """Start again: planted state, empty log. Config and webhooks stay unless told otherwise."""
    if body.get("config"):
        world.restore_config()
    world.clear(seed=body.get("seed"))
    if body.get("webhooks") is False:
        world.courier.webhooks.clear()
    if body.get("plant", True):
        plant(world)


def set_webhooks(world: World, body: Json) -> Json:
    """Replace all registrations: `url`, `events`, and `secret` or `secrets` by event."""
    world.courier.webhooks.clear()
    secrets = body.get("secrets") or {}
    for event in body.get("events") or DEFAULT_EVENTS:
        secret = secrets.get(event) or body.get("secret")
        world.add_webhook(event=event, url=body["url"], secret=secret)
    return {"webhooks": [w.as_json(with_secret=True) for w in world.courier.webhooks.values()]}


def add_faults(world: World, body: Json) -> Json:
    """`{"faults": [...]}` adds orders; `{"clear": true}` drops those that are left."""
    orders = [Order.from_json(one) for one in body.get("faults", [])]
    if body.get("clear"):
        world.faults.orders.clear()
    world.faults.orders.extend(orders)
    return {"orders": len(world.faults.orders), "suffixes": SUFFIXES}


def show_log(world: World, body: Json) -> Json:
    """Filters: `lane`, `phone`, `msg`, `path`, `method`, `status`, `since` (a number), `bodies`."""
    wanted = {k: v for k, v in body.items() if k in {"lane", "phone", "msg", "method"}}
    since, path, status = int(body.get("since", 0)), str(body.get("path", "")), body.get("status")
    rows = [
        row.as_dict(with_body=body.get("bodies") in {"1", True})
        for row in world.arrivals.rows
        if row.number > since
        and path in row.path
        and (status is None or row.status == int(status))
        and all(getattr(row, name) == value for name, value in wanted.items())
    ]
    return {"count": world.arrivals.count, "rows": rows}


def show_windows(world: World, _: Json) -> Json:
    people = world.people.count(now=world.clock.monotonic(), seconds=world.config.tier_seconds)
    return {
        **world.arrivals.windows(world.clock.monotonic()),
        "people": {
            "worst": world.people.worst,
            "current": people,
            "daily_limit": world.account.get("daily_limit"),
        },
    }


def show_duplicates(world: World, _: Json) -> Json:
    return world.arrivals.duplicates()


def show_deliveries(world: World, body: Json) -> Json:
    wanted = {k: v for k, v in body.items() if k in {"event", "uuid", "send_status"}}
    rows = [
        row for row in world.courier.log if all(row.get(name) == v for name, v in wanted.items())
    ]
    return {"open": world.courier.open, "lost": world.courier.lost, "rows": rows}


def message_row(message: Message) -> Json:
    names = (
        "uuid", "id", "phone", "is_inbound", "type", "content_type", "text", "header", "footer",
        "buttons", "payload", "reply_to", "template", "language", "metadata", "status",
        "error_code", "created", "sent", "delivered", "read",
    )  # fmt: skip
    return {name: getattr(message, name) for name in names}


def show_messages(world: World, body: Json) -> Json:
    """Filter by `phone` or by `msg`."""
    found = (
        world.messages.with_phone(str(body["phone"]))
        if "phone" in body
        else list(world.messages.by_uuid.values())
    )
    key = body.get("msg")
    return {
        "messages": [
            message_row(one) for one in found if key is None or one.metadata.get("msg") == key
        ]
    }


def inbound(world: World, body: Json) -> Json:
    return message_row(receive(world, body))


def advance(world: World, body: Json) -> Json:
    """Move the simulator's clock on by `seconds`: windows, reviews and statuses follow."""
    world.clock.advance(float(body["seconds"]))
    world.timeline.wake()
    return {"epoch": world.clock.epoch(), "monotonic": world.clock.monotonic()}


def change_account(world: World, body: Json) -> Json:
    world.account.update(body)
    for channel in world.channels.values():
        if channel["is_primary"]:
            shared = ("phone_status", "quality_score", "daily_limit")
            channel.update({name: body[name] for name in shared if name in body})
    return world.account_json()


async def wait(request: web.Request) -> web.Response:
    """Answer when `accepted` messages were taken and, with `idle=1`, when all came to their end.

    Gives up with `{"done": false}` after `timeout` seconds (10).
    """
    world, query = request.app[WORLD], request.query
    accepted, idle = int(query.get("accepted", 0)), query.get("idle") == "1"
    loop = asyncio.get_running_loop()
    end = loop.time() + float(query.get("timeout", 10))
    while True:
        done = world.arrivals.accepted_count >= accepted and (not idle or world.is_idle)
        if done or loop.time() >= end:
            break
        await asyncio.sleep(0.005)
    return json_response(
        {
            "done": done,
            "accepted": world.arrivals.accepted_count,
            "journeys": world.journeys,
            "deliveries": world.courier.open,
        }
    )


async def alive(_: web.Request) -> web.Response:
    return json_response({"alive": True})


_ACTIONS: tuple[tuple[str, str, Action], ...] = (
    ("GET", "config", show_config),
    ("POST", "config", change_config),
    ("POST", "reset", reset),
    ("POST", "webhooks", set_webhooks),
    ("GET", "faults", add_faults),
    ("POST", "faults", add_faults),
    ("GET", "log", show_log),
    ("GET", "windows", show_windows),
    ("GET", "duplicates", show_duplicates),
    ("GET", "deliveries", show_deliveries),
    ("GET", "messages", show_messages),
    ("POST", "clock", advance),
    ("POST", "seed", plant_all),
    ("POST", "template", change_template),
    ("POST", "inbound", inbound),
    ("POST", "status", force_status),
    ("POST", "deliver", deliver_raw),
    ("POST", "account", change_account),
)


def control_routes() -> list[web.RouteDef]:
    routes = [
        web.route(method, f"/_control/{name}", controlled(action))
        for method, name, action in _ACTIONS
    ]
    return [*routes, web.get("/_control/wait", wait), web.get("/_control/alive", alive)]
