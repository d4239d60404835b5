"""Taking back a click: the conversations are as they were before, unless somebody touched them since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.auth.models import User
from django.core import signing
from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from audiences.models import Contact
from conversations.inbox.deeds import Change, Report, lock_or_none, locked, name_of, state_of
from conversations.inbox.seen import mark_of, parsed
from conversations.models import Conversation, ConversationEvent

# Later nobody remembers what a click has changed.
PATIENCE: Final = timedelta(minutes=10)
_SALT: Final = "conversations.inbox.undo"
_MOMENTS: Final = ("assigned_at", "unanswered_since", "snoozed_until", "done_at")


class UndoRefused(Exception):
    """Nothing was changed; `str()` says why, for a person."""


def token_of(changes: Sequence[Change], *, by: User) -> str:
    """Return what the page hands back to take these changes back; signed, for `by` alone, "" for none."""
    if not changes:
        return ""
    told = [[one.contact_id, dict(one.before), str(one.after)] for one in changes]
    return signing.dumps([by.pk, told], salt=_SALT, compress=True)


def undo(token: str, *, by: User, now: datetime) -> Report:
    """Put each conversation back to what it was; one that somebody changed since stays as it is, and says so.

    :raises UndoRefused: too late, or not a click of `by`.
    """
    try:
        user_id, told = signing.loads(token, salt=_SALT, max_age=PATIENCE)
    except signing.SignatureExpired:
        raise UndoRefused(_("That was too long ago to be taken back.")) from None
    except signing.BadSignature:
        raise UndoRefused(_("This cannot be taken back.")) from None
    if user_id != by.pk:
        raise UndoRefused(_("Only who did it can take it back."))
    report = Report()
    for contact_id, before, mark in told:
        with transaction.atomic():
            _put_back(contact_id, before, mark, report, by=by, now=now)
    return report


def _put_back(
    contact_id: int,
    before: Mapping[str, Any],
    mark: str,
    report: Report,
    *,
    by: User,
    now: datetime,
) -> None:
    person = lock_or_none(contact_id)
    row = None if person is None else locked(person)
    if person is None or row is None:
        report.refused.append(("", _("This conversation is no longer there.")))
        return
    # The marks are compared, not the rows: receipts and answers may have come since.
    if mark_of(row, now=now) != parsed(mark):
        changed = _("It has changed since: it stays as it is now.")
        report.refused.append((name_of(person), changed))
        return
    was = state_of(row)
    _note(person, row, before, by=by, now=now)
    for name, value in before.items():
        setattr(row, name, parse_datetime(value) if name in _MOMENTS and value else value)
    row.save(update_fields=list(before))
    report.done.append(Change(name_of(person), person.pk, was, mark_of(row, now=now)))


def _note(
    person: Contact, row: Conversation, before: Mapping[str, Any], *, by: User, now: datetime
) -> None:
    """Write each step back into the story; who waits again does so since before."""

    def tell(verb: str, **figures: Any) -> None:
        ConversationEvent.objects.create(contact=person, at=now, verb=verb, by=by, figures=figures)

    if row.unanswered_since is None and before["unanswered_since"] is not None:
        tell("reopened", since=before["unanswered_since"], undone=True)
    elif (row.done_at is None) != (before["done_at"] is None) or (
        row.unanswered_since is not None and before["unanswered_since"] is None
    ):
        tell("done" if before["done_at"] else "undone", undone=True)
    if row.assignee_id != before["assignee_id"]:
        to = before["assignee_id"]
        tell("assigned" if to else "released", to=to, before=row.assignee_id, undone=True)
    if row.snoozed_until is not None and before["snoozed_until"] is None:
        tell("woken", undone=True)
    elif row.snoozed_until is None and before["snoozed_until"] is not None:
        tell("snoozed", until=before["snoozed_until"], undone=True)
