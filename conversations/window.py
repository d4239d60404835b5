"""The 24-hour window of a person, decided here and nowhere else; the browser only counts down.

A window is between one number of ours and one person, opened by what she writes and by nothing else (Meta, Service
messages). For us it closes ten minutes early; whether a text may really leave is asked again when it is its turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from audiences.models import Contact
from campaigns.models import ConversationWindow, WhatsAppNumber

# So long before its end a window is about to close: whoever wants to write freely should do it now.
SOON = timedelta(hours=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Whether a free text may be written at `now`, through which number of ours and until when (UTC).

    `closes_at` is also there for a window that has closed; None means that there was none. `number` is the one that
    an answer should leave from; None while no number is known.
    """

    is_open: bool
    closes_at: datetime | None
    number: WhatsAppNumber | None
    now: datetime

    @property
    def seconds_left(self) -> int:
        """Whole seconds until it closes, 0 once it has."""
        if not self.is_open or self.closes_at is None:
            return 0
        return int((self.closes_at - self.now).total_seconds())

    @property
    def minutes_left(self) -> int:
        return self.seconds_left // 60

    @property
    def hours_and_minutes(self) -> tuple[int, int]:
        """The time left as a person says it: (21, 40)."""
        return divmod(self.minutes_left, 60)

    @property
    def is_closing(self) -> bool:
        return self.is_open and self.seconds_left <= SOON.total_seconds()


def window_of(contact: Contact, *, number: WhatsAppNumber | None = None, now: datetime) -> Window:
    """Return the window of the person with `number`, else the one that stays open longest.

    Without any, the answer names the default number, from which a template would leave.
    """
    windows = ConversationWindow.objects.filter(contact=contact).select_related("number")
    if number is not None:
        windows = windows.filter(number=number)
    latest = windows.order_by("-closes_at").first()
    if latest is None:
        return Window(is_open=False, closes_at=None, number=number or _default(), now=now)
    # Who has given up her number cannot be written to, whatever she wrote with it.
    is_open = latest.closes_at > now and contact.phone is not None
    return Window(is_open=is_open, closes_at=latest.closes_at, number=latest.number, now=now)


def _default() -> WhatsAppNumber | None:
    return WhatsAppNumber.objects.filter(is_default=True).order_by("account_id").first()
