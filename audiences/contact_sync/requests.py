"""Which contacts to read again from Spoki: a delivery of its webhook says who changed, not how."""

from datetime import datetime, timedelta

from django.db import connection

from audiences.models import ContactToRead

_ASK = """
INSERT INTO audiences_contacttoread (key, spoki_id, phone, asked_at, due_at, attempts)
VALUES (%(key)s, %(id)s, %(phone)s, %(now)s, %(due)s, 0)
ON CONFLICT (key) DO UPDATE SET asked_at = excluded.asked_at, due_at = excluded.due_at, attempts = 0
"""


def ask_again(
    *,
    spoki_id: int | None = None,
    phone: str | None = None,
    now: datetime,
    delay: timedelta = timedelta(0),
) -> bool:
    """Have a contact read again, by Spoki's id or else by phone (E.164); False where there is neither.

    Asked twice it is read once; asked while it is being read, it is read again.
    """
    if spoki_id is None and not phone:
        return False
    values = {
        "key": f"id:{spoki_id}" if spoki_id is not None else f"phone:{phone}",
        "id": spoki_id,
        "phone": "" if spoki_id is not None else phone,
        "now": now,
        "due": now + delay,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ASK, values)
    return True


def is_any_due(*, now: datetime) -> bool:
    return ContactToRead.objects.filter(due_at__lte=now).exists()
