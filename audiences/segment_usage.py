"""Who counts on a segment staying as it is: told by higher floors, asked before a segment changes."""

from collections.abc import Callable

from audiences.models import Segment

# The names of what uses the segment, for a person.
Users = Callable[[Segment], list[str]]

_REGISTERED: dict[str, Users] = {}


def register(key: str, users: Users) -> None:
    """Add who may count on a segment; called from `AppConfig.ready`. Registering a key again replaces it."""
    _REGISTERED[key] = users


def users_of(segment: Segment) -> list[str]:
    """What would change together with the segment, by name; empty when it may be changed."""
    return [name for users in _REGISTERED.values() for name in users(segment)]
