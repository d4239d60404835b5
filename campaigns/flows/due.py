"""The people whose wait is over: asked every minute, by as many workers as there are."""

import time
from datetime import datetime

from django.db import transaction

from campaigns.flows.passing import pass_on
from campaigns.models import Flow, FlowEntry

# A worker keeps no row longer than it takes to judge so many; another one takes the next.
ENTRIES_AT_ONCE = 100

Status = FlowEntry.Status


def carry_out_due(*, now: datetime, seconds: float) -> int:
    """Judge every entry that is due at `now`, for `seconds` at most; return how many were looked at.

    What is left is taken by the next run. Killed at any moment, it leaves each person either
    waiting or written down together with her message.
    """
    let_go(now=now)
    until = time.monotonic() + seconds
    done = 0
    while True:
        found = _carry_out_some(now=now)
        done += found
        if found < ENTRIES_AT_ONCE or time.monotonic() >= until:
            return done


def let_go(*, now: datetime) -> int:
    """Let those leave who wait in vain; return how many.

    That is whoever entered at the very moment in which a person switched the flow off, and whose
    news has grown old while a machine keeps it stopped.
    """
    waiting = FlowEntry.objects.filter(status=Status.WAITING, flow__status=Flow.Status.DISABLED)
    gone = waiting.filter(flow__stop_code="")
    old = waiting.exclude(flow__stop_code="").filter(expires_at__lte=now)
    return sum(
        entries.update(status=Status.LEFT, reason=reason, ended_at=now)
        for entries, reason in ((gone, "flow_disabled"), (old, "too_late"))
    )


@transaction.atomic
def _carry_out_some(*, now: datetime) -> int:
    due = FlowEntry.objects.filter(
        status=Status.WAITING, due_at__lte=now, flow__status=Flow.Status.ENABLED
    )
    free = due.select_for_update(of=("self",), skip_locked=True, no_key=True)
    entries = list(free.select_related("version").order_by("due_at", "pk")[:ENTRIES_AT_ONCE])
    pass_on(entries, now=now)
    return len(entries)
