"""Who is told of what was just declared, however it came: registered from above, called by `audiences.consent`. No signals.

Withdrawals have listeners of their own (`audiences.withdrawals`); these hear of consents that were given as well.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from audiences.models import ConsentRecord

# Inside the transaction of the declarations; the state of the contacts is derived already.
Listener = Callable[[Sequence[ConsentRecord], datetime], None]

_LISTENERS: dict[str, Listener] = {}


def register(key: str, listener: Listener) -> None:
    """Add a floor; called from `AppConfig.ready`. Registering a key again replaces it."""
    _LISTENERS[key] = listener


def tell(records: Sequence[ConsentRecord], *, now: datetime) -> None:
    """Tell everybody of declarations that were just added to the ledger."""
    if records:
        for listener in _LISTENERS.values():
            listener(records, now)
