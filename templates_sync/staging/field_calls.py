"""The calls on custom fields: one at a time, about five a minute, safe to be cut anywhere.

Codes are unique at Spoki, so nothing is made twice: after an answer that was lost or a refusal the
list is read again, and tells whether the field is there, whoever made it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.db import transaction
from django.db.models import F, Max, Q

import spoki
from templates_sync.models import CustomField, FieldDesk, TemplateDraft
from templates_sync.staging.fields import FRESH, LIVING, codes_of, is_list_fresh
from templates_sync.staging.story import record

logger = logging.getLogger(__name__)

# About five calls a minute on custom fields (Spoki's help centre).
FIELD_PAUSE = timedelta(seconds=13)
# A list of more fields is more calls: pages hold a hundred.
PAGE = 100
# One call takes 30 seconds at most; a worker that died lets go after this.
LEASE = timedelta(minutes=3)
# When nothing else is said: how long to leave Spoki alone after an error.
RETRY_AFTER = timedelta(seconds=60)
MOST_ATTEMPTS = 5
# Before something is made, whether somebody else has made it meanwhile.
LOOKED_LATELY = timedelta(minutes=2)
MOST_CODE, MOST_LABEL = 100, 300

_ERRORS: tuple[tuple[type[spoki.SpokiError], FieldDesk.Error], ...] = (
    (spoki.SpokiAuthError, FieldDesk.Error.KEY_REFUSED),
    (spoki.SpokiThrottled, FieldDesk.Error.THROTTLED),
    (spoki.SpokiProtocolError, FieldDesk.Error.UNREADABLE),
)


class FieldSource(Protocol):
    """The part of the gateway that the desk needs."""

    def custom_fields(self) -> Iterator[spoki.CustomField]: ...
    def create_custom_field(
        self, *, code: str, label: str, example: str | None = None
    ) -> spoki.CustomField: ...


def advance_fields(*, gateway: FieldSource, clock: Callable[[], datetime]) -> timedelta | None:
    """Make the next call if one is due; return when to come back, None when nothing is left to do.

    None as well while Spoki is in trouble: the schedule comes by every minute. Never raises for an error of Spoki: the desk says it. Safe to be called twice at once.
    """
    now = clock()
    forget_unneeded()
    if not _is_work(now):
        return None
    lease = now + LEASE
    if not _take(now, lease):
        return _until_free(now)
    try:
        wait, error = _call(gateway, clock), FieldDesk.Error.NONE
    except spoki.SpokiError as trouble:
        logger.warning("custom fields wait: %s", trouble)
        wait, error = _pause_after(trouble), _error_of(trouble)
    FieldDesk.objects.filter(leased_until=lease).update(
        leased_until=None, next_at=clock() + wait, error=error
    )
    return None if error or not _is_work(clock()) else wait


def forget_unneeded() -> None:
    """Ask no more for what no text needs: a typing error was put right before the field was made."""
    asked = CustomField.objects.filter(asked_at__isnull=False, attempted_at=None)
    if asked.exists():
        asked.exclude(code__in=_needed()).update(asked_at=None, asked_by=None, asked_for=None)


def _needed() -> set[str]:
    """Return the codes of every text that still waits for its fields."""
    drafts = TemplateDraft.objects.filter(status__in=LIVING)
    return {code for draft in drafts for code in codes_of(draft)}


def _is_work(now: datetime) -> bool:
    return CustomField.objects.filter(asked_at__isnull=False).exists() or is_look_due(now=now)


def is_look_due(*, now: datetime) -> bool:
    """Return whether Spoki's list must be read: somebody wants it, or a text needs what it may lack."""
    desk = FieldDesk.the()
    if desk.wanted_at is not None and (desk.read_at is None or desk.wanted_at > desk.read_at):
        return True
    # Before what was read gets old.
    if is_list_fresh(now=now + FRESH / 3):
        return False
    needed = _needed()
    there = CustomField.objects.filter(code__in=needed, seen_at__isnull=False)
    return there.count() < len(needed)


def _take(now: datetime, lease: datetime) -> bool:
    is_free = Q(leased_until=None) | Q(leased_until__lt=now)
    is_time = Q(next_at=None) | Q(next_at__lte=now)
    return FieldDesk.objects.filter(is_free & is_time).update(leased_until=lease) == 1


def _until_free(now: datetime) -> timedelta:
    desk = FieldDesk.the()
    wait = desk.next_at - now if desk.next_at and desk.leased_until is None else FIELD_PAUSE
    return max(wait, timedelta(seconds=1))


