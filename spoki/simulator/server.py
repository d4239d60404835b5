"""The web server: reads, authenticates, limits and logs every call, then asks its endpoint.

The path of a call is kept short on purpose: one wrapper, no middleware, no work that grows with
the number of calls already seen.
"""

import asyncio
import json
import math
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from spoki.simulator.arrivals import Arrival
from spoki.simulator.sending import failed_answer, lane_of_send
from spoki.simulator.wire import Answer, Call, Endpoint, Refused
from spoki.simulator.world import World

WORLD = web.AppKey("world", World)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
KEY_HEADER = "X-Spoki-Api-Key"


def guarded(endpoint: Endpoint, *, lane: str, with_key: bool = True) -> Handler:
    """Wrap an endpoint of the Spoki API. The lane `send` is decided by the body."""

    async def handle(request: web.Request) -> web.StreamResponse:
        world = request.app[WORLD]
        raw = await request.read() if request.body_exists else b""
        call = _call(request, world, raw, lane)
        answer = _judge(call, endpoint, request.headers.get(KEY_HEADER), with_key=with_key)
        call.arrival.status = answer.status
        await _linger(world, call)
        return await _respond(request, world, answer)

    return handle


def _call(request: web.Request, world: World, raw: bytes, lane: str) -> Call:
    try:
        body = json.loads(raw) if raw else None
    except ValueError:
        body = raw
    arrival = Arrival(
        number=world.arrivals.count + 1,
        epoch=world.clock.epoch(),
        monotonic=world.clock.monotonic(),
        method=request.method,
        path=request.path,
        lane=lane_of_send(body) if lane == "send" else lane,
        api_key="",
        body=None if isinstance(body, bytes) else body,
    )
    world.arrivals.add(arrival)
    return Call(
        world=world,
        arrival=arrival,
        method=request.method,
        origin=f"{request.scheme}://{request.host}",
        path=request.path,
        query=dict(request.query) if request.query_string else {},
        params=dict(request.match_info),
        body=body,
        now=arrival.monotonic,
    )


def _judge(call: Call, endpoint: Endpoint, key: str | None, *, with_key: bool) -> Answer:
    world, arrival = call.world, call.arrival
    if call.arrival.lane != "automation":
        world.arrivals.count_arrival(arrival.lane, call.now)
    _note_message(call)
    try:
        if with_key:
            _authenticate(call, key)
        _throttle(call, key or "")
        return _perform(call, endpoint)
    except Refused as refused:
        return refused.answer


def _perform(call: Call, endpoint: Endpoint) -> Answer:
    if call.world.faults.orders and (stopped := _ordered(call)):
        return stopped
    if isinstance(call.body, bytes):
        raise Refused(400, {"detail": "JSON parse error."})
    answer = endpoint(call)
    if call.effect is not None and call.effect.kind.endswith("_after"):
        return failed_answer(call.world, call.effect)
    return answer


def _note_message(call: Call) -> None:
    body, arrival = call.body, call.arrival
    if not isinstance(body, dict):
        return
    metadata = body.get("metadata")
    if isinstance(metadata, dict):
        arrival.msg = str(metadata.get("msg") or "")
        if arrival.msg:
            call.world.arrivals.arrived_keys[arrival.msg] += 1
    arrival.phone = str(body.get("phone") or "")
    arrival.language = str(body.get("language") or "")
    template = body.get("template")
    arrival.template = template if isinstance(template, int) else None


def _authenticate(call: Call, key: str | None) -> None:
    if key in call.world.api_keys:
        call.arrival.api_key = "right"
        return
    call.arrival.api_key = "wrong" if key else "missing"
    raise Refused(401, {"detail": "Authentication credentials were not provided or are wrong."})


def _throttle(call: Call, key: str) -> None:
    world, lane = call.world, call.arrival.lane
    rules = world.rules.get(lane, ())
    if not rules:
        return
    wait = world.limiter.wait_for((key, lane), rules, call.now)
    if wait:
        raise _Throttled(math.ceil(wait), with_header=world.config.retry_after_header)


class _Throttled(Refused):
    def __init__(self, seconds: int, *, with_header: bool) -> None:
        text = f"Request was throttled. Expected available in {seconds} seconds."
        super().__init__(429, {"detail": text})
        if with_header:
            headers = (("Retry-After", str(seconds)),)
            self.answer = Answer(429, {"detail": text}, headers=headers)


def _ordered(call: Call) -> Answer | None:
    """Return the answer of a fault that a test ordered for this call, if it stops the call."""
    arrival = call.arrival
    seen = {
        "lane": arrival.lane, "method": call.method, "path": call.path,
        "phone": arrival.phone, "msg": arrival.msg, "template": arrival.template,
    }  # fmt: skip
    effect = call.world.faults.take(seen, call.world.rng)
    if effect is None:
        return None
    arrival.fault = effect.name
    if effect.accepts:
        call.effect = effect
        return None
    return failed_answer(call.world, effect)


async def _linger(world: World, call: Call) -> None:
    config = world.config
    seconds = config.latency_seconds
    if config.latency_jitter_seconds:
        seconds += world.rng.uniform(0, config.latency_jitter_seconds)
    if call.arrival.fault.startswith("slow:"):
        seconds += float(call.arrival.fault.removeprefix("slow:"))
    if seconds:
        await asyncio.sleep(seconds)


async def _respond(request: web.Request, world: World, answer: Answer) -> web.StreamResponse:
    if answer.behave:
        if answer.behave == "hang":
            await asyncio.sleep(world.config.hang_seconds)
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)
    if isinstance(answer.data, str):
        return web.Response(text=answer.data, content_type="text/html", status=answer.status)
    response = json_response(answer.data, status=answer.status)
    for name, value in answer.headers:
        response.headers[name] = value
    return response


def json_response(data: Any, *, status: int = 200) -> web.Response:
    """An empty body for None, as deletes and automation starts answer."""
    if data is None:
        return web.Response(status=status)
    raw = json.dumps(data).encode()
    return web.Response(body=raw, status=status, headers={"Content-Type": "application/json"})
