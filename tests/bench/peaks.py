"""The highest resident memory of a process, as the kernel keeps it."""

import subprocess
import threading
from pathlib import Path
from typing import Any

LOOK_SECONDS = 0.05


def peak_until_the_end(process: "subprocess.Popen[Any]") -> float:
    """Wait for `process`; return the most memory it had, in MiB, as of a moment before its end.

    Not from the kernel's account of ended children, which carries over what their parent had.
    """
    pause, peak = threading.Event(), 0.0
    while process.poll() is None:
        peak = max(peak, _peak(process.pid))
        pause.wait(LOOK_SECONDS)
    return peak


def _peak(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    lines = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(lines[0].split()[1]) / 1_024 if lines else 0.0
