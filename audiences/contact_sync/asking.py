"""A person asks for a sync now."""

from datetime import datetime

from django.contrib.auth.models import User

from audiences.contact_sync import runs
from audiences.models import ContactSyncRun


def request_sync(*, by: User | None, now: datetime) -> list[ContactSyncRun]:
    """Open a push and a full read, which background work then does; return those that are new.

    What is under way already is not asked for twice.
    """
    asked = []
    for kind in (ContactSyncRun.Kind.SWEEP, ContactSyncRun.Kind.PUSH):
        run = runs.open_run(kind, now=now, by=by)
        if run.started_at == now:
            asked.append(run)
    return asked
