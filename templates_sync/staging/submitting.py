"""Submission through Spoki: started by a person, carried on by a task, never done twice."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

import spoki
from templates_sync.lint import errors
from templates_sync.models import DraftMoved, TemplateDraft
from templates_sync.staging import steps
from templates_sync.staging.fields import not_there
from templates_sync.staging.following import follow_submitted
from templates_sync.staging.problems import problems_of
from templates_sync.staging.steps import Desk, SubmissionRefused
from templates_sync.staging.story import DraftRefused, Status, lock, record, require

logger = logging.getLogger(__name__)

# One call takes 30 seconds at most, a look a few of them, and a minute or two go where Spoki asks
# to slow down; a worker that died lets go after this.
LEASE = timedelta(minutes=5)
# When nothing else is said: how long to leave Spoki alone after an error.
RETRY_AFTER = timedelta(seconds=60)

_STEPS: Mapping[str, Callable[[TemplateDraft, Desk], timedelta | None]] = {
    TemplateDraft.Step.FIELDS: steps.make_fields,
    TemplateDraft.Step.WRITE: steps.write_template,
    TemplateDraft.Step.SUBMIT: steps.submit,
}
_ERRORS: tuple[tuple[type[spoki.SpokiError], TemplateDraft.Error], ...] = (
    (spoki.SpokiAuthError, TemplateDraft.Error.KEY_REFUSED),
    (spoki.SpokiThrottled, TemplateDraft.Error.THROTTLED),
    (spoki.SpokiOutcomeUnknown, TemplateDraft.Error.ANSWER_LOST),
    (spoki.SpokiProtocolError, TemplateDraft.Error.UNREADABLE),
)


@transaction.atomic
def start_submission(*, draft: TemplateDraft, by: User, now: datetime) -> TemplateDraft:
    """Begin to hand an approved draft to Meta; the caller then queues `advance`.

    :raises DraftMoved: it is not approved (any more), or is on its way already.
    :raises DraftRefused: something stands against it now, or Spoki lacks a custom field of it.
    """
    locked = lock(draft)
    require(locked, Status.APPROVED)
    if found := errors(problems_of(locked, now=now)):
        raise DraftRefused(problems=found)
    if codes := not_there(locked, now=now):
        text = _(
            "Spoki does not have these custom fields yet: %(codes)s. Create them first, on the page of the draft."
        )
        raise DraftRefused(text % {"codes": ", ".join(codes)})
    replaced = locked.template.spoki_id if locked.template else None
    locked.move_to(
        Status.SUBMITTING, now=now, step=TemplateDraft.Step.FIELDS, next_at=now,
        spoki_id=locked.spoki_id or replaced, error="", error_detail="",
    )  # fmt: skip
    record(locked, "submission_started", by=by, now=now)
    return locked


@transaction.atomic
def stop_submission(*, draft: TemplateDraft, by: User, now: datetime) -> TemplateDraft:
    """Take it back before Meta has it.

    :raises DraftMoved: it is not on its way (any more).
    :raises DraftRefused: a call is under way, or the answer of one is missing.
    """
    locked = lock(draft)
    require(locked, Status.SUBMITTING)
    is_held = locked.leased_until is not None and locked.leased_until > now
    if is_held or locked.attempted_at is not None:
        raise DraftRefused(
            _("A call to Spoki is under way, or its answer is missing: try again in two minutes.")
        )
    locked.move_to(Status.APPROVED, now=now, step="", next_at=None, error="", error_detail="")
    record(locked, "stopped", by=by, now=now)
    return locked


def due(*, now: datetime) -> QuerySet[TemplateDraft]:
    """Return the submissions that nobody carries on although it is their time."""
    return TemplateDraft.objects.filter(
        Q(leased_until=None) | Q(leased_until__lt=now),
        Q(next_at=None) | Q(next_at__lte=now),
        status=Status.SUBMITTING,
    ).order_by("pk")


def advance(
    *,
    draft_id: int,
    gateway: spoki.SpokiGateway,
    clock: Callable[[], datetime],
    patience: timedelta = timedelta(0),
) -> timedelta | None:
    """Carry a submission on until it must wait; return how long, None when there is nothing to do.

    Never raises for an error of Spoki: the draft says it. Safe to be called twice at once.
    `patience`: how long one call may wait in place where Spoki asks to slow down.
    """
    now = clock()
    lease = now + LEASE
    if due(now=now).filter(pk=draft_id).update(leased_until=lease) != 1:
        return None
    draft = TemplateDraft.objects.get(pk=draft_id)
    try:
        wait = _carry_on(draft, Desk(gateway, clock, lease, patience.total_seconds()))
    except DraftMoved:
        return None
    follow_submitted(now=clock())
    _let_go(draft, lease, wait, clock())
    return wait


def _carry_on(draft: TemplateDraft, desk: Desk) -> timedelta | None:
    try:
        while draft.status == Status.SUBMITTING:
            if wait := _STEPS[draft.step](draft, desk):
                return wait
    except SubmissionRefused as refused:
        _refuse(draft, refused, desk.clock())
    except spoki.SpokiError as error:
        logger.warning("submission of draft %s waits: %s", draft.pk, error)
        return _postpone(draft, error, desk)
    return None


def _refuse(draft: TemplateDraft, refused: SubmissionRefused, now: datetime) -> None:
    draft.move_to(
        Status.REFUSED, now=now, step="", attempted_at=None, leased_until=None, next_at=None,
        error=refused.error, error_detail=refused.detail[:300],
    )  # fmt: skip
    record(draft, "refused", by=None, now=now, note=refused.detail)


def _postpone(draft: TemplateDraft, error: spoki.SpokiError, desk: Desk) -> timedelta | None:
    if draft.status != Status.SUBMITTING:
        return None  # it has arrived, only the last look at it failed: the sync looks again
    code = next(
        (code for kind, code in _ERRORS if isinstance(error, kind)),
        TemplateDraft.Error.UNREACHABLE,
    )
    TemplateDraft.objects.filter(pk=draft.pk, leased_until=desk.lease).update(
        error=code, error_detail=str(error)[:300]
    )
    return max(RETRY_AFTER, timedelta(seconds=error.retry_after or 0))


def _let_go(draft: TemplateDraft, lease: datetime, wait: timedelta | None, now: datetime) -> None:
    TemplateDraft.objects.filter(pk=draft.pk, leased_until=lease).update(
        leased_until=None, next_at=now + wait if wait else None
    )
