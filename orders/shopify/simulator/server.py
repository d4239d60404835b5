"""The web server: the token endpoint, the Admin API, files of bulk operations, control, pages."""

import asyncio
import json
from typing import Any

from aiohttp import web

from orders.shopify.simulator.forms import Json
from orders.shopify.simulator.graph.answering import Answering
from orders.shopify.simulator.shop import Shop

SHOP = web.AppKey("shop", Shop)
ANSWERING = web.AppKey("answering", Answering)
TOKEN_HEADER = "X-Shopify-Access-Token"  # noqa: S105  (the name of a header)
VERSIONS = ("2026-01", "2026-04", "2026-07", "2026-10", "2027-01", "unstable")
_NOT_FOUND = {"errors": "Not Found"}
_BAD_TOKEN = {
    "errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"
}


def api_routes() -> list[web.AbstractRouteDef]:
    return [
        web.post("/admin/oauth/access_token", grant_token),
        web.post("/admin/api/{version}/graphql.json", graphql),
        web.get("/_files/{token}.jsonl", bulk_file),
    ]


async def grant_token(request: web.Request) -> web.Response:
    """The client-credentials grant: a token for a day, and no refresh token."""
    shop = request.app[SHOP]
    asked = await _form_or_json(request)
    note: Json = {"kind": "token", "status": 200}
    _note_call(shop, note)
    if stopped := await _fault(shop, note, "access_token"):
        return stopped
    if asked.get("grant_type") != "client_credentials":
        note["status"] = 400
        return web.json_response({"error": "unsupported_grant_type"}, status=400)
    right = (shop.app.client_id, shop.app.client_secret)
    if (asked.get("client_id"), asked.get("client_secret")) != right:
        note["status"] = 401
        answer = {"error": "invalid_client", "error_description": "Client authentication failed."}
        return web.json_response(answer, status=401)
    token = f"shpat_{shop.ids.token()}"
    seconds = shop.config.token_seconds
    shop.app.issued[token] = shop.clock.epoch() + seconds
    return web.json_response(
        {"access_token": token, "scope": ",".join(shop.config.scopes), "expires_in": int(seconds)}
    )


async def _form_or_json(request: web.Request) -> Json:
    if request.content_type == "application/json":
        try:
            body = await request.json()
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}
    return dict(await request.post())


async def graphql(request: web.Request) -> web.Response:
    shop = request.app[SHOP]
    shop.calls_seen += 1
    raw = await request.read()
    note: Json = {"kind": "graphql", "status": 200}
    _note_call(shop, note)
    try:
        payload: Any = json.loads(raw)
    except ValueError:
        payload = None
    if isinstance(payload, dict):
        note |= {"query": payload.get("query"), "variables": payload.get("variables")}
    if stopped := await _fault(shop, note, str(note.get("query") or "")):
        return stopped
    if request.match_info["version"] not in VERSIONS:
        note["status"] = 404
        return web.json_response(_NOT_FOUND, status=404)
    if not _is_let_in(shop, request.headers.get(TOKEN_HEADER, "")):
        note["status"] = 401
        return web.json_response(_BAD_TOKEN, status=401)
    if payload is None:
        note["status"] = 400
        return web.json_response(
            {"errors": {"query": "Required parameter missing or invalid"}}, status=400
        )
    answer = request.app[ANSWERING].answer(payload, version=request.match_info["version"])
    note["answer"] = answer
    shop.changed()
    headers = {
        "X-Shopify-API-Version": request.match_info["version"],
        "X-Request-Id": shop.ids.uuid(),
    }
    return web.json_response(answer, headers=headers)


def _is_let_in(shop: Shop, token: str) -> bool:
    if token in shop.app.static_tokens:
        return True
    ends = shop.app.issued.get(token)
    return ends is not None and ends > shop.clock.epoch()


async def _fault(shop: Shop, note: Json, said: str) -> web.Response | None:
    """What was ordered for this call: a wait, a status, or no answer at all."""
    if shop.config.latency_seconds:
        await asyncio.sleep(shop.config.latency_seconds)
    every = shop.config.fail_every
    status = 502 if every and note["kind"] == "graphql" and shop.calls_seen % every == 0 else 0
    for order in list(shop.faults):
        if str(order.get("match", "")) in said:
            status = int(order["status"])
            order["times"] = int(order.get("times", 1)) - 1
            if order["times"] <= 0:
                shop.faults.remove(order)
            break
    if not status:
        return None
    note["status"] = status
    return web.Response(
        status=status,
        text="<html><body>Something went wrong</body></html>",
        content_type="text/html",
    )


def _note_call(shop: Shop, note: Json) -> None:
    """Put the row into the log; the rest is filled in while the call is answered."""
    note["epoch"] = shop.clock.epoch()
    shop.calls.append(note)
    shop.changed()


async def bulk_file(request: web.Request) -> web.StreamResponse:
    """Whoever knows the address may fetch it, whole or from a byte on."""
    token = request.match_info["token"]
    for row in request.app[SHOP].bulk.values():
        if row["token"] == token and row["path"]:
            return web.FileResponse(row["path"], headers={"Content-Type": "application/jsonl"})
    return web.Response(status=404, text="<Error><Code>NoSuchKey</Code></Error>")
