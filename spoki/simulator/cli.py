"""`python -m spoki.simulator`: the command line of the simulator."""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from spoki.simulator.application import build_application
from spoki.simulator.config import Config
from spoki.simulator.courier import DEFAULT_EVENTS, EVENTS
from spoki.simulator.seeds import plant
from spoki.simulator.serving import run
from spoki.simulator.settings import ConfigRefused
from spoki.simulator.world import World


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m spoki.simulator",
        description="A local Spoki that behaves like the real one.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    add("--port", type=int, default=8090, help="0 picks a free one and prints it")
    add("--api-key", action="append", help="an accepted key; may be repeated")
    add("--webhook-url", help="where messages and statuses are delivered")
    add("--webhook-secret", action="append", help="repeat it for one secret per event")
    add("--event", action="append", choices=EVENTS, help="events to deliver; may be repeated")
    add("--limit-template", type=int, help="template sends per window (60)")
    add("--limit-text", type=int, help="text sends per window (120)")
    add("--window-seconds", type=float, help="length of the limits' window (60)")
    add("--history", action="store_true", help="serve /api/1/messages/")
    add("--seed", type=int, help="makes behaviour and identifiers repeat exactly")
    add("--config", help="JSON object with any other setting")
    add("--until-stdin-closes", action="store_true", help="end together with the parent process")
    return parser


def _config(options: argparse.Namespace) -> Config:
    config = Config()
    changes: dict[str, Any] = json.loads(options.config) if options.config else {}
    limits = {"template": options.limit_template, "text": options.limit_text}
    given = {name: limit for name, limit in limits.items() if limit is not None}
    changes["limits"] = {**changes.get("limits", {}), **given}
    if options.window_seconds is not None:
        changes["window_seconds"] = options.window_seconds
    if options.history:
        changes["history"] = True
    config.change(changes)
    return config


def build_world(options: argparse.Namespace) -> World:
    """Return a planted world with its webhooks registered.

    :raises ConfigRefused: when a setting is unknown or of a wrong kind.
    """
    keys = frozenset(options.api_key or ["simulator-key"])
    world = World(config=_config(options), api_keys=keys, seed=options.seed)
    plant(world)
    if options.webhook_url:
        secrets = options.webhook_secret or [world.new_secret()]
        for number, event in enumerate(options.event or DEFAULT_EVENTS):
            secret = secrets[number % len(secrets)]
            world.add_webhook(event=event, url=options.webhook_url, secret=secret)
    return world


def main(argv: Sequence[str] | None = None) -> int:
    """Run until interrupted. Return 2 for a wrong option, 1 when the port is taken."""
    options = _parser().parse_args(argv)
    try:
        world = build_world(options)
    except (ConfigRefused, ValueError) as error:
        sys.stderr.write(f"The simulator cannot start: {error}\n")
        return 2
    return run(
        build_application(world),
        host=options.host,
        port=options.port,
        ends_with_parent=options.until_stdin_closes,
    )
