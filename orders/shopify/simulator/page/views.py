"""The pages' addresses."""

from aiohttp import web

from orders.shopify.simulator.page import carts, frame, front, order, traffic


def page_routes() -> list[web.AbstractRouteDef]:
    return [
        web.get("/", front.front),
        web.post("/_page/buy", front.buy),
        web.get("/orders", order.listed),
        web.get("/_page/orders", order.list_part),
        web.get(r"/orders/{id:\d+}", order.shown),
        web.get(r"/_page/orders/{id:\d+}", order.shown_part),
        web.post(r"/_page/orders/{id:\d+}/do", order.do),
        web.get("/checkouts", carts.listed),
        web.post(r"/_page/checkouts/{id:\d+}/do", carts.do),
        web.get("/traffic", traffic.traffic),
        web.get("/_page/traffic", traffic.traffic_part),
        web.post("/_page/switches", traffic.switch),
        web.static("/_page/static", frame.STATIC),
    ]
