"""Puts the parts together: routes, the clockwork of later events, the deliveries, the folder."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from orders.shopify.simulator import keeping
from orders.shopify.simulator.control import control_routes
from orders.shopify.simulator.graph.answering import Answering
from orders.shopify.simulator.page.views import page_routes
from orders.shopify.simulator.server import ANSWERING, SHOP, api_routes
from orders.shopify.simulator.shop import Shop

FOLDER = web.AppKey("folder", Path)


def build_application(shop: Shop, *, folder: Path | None = None) -> web.Application:
    app = web.Application(client_max_size=16 * 1024**2)
    app[SHOP] = shop
    app[ANSWERING] = Answering(shop)
    if folder:
        app[FOLDER] = folder
    app.add_routes([*api_routes(), *control_routes(), *page_routes()])
    app.cleanup_ctx.append(_background)
    return app


async def _background(app: web.Application) -> AsyncIterator[None]:
    shop = app[SHOP]
    works: list[Awaitable[None]] = [shop.timeline.run(), shop.deliveries.run()]
    if FOLDER in app:
        works.append(_keep(shop, app[FOLDER]))
    tasks = [asyncio.ensure_future(work) for work in works]
    yield
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task
    if FOLDER in app:
        keeping.write(shop, app[FOLDER])


async def _keep(shop: Shop, folder: Path) -> None:
    """Write what changed, a second later at most."""
    written = shop.version
    while True:
        await asyncio.sleep(keeping.WRITE_SECONDS)
        if shop.version != written:
            written = shop.version
            keeping.write(shop, folder)
