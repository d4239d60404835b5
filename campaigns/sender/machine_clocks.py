"""The clocks of the machine that we run on: its seconds since it was started, and its wall."""

import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# Linux gives each run of a machine a name (its manual, random(4)); elsewhere only the wall is left.
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Clocks:
    """Both at one moment, in seconds; `boot` names the run of the machine, empty if it has none.

    `since_boot` goes on while the machine sleeps, and never steps.
    """

    boot: str
    since_boot: float
    wall: float


def read_clocks() -> Clocks:
    """Return what they show now."""
    boot = _boot()
    since_boot = time.clock_gettime(time.CLOCK_BOOTTIME) if boot else 0.0
    return Clocks(boot, since_boot, time.time())


@cache
def _boot() -> str:
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return ""
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return ""
