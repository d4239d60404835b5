"""The custom fields that Spoki knows. What it does not know is left out of a push, and named."""

from collections.abc import Sequence
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Max

import spoki
from audiences.contact_sync import pace
from audiences.contact_sync.pace import Budget, Call
from audiences.contact_sync.payload import CODE, STANDARD_CODES
from audiences.models import SpokiField

# A slow endpoint, about five calls a minute; fields change by hand, rarely.
FRESH = timedelta(minutes=30)
MOST_NAMED = 50
# No code of Spoki's: this row says when the fields were read, for an account that has none.
THE_READ = ""

_UNKNOWN = f"""
SELECT DISTINCT {CODE} FROM audiences_contact c, jsonb_each_text(c.attributes) a
WHERE c.phone IS NOT NULL AND a.value IS NOT NULL AND NOT {CODE} = ANY(%s) ORDER BY 1 LIMIT %s
"""  # noqa: S608 - our own text


def known_codes(*, gateway: spoki.SpokiGateway, budget: Budget) -> list[str]:
    """Return the codes of Spoki's custom fields, read again when they are old.

    :raises SpokiError: where they were never read and cannot be now.
    """
    read_at = SpokiField.objects.aggregate(at=Max("read_at"))["at"]
    if read_at is None or budget.clock() - read_at > FRESH:
        try:
            if not _read(gateway=gateway, budget=budget) and read_at is None:
                raise spoki.SpokiThrottled("custom_fields")
        except spoki.SpokiError as error:
            if isinstance(error, spoki.SpokiThrottled):
                pace.freeze(Call.FIELDS, seconds=error.retry_after, now=budget.clock())
            if read_at is None:
                raise
    return known_codes_kept() or []


def known_codes_kept() -> list[str] | None:
    """Return the codes without asking Spoki; None while they were never read."""
    codes = list(SpokiField.objects.order_by("code").values_list("code", flat=True))
    return [code for code in codes if code != THE_READ] if codes else None


def unknown_names(codes: Sequence[str]) -> list[str]:
    """Return the codes of attributes that Spoki has no field for, the first fifty by name."""
    with connection.cursor() as cursor:
        cursor.execute(_UNKNOWN, [[*codes, *STANDARD_CODES], MOST_NAMED])
        return [row[0][:150] for row in cursor.fetchall()]


def _read(*, gateway: spoki.SpokiGateway, budget: Budget) -> bool:
    """Read the fields; False where nobody may ask just now."""
    if not budget.turn(Call.FIELDS):
        return False
    codes = {field.code for field in gateway.custom_fields()} - set(STANDARD_CODES) | {THE_READ}
    now = budget.clock()
    rows = [SpokiField(code=code[:150], read_at=now) for code in sorted(codes)]
    with transaction.atomic():
        SpokiField.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["code"], update_fields=["read_at"]
        )
        SpokiField.objects.exclude(code__in=codes).delete()
    return True
