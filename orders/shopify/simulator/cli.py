"""`python -m orders.shopify.simulator`: the command line of the simulator."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from orders.shopify.simulator import keeping
from orders.shopify.simulator.application import build_application
from orders.shopify.simulator.config import Config
from orders.shopify.simulator.planting import plant
from orders.shopify.simulator.server import ANSWERING
from orders.shopify.simulator.shop import App, Shop
from spoki.simulator.serving import run
from spoki.simulator.settings import ConfigRefused


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m orders.shopify.simulator",
        description="A small Shopify that behaves like the real one.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    add("--port", type=int, default=8091, help="0 picks a free one and prints it")
    add("--shop-domain", default="zampa-demo.myshopify.com")
    add("--client-id", default=App().client_id)
    add("--client-secret", default=App().client_secret, help="signs webhooks, too")
    add("--token", action="append", help="a token that never ends; may be repeated")
    add("--webhook-url", help="subscribe this address to every topic there is")
    add("--app-url", help="the address in the app's file: compliance topics go there")
    add("--folder", type=Path, help="keep the shop there between runs")
    add("--empty", action="store_true", help="begin without products and customers")
    add("--phones-url", default="", help="the customers' phones, for the page to point at")
    add("--seed", type=int, help="makes identifiers and chances repeat exactly")
    add("--config", help="JSON object with any setting of config.py")
    add("--until-stdin-closes", action="store_true", help="end together with the parent process")
    return parser


def build_shop(options: argparse.Namespace) -> Shop:
    """Return the shop, planted, with its subscriptions.

    :raises ConfigRefused: when a setting is unknown or of a wrong kind.
    """
    config = Config()
    config.change(json.loads(options.config) if options.config else {})
    app = App(
        client_id=options.client_id,
        client_secret=options.client_secret,
        static_tokens=frozenset(options.token or App().static_tokens),
    )
    state = keeping.read(options.folder) if options.folder else None
    shop = Shop(domain=options.shop_domain, app=app, config=config, seed=options.seed, state=state)
    shop.phones_url = options.phones_url
    if not options.empty:
        plant(shop)
    if options.webhook_url:
        shop.subscribe_to_all(options.webhook_url)
    if options.app_url:
        shop.subscribe_compliance(options.app_url)
    return shop


def main(argv: Sequence[str] | None = None) -> int:
    """Run until interrupted. Return 2 for a wrong option, 1 when the port is taken."""
    options = _parser().parse_args(argv)
    try:
        shop = build_shop(options)
    except (ConfigRefused, ValueError) as error:
        sys.stderr.write(f"The simulator cannot start: {error}\n")
        return 2
    application = build_application(shop, folder=options.folder)

    def know_own_address(url: str) -> None:
        # Files of bulk operations are fetched from here.
        application[ANSWERING].origin = url

    return run(
        application,
        host=options.host,
        port=options.port,
        ends_with_parent=options.until_stdin_closes,
        on_ready=know_own_address,
    )
