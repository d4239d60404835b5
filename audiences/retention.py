"""What personal data a snapshot holds is blanked after its time; the rows stay, as evidence of whom and when.

Garante per la protezione dei dati personali, measure of 24 February 2005: details of purchases are kept at most
12 months for profiling. The values of a message may say what was bought, so the default is a year.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from audiences.models import Snapshot, SnapshotReduction
from audiences.models.snapshot import REDUCING_SNAPSHOT
from audiences.snapshots import digest_of, form_of

# How many snapshots one run reduces: what is left waits for the next night.
MOST_AT_ONCE = 200

_BLANK = """
UPDATE audiences_snapshotmember SET phone = '', params = '{}'
WHERE snapshot_id = %s AND (phone <> '' OR params <> '{}')
"""


def reduce_old_snapshots(*, now: datetime, kept_days: int | None = None) -> int:
    """Blank phones and values of every snapshot older than `kept_days` (the setting); returns how many snapshots.

    Each is a transaction of its own, so a run may be stopped anywhere and run again, or twice at once.
    """
    days = settings.SNAPSHOT_RETENTION_DAYS if kept_days is None else kept_days
    old = Snapshot.objects.filter(made_at__lt=now - timedelta(days=days), reduction__isnull=True)
    due = list(old.order_by("made_at", "pk").values_list("pk", flat=True)[:MOST_AT_ONCE])
    return sum(_reduce(pk, kept_days=days, now=now) for pk in due)


def _reduce(pk: int, *, kept_days: int, now: datetime) -> bool:
    with transaction.atomic():
        snapshot = Snapshot.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
        if snapshot is None or SnapshotReduction.objects.filter(snapshot=pk).exists():
            return False
        SnapshotReduction.objects.create(
            snapshot=snapshot,
            reduced_at=now,
            kept_days=kept_days,
            members=_blank(pk),
            digest=digest_of(snapshot_id=pk, form=form_of(snapshot)),
        )
    return True


def _blank(pk: int) -> int:
    """Blank the members under the only setting that lets the database do so; returns how many changed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [REDUCING_SNAPSHOT, str(pk)])
        cursor.execute(_BLANK, [pk])
        changed: int = cursor.rowcount
        cursor.execute("SELECT set_config(%s, '', true)", [REDUCING_SNAPSHOT])
    return changed
