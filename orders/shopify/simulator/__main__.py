"""Entry point of `python -m orders.shopify.simulator`."""

import sys

from orders.shopify.simulator.cli import main

sys.exit(main())
