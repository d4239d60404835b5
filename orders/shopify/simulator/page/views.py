"""The pages' addresses."""

from aiohttp import web


def page_routes() -> list[web.AbstractRouteDef]:
    return []
