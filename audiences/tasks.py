"""Background sync of the contacts with Spoki, and their import. Which work there is, and whose turn it is, are rows."""

from celery import shared_task
from django.utils import timezone

from audiences import waking
from audiences.contact_sync import edge
from audiences.double_opt_in import expire_requests
from audiences.importing import turns
from audiences.importing.run import forget_old
from audiences.retention import reduce_old_snapshots


@shared_task
def push_contacts(**_: object) -> int | None:
    """Begin a push of what differs; return the run's id. Beat runs it every five minutes."""
    run = edge.begin_push()
    return run.pk if run else None


@shared_task
def keep_pushing_contacts(**_: object) -> int | None:
    """Push what is urgent and go on with an unfinished push. Beat runs it every minute."""
    run = edge.keep_pushing()
    return run.pk if run else None


@shared_task
def sweep_contacts(**_: object) -> int | None:
    """Go on with a full read, or begin one at night. Beat runs it every minute."""
    run = edge.keep_sweeping()
    return run.pk if run else None


@shared_task
def read_contacts_again(**_: object) -> int | None:
    """Read the contacts that webhooks told of. Beat runs it every minute, a delivery at once."""
    run = edge.read_again_now()
    return run.pk if run else None


@shared_task
def expire_consent_requests(**_: object) -> int:
    """End the questions of a double opt-in that nobody answered in time; return how many. Beat runs it hourly."""
    return expire_requests(now=timezone.now())


@shared_task
def reduce_snapshots(**_: object) -> int:
    """Blank what snapshots older than the retention rule still hold; return how many. Beat runs it daily."""
    return reduce_old_snapshots(now=timezone.now())


@shared_task
def import_contacts(**_: object) -> None:
    """Go on with the files of contacts that were started. Beat runs it every minute, a start at once."""
    if turns.take_turn():
        wake_imports()


def wake_imports() -> bool:
    """Have a worker go on with the imports; False without a broker: beat comes by within a minute."""
    return waking.wake(import_contacts)


@shared_task
def forget_imports(**_: object) -> int:
    """Erase old files and refused rows; return of how many imports. Beat runs it daily."""
    return forget_old(now=timezone.now())
