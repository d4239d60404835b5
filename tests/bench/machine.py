"""What the figures were measured on."""

import os
import platform
from importlib.metadata import version

PACKAGES = ("django", "psycopg", "requests", "celery", "django-post-office")


def machine_note() -> str:
    """Return one line: cores, memory, load at the start and versions."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, load {os.getloadavg()[0]:.2f} at the start; "
        f"Python {platform.python_version()}, {packages}"
    )


def warning() -> str:
    """Return a sentence if the machine is too busy to be measured on, else nothing."""
    load = os.getloadavg()[0]
    if load <= 1:
        return ""
    return (
        f"The load is {load:.2f}: others are at work on this machine. Ratios suffer less than "
        "speeds, but neither should be quoted from this run."
    )
