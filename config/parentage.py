"""A child that ends when its parent does, even when the parent was killed.

`python -m config.parentage PARENT COMMAND…` becomes COMMAND, which gets SIGTERM when the process
PARENT ends: for a parent with threads, where `subprocess` cannot safely run a step in the child.
"""

import ctypes
import os
import sys
from collections.abc import Callable, Sequence
from signal import SIGTERM, Signals

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def die_with_parent(signal: Signals, *, parent: int | None = None) -> Callable[[], None]:
    """Return a step to run in the child before `exec`: the kernel sends `signal` when the parent ends.

    Linux only; elsewhere the step does nothing. See prctl(2): the setting survives `exec`, and
    is lost when the process changes user, so the step must come after that.
    """
    if not sys.platform.startswith("linux"):
        return lambda: None
    library, parent = ctypes.CDLL(None), parent or os.getpid()

    def step() -> None:
        library.prctl(PR_SET_PDEATHSIG, int(signal))
        if os.getppid() != parent:  # the parent ended in between
            os.kill(os.getpid(), signal)

    return step


def tied(command: Sequence[str]) -> list[str]:
    """Return the command line that runs `command` as a child that ends with this process."""
    return [sys.executable, "-m", "config.parentage", str(os.getpid()), *command]


if __name__ == "__main__":
    die_with_parent(SIGTERM, parent=int(sys.argv[1]))()
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - the very purpose of this module
