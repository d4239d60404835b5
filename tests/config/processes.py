"""Looks at processes, waits for them, clears what they left."""

import shutil
from pathlib import Path
from threading import Event

from config.embedded.place import place_for


def eventually(condition, seconds=30.0):
    """Return whether `condition` became true in time."""
    for _ in range(int(seconds * 20)):
        if condition():
            return True
        Event().wait(0.05)
    return False


def alive(pid):
    """Return whether the process runs; a dead one that nobody has reaped does not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def remove_services(var):
    """Remove what the services of `var` left, wherever they keep it."""
    for name in ("postgres", "valkey"):
        place = place_for(name, var)
        for folder in (place.home, place.socket_folder):
            shutil.rmtree(folder, ignore_errors=True)
