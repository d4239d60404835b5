"""Entry point of `python -m spoki.simulator`."""

import sys

from spoki.simulator.cli import main

sys.exit(main())
