"""A child that ends when its parent does, even when the parent was killed.

`python -m config.parentage PARENT SIGNAL COMMAND…` becomes COMMAND, which gets SIGNAL (a number) when
the process PARENT ends: for a parent with threads, where `subprocess` cannot safely run a step in the child.
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


def tied(command: Sequence[str], signal: Signals = SIGTERM) -> list[str]:
    """Return the command line that runs `command` as a child that `signal` ends with this process."""
    parent, number = str(os.getpid()), str(int(signal))
    return [sys.executable, "-m", "config.parentage", parent, number, *command]


if __name__ == "__main__":
    die_with_parent(Signals(int(sys.argv[2])), parent=int(sys.argv[1]))()
    os.execvp(sys.argv[3], sys.argv[3:])  # noqa: S606 - the very purpose of this module
