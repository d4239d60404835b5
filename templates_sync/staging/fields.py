"""Which custom fields of Spoki a draft needs, and asking for those that are missing.

What Spoki has is known from its list, read now and then: nothing here makes a call.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from templates_sync.models import CustomField, FieldDesk, TemplateDraft
from templates_sync.staging.story import DraftRefused, Status, lock, record, require

# Spoki's collection: these cannot be made, they are there.
STANDARD_FIELDS = frozenset(
    {"FIRST_NAME", "LAST_NAME", "EMAIL", "PHONE", "ACCOUNT_NAME", "LANGUAGE"}
)
# So long what the list has shown is believed; after that a person may have made one on Spoki.
FRESH = timedelta(minutes=15)
# In these the text still waits for its fields.
WRITABLE = (Status.DRAFT, Status.IN_REVIEW, Status.APPROVED, Status.REFUSED)
LIVING = (*WRITABLE, Status.SUBMITTING)


@dataclass(frozen=True, slots=True)
class FieldState:
    """One code: `there`, `missing`, `asked` (it is being made), `refused`, or `unknown`.

    `detail` is what Spoki said when it refused it.
    """

    code: str
    state: str
    detail: str = ""


def codes_of(draft: TemplateDraft) -> list[str]:
    """Return the codes of `draft` that Spoki must have as custom fields."""
    return [code for code in draft.wording.variables if code not in STANDARD_FIELDS]


def fields_of(draft: TemplateDraft, *, now: datetime) -> list[FieldState]:
    """Return the custom fields that `draft` needs, in the order of its text."""
    return states_of(codes_of(draft), now=now)


def states_of(codes: Iterable[str], *, now: datetime) -> list[FieldState]:
    """Return what is known of each of `codes`."""
    wanted = list(codes)
    if not wanted:
        return []
    is_known = is_list_fresh(now=now)
    rows = {row.code: row for row in CustomField.objects.filter(code__in=wanted)}
    return [_state_of(code, rows.get(code), is_known=is_known) for code in wanted]


def is_list_fresh(*, now: datetime) -> bool:
    """Return whether Spoki's list was read lately, so that what it lacks is missing."""
    read_at = FieldDesk.the().read_at
    return read_at is not None and now - read_at <= FRESH


def _state_of(code: str, row: CustomField | None, *, is_known: bool) -> FieldState:
    if row is not None and row.seen_at is not None:
        return FieldState(code, "there")
    if row is not None and row.asked_at is not None:
        return FieldState(code, "asked")
    if row is not None and row.error:
        return FieldState(code, "refused", row.error_detail)
    return FieldState(code, "missing" if is_known else "unknown")


def to_make(draft: TemplateDraft, *, now: datetime) -> list[str]:
    """Return the codes that a person may ask for: missing, or refused before."""
    found = fields_of(draft, now=now)
    return [field.code for field in found if field.state in {"missing", "refused"}]


def not_there(draft: TemplateDraft, *, now: datetime) -> list[str]:
    """Return the codes that Spoki surely does not have (yet)."""
    found = fields_of(draft, now=now)
    return [field.code for field in found if field.state not in {"there", "unknown"}]


@transaction.atomic
def ask_for_fields(*, draft: TemplateDraft, by: User, now: datetime) -> TemplateDraft:
    """Have the missing custom fields of `draft` made on Spoki; the caller then wakes a worker.

    :raises DraftMoved: the text is on its way to Meta, or has its answer.
    :raises DraftRefused: Spoki has them all, or they are being made already.
    """
    locked = lock(draft)
    require(locked, *WRITABLE)
    codes = to_make(locked, now=now)
    if not codes:
        raise DraftRefused(_("There is nothing to make: look at the list of its custom fields."))
    ask(codes, draft=locked, by=by, now=now)
    record(locked, "fields_asked", by=by, now=now, note=", ".join(codes))
    return locked


def ask(codes: Iterable[str], *, draft: TemplateDraft, by: User | None, now: datetime) -> None:
    """Want `codes` on Spoki for `draft`; what is there or asked for already stays as it is."""
    for code in codes:
        CustomField.objects.get_or_create(code=code)
        CustomField.objects.filter(code=code, seen_at=None, asked_at=None).update(
            asked_at=now, asked_by=by, asked_for=draft, attempts=0, error="", error_detail=""
        )


def want_look(*, now: datetime) -> None:
    """Have Spoki's list read again; the caller then wakes a worker."""
    FieldDesk.the()
    FieldDesk.objects.update(wanted_at=now)