def _call(gateway: FieldSource, clock: Callable[[], datetime]) -> timedelta:
    """Make one call; return how long to leave Spoki alone after it."""
    row = CustomField.objects.filter(asked_at__isnull=False).order_by("asked_at", "pk").first()
    if row is None or _must_look():
        return _read_list(gateway, clock)
    _make(row, gateway, clock)
    return FIELD_PAUSE


def _must_look() -> bool:
    """Return whether the list is old, an answer is missing, or somebody wants to know."""
    desk = FieldDesk.the()
    asked = CustomField.objects.filter(asked_at__isnull=False)
    if desk.read_at is None or asked.filter(attempted_at__isnull=False).exists():
        return True
    last = asked.aggregate(at=Max("asked_at"))["at"]
    is_old = last is not None and last - desk.read_at > LOOKED_LATELY
    return is_old or (desk.wanted_at is not None and desk.wanted_at > desk.read_at)


def _read_list(gateway: FieldSource, clock: Callable[[], datetime]) -> timedelta:
    begun = clock()
    listed = {
        field.code.strip("% ").upper(): field.label[:MOST_LABEL]
        for field in gateway.custom_fields()
        if len(field.code) <= MOST_CODE
    }
    rows = [
        CustomField(code=code, label=label, seen_at=begun, **_THERE)
        for code, label in listed.items()
    ]
    with transaction.atomic():
        CustomField.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["code"],
            update_fields=["label", "seen_at", *_THERE],
        )
        # What was made while the list was on its way is there all the same.
        lacking = CustomField.objects.filter(seen_at__lt=begun).exclude(code__in=listed)
        lacking.update(seen_at=None, label="")
        _settle_attempts()
        FieldDesk.objects.update(read_at=begun)
    return FIELD_PAUSE * max(1, -(-len(listed) // PAGE))


_THERE: dict[str, Any] = {
    "asked_at": None,
    "asked_by": None,
    "asked_for": None,
    "attempted_at": None,
    "attempts": 0,
    "error": "",
    "error_detail": "",
}


def _settle_attempts() -> None:
    """Decide on what was tried and is not in the list that was just read."""
    tried = CustomField.objects.filter(attempted_at__isnull=False, seen_at=None)
    given_up = {"asked_at": None, "attempted_at": None}
    tried.exclude(error_detail="").update(error=CustomField.Error.REFUSED, **given_up)
    tried.filter(attempts__gte=MOST_ATTEMPTS).update(error=CustomField.Error.LOST, **given_up)
    # The answer was lost and so was the call: it is made again.
    tried.update(attempted_at=None)


def _make(row: CustomField, gateway: FieldSource, clock: Callable[[], datetime]) -> None:
    own = CustomField.objects.filter(pk=row.pk)
    own.update(attempted_at=clock(), attempts=F("attempts") + 1)
    draft = row.asked_for
    try:
        gateway.create_custom_field(
            code=row.code,
            label=_label_for(row.code),
            example=draft.examples.get(row.code) if draft else None,
        )
    except spoki.SpokiOutcomeUnknown:
        logger.warning("the answer about custom field %s was lost", row.code)
    except (spoki.SpokiRefused, spoki.SpokiNotFound) as refused:
        detail = refused.detail or str(refused)
        own.update(error_detail=detail[:300])
    except (spoki.SpokiThrottled, spoki.SpokiAuthError, spoki.SpokiUnreachable):
        # Nothing has left, or nothing was done.
        own.update(attempted_at=None, attempts=row.attempts)
        raise
    else:
        _note_made(row, draft, clock())


def _note_made(row: CustomField, draft: TemplateDraft | None, now: datetime) -> None:
    with transaction.atomic():
        CustomField.objects.filter(pk=row.pk).update(seen_at=now, **_THERE)
        if draft is not None:
            record(draft, "field_made", by=row.asked_by, now=now, note=row.code)


def _label_for(code: str) -> str:
    """Return a label that no other field has: labels are unique at Spoki, as codes are."""
    label = code.strip("_").replace("_", " ")
    is_taken = CustomField.objects.filter(label__iexact=label).exclude(code=code).exists()
    return code if is_taken else label


def _error_of(error: spoki.SpokiError) -> FieldDesk.Error:
    return next(
        (code for kind, code in _ERRORS if isinstance(error, kind)), FieldDesk.Error.UNREACHABLE
    )


def _pause_after(error: spoki.SpokiError) -> timedelta:
    if error.retry_after is None:
        return RETRY_AFTER
    return max(FIELD_PAUSE, timedelta(seconds=error.retry_after))
