"""The time zones there are."""

from functools import cache
from zoneinfo import available_timezones


@cache
def known_zones() -> frozenset[str]:
    """Every name, read once: to list them walks through hundreds of files."""
    return frozenset(available_timezones())
