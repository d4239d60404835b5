"""Where the outside world comes in: the clock is read, and a worker is given back after some seconds."""

from datetime import timedelta

from django.utils import timezone

from audiences.importing.run import unfinished, work

# A background task gives its worker back soon, for others wait.
TURN = timedelta(seconds=8)


def take_turn() -> bool:
    """Import for some seconds; True when rows are left that nobody works on."""
    ends_at = timezone.now() + TURN
    for contact_import in unfinished():
        work(contact_import=contact_import, clock=timezone.now, ends_at=ends_at)
        if timezone.now() >= ends_at:
            return True
    return False
