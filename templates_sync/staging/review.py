"""Review by a second person: what is approved is exactly what was seen, and it is pinned."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from templates_sync.lint import Problem, errors
from templates_sync.models import TemplateDraft
from templates_sync.staging.problems import problems_of
from templates_sync.staging.story import (
    DraftRefused,
    SamePersonRefused,
    Status,
    lock,
    record,
    require,
)


def send_to_review(*, draft: TemplateDraft, by: User, now: datetime) -> TemplateDraft:
    """Hand a draft to another person; from here on it cannot be changed.

    :raises DraftMoved: it is not being written (any more).
    :raises DraftRefused: with every error of the text.
    """
    try:
        with transaction.atomic():
            return _send_to_review(draft, by, now)
    except IntegrityError as taken:
        # Another draft with this name went to review in the same moment.
        raise DraftRefused(problems=[Problem("name_taken", "name")]) from taken


def _send_to_review(draft: TemplateDraft, by: User, now: datetime) -> TemplateDraft:
    locked = lock(draft)
    require(locked, Status.DRAFT)
    _require_no_error(locked, now)
    locked.move_to(Status.IN_REVIEW, now=now, comment="")
    record(locked, "sent_to_review", by=by, now=now)
    return locked


@transaction.atomic
def approve_draft(
    *, draft: TemplateDraft, by: User, now: datetime, comment: str = "", seen: str = ""
) -> TemplateDraft:
    """Approve what is in review. `seen` is the `updated_at` (ISO 8601) of what the person read.

    :raises DraftMoved: it is not in review (any more).
    :raises SamePersonRefused: `by` wrote it or edited it last.
    :raises DraftRefused: something stands against it now, or it changed since it was read.
    """
    locked = lock(draft)
    require(locked, Status.IN_REVIEW)
    if by.pk in {locked.author_id, locked.last_editor_id}:
        text = _("Who wrote or edited a template cannot approve it: ask another person.")
        raise SamePersonRefused(text)
    if seen and seen != locked.updated_at.isoformat():
        text = _("It has changed since you opened the page: read it again, then approve.")
        raise DraftRefused(text)
    _require_no_error(locked, now)
    locked.move_to(Status.APPROVED, now=now, approved_by=by, comment=comment.strip())
    record(locked, "approved", by=by, now=now, note=comment.strip())
    return locked


@transaction.atomic
def send_back(*, draft: TemplateDraft, by: User, comment: str, now: datetime) -> TemplateDraft:
    """Give it back to its author with a comment.

    :raises DraftMoved: it is not in review (any more).
    :raises DraftRefused: no comment is given.
    """
    locked = lock(draft)
    require(locked, Status.IN_REVIEW)
    if not comment.strip():
        raise DraftRefused(_("Say why, so that the author knows what to change."))
    locked.move_to(Status.DRAFT, now=now, comment=comment.strip())
    record(locked, "sent_back", by=by, now=now, note=comment.strip())
    return locked


@transaction.atomic
def return_to_draft(*, draft: TemplateDraft, by: User, now: datetime) -> TemplateDraft:
    """Take it back to writing; an approval is void from here on.

    :raises DraftMoved: it is on its way to Meta, or has its answer.
    """
    locked = lock(draft)
    require(locked, Status.IN_REVIEW, Status.APPROVED, Status.REFUSED)
    locked.move_to(
        Status.DRAFT, now=now, approved_by=None, comment="", step="", error="", error_detail=""
    )
    record(locked, "returned", by=by, now=now)
    return locked


def _require_no_error(draft: TemplateDraft, now: datetime) -> None:
    found = errors(problems_of(draft, now=now))
    if found:
        raise DraftRefused(problems=found)
