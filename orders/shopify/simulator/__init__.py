"""A small Shopify over real HTTP, for tests and the demo. See README.md beside this file."""

from collections.abc import Sequence

from orders.shopify.simulator.process import ShopProcess
from orders.shopify.simulator.remote import ShopControl

__all__ = ["ShopControl", "ShopProcess", "main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the simulator in this process until it is interrupted."""
    # The web server is loaded only by the process that serves.
    from orders.shopify.simulator.cli import main as serve

    return serve(argv)
