"""Who wants to know what became of a flow's message: told by the sender as it writes it down, and by Spoki's news.

A listener gets the message's id and looks for itself. It is called in the middle of other work, so it waits for no
lock: what it misses it must find again later.
"""

from collections.abc import Callable
from datetime import datetime

Listener = Callable[[int, datetime], None]

_LISTENERS: dict[str, Listener] = {}


def register(name: str, listener: Listener) -> None:
    """Add a listener; called from `AppConfig.ready`. A name registered again replaces the first."""
    _LISTENERS[name] = listener


def tell(message_id: int, *, now: datetime) -> None:
    """Tell every listener that something became of this message, which is no campaign's."""
    for listener in _LISTENERS.values():
        listener(message_id, now)
