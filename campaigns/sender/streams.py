"""Marketing of flows in the sender: it takes its turns among the campaigns, as one of them.

A stream is what waits of one template from one number, whichever flows wrote it. So a flow that
writes to thousands at once takes turns with the campaigns and with every other flow, and neither
waits for the other's end.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection

# The condition of the index `outbound_flows_queue`, word for word.
_COUNTS = """
SELECT template_version_id, number_id, zone, count(*) FROM campaigns_outboundmessage
WHERE campaign_id IS NULL AND lane = 2 AND status = 'queued'
  AND due_at <= statement_timestamp() AND (expires_at IS NULL OR expires_at > statement_timestamp())
  AND (lease_until IS NULL OR lease_until <= statement_timestamp())
  AND template_version_id IS NOT NULL AND number_id IS NOT NULL
GROUP BY template_version_id, number_id, zone
"""
# A claim numbers its streams below everything else that it keeps by number.
_FIRST_ID = -10
# A turn that lies further ahead than that was noted before the clock was set back.
_LONGEST_TURN = timedelta(minutes=1)


@dataclass(slots=True)
class Stream:
    """What waits of one template from one number; `pk` is its number within this process.

    It is shared out like a campaign without hours of its own: `pace_at` says when it had its last
    turn.
    """

    pk: int
    template_version_id: int
    number_id: int
    waiting: dict[str, int] = field(default_factory=dict)
    pace_at: datetime | None = None
    total: int = 0
    spread_hours: Decimal = Decimal(0)

    def turn(self, *, now: datetime) -> datetime | None:
        """Return when it had its turn, None if never."""
        if self.pace_at is not None and self.pace_at - now > _LONGEST_TURN:
            self.pace_at = None
        return self.pace_at


@dataclass(slots=True)
class Streams:
    """The streams at work, counted again every `age` seconds; their turns are remembered."""

    _known: dict[tuple[int, int], Stream] = field(default_factory=dict)
    _due: float = float("-inf")

    def refresh(self, *, age: float, share: float) -> None:
        """Count again what is out of date; counting takes no more than `share` of our time."""
        began = time.monotonic()
        if began < self._due:
            return
        with connection.cursor() as cursor:
            cursor.execute(_COUNTS)
            rows = cursor.fetchall()
        for stream in self._known.values():
            stream.waiting = {}
        for version, number, zone, people in rows:
            self._stream(version, number).waiting[zone] = people
        took = time.monotonic() - began
        self._due = began + max(age, took / share)

    def __iter__(self) -> Iterator[Stream]:
        """Iterate over the streams in which somebody waits."""
        return (stream for stream in self._known.values() if stream.waiting)

    def _stream(self, version: int, number: int) -> Stream:
        key = (version, number)
        if key not in self._known:
            self._known[key] = Stream(_FIRST_ID - len(self._known), version, number)
        return self._known[key]
