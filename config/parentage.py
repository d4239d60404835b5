"""A child that ends when its parent does, even when the parent was killed."""

import ctypes
import os
import sys
from collections.abc import Callable
from signal import Signals

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def die_with_parent(signal: Signals) -> Callable[[], None]:
    """Return a step to run in the child before `exec`: the kernel sends `signal` when the parent ends.

    Linux only; elsewhere the step does nothing. See prctl(2): the setting survives `exec`, and
    is lost when the process changes user, so the step must come after that.
    """
    if not sys.platform.startswith("linux"):
        return lambda: None
    library, parent = ctypes.CDLL(None), os.getpid()

    def step() -> None:
        library.prctl(PR_SET_PDEATHSIG, int(signal))
        if os.getppid() != parent:  # the parent ended in between
            os.kill(os.getpid(), signal)

    return step
