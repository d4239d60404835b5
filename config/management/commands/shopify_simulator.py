"""The simulator of Shopify by itself."""

import sys

from django.core.management import BaseCommand


class Command(BaseCommand):
    help = "Run the simulator of Shopify; every option is the simulator's own (--help shows them)."
    requires_system_checks = []

    def run_from_argv(self, argv: list[str]) -> None:
        """Hand the options over untouched: they belong to the simulator."""
        from orders.shopify.simulator import main

        sys.exit(main(argv[2:]))
