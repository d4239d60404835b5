"""A local Spoki over real HTTP, for tests, benches and the demo. See README.md beside this file."""

from collections.abc import Sequence

from spoki.simulator.process import SimulatorDidNotStart, SimulatorProcess
from spoki.simulator.remote import Control, ControlRefused

__all__ = ["Control", "ControlRefused", "SimulatorDidNotStart", "SimulatorProcess", "main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the simulator in this process until it is interrupted."""
    # The web server is loaded only by the process that serves.
    from spoki.simulator.cli import main as serve

    return serve(argv)
