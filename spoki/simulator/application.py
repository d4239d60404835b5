"""Puts the parts together: routes, the clockwork of later events, and the courier."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from aiohttp import web

from spoki.simulator.control import control_routes
from spoki.simulator.media import media_routes
from spoki.simulator.page.views import page_routes
from spoki.simulator.routes import api_routes
from spoki.simulator.server import WORLD
from spoki.simulator.world import World


def build_application(world: World) -> web.Application:
    app = web.Application(client_max_size=16 * 1024**2)
    app[WORLD] = world
    app.add_routes([*api_routes(), *control_routes(), *media_routes(), *page_routes()])
    app.cleanup_ctx.append(_background)
    return app


async def _background(app: web.Application) -> AsyncIterator[None]:
    world = app[WORLD]
    tasks = [asyncio.create_task(world.timeline.run()), asyncio.create_task(world.courier.run())]
    yield
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task
