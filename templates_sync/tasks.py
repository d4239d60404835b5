"""Background reads of the templates."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from templates_sync import edge, urgency
from templates_sync.staging.submitting import due


@shared_task
def sync_templates(*, run_id: int | None = None, **_: object) -> int | None:
    """Read all templates, for the run that somebody asked for if there is one; return the run's id.

    `run_id` says that somebody asked: then it is read although Spoki asked to wait.
    """
    return edge.sync_now().pk if run_id or edge.is_read_due() else None


@shared_task
def sync_templates_if_urgent(**_: object) -> int | None:
    """Read all templates while one is in review or a campaign runs; return the id of the run."""
    return edge.sync_now().pk if urgency.is_urgent() and edge.is_read_due() else None


@shared_task
def advance_submission(*, draft_id: int, **_: object) -> None:
    """Carry a submission of a draft on, and come back when its next step may be done."""
    wait = edge.advance_now(draft_id)
    if wait is not None:
        advance_submission.apply_async(
            kwargs={"draft_id": draft_id}, countdown=wait.total_seconds()
        )


@shared_task
def make_fields(**_: object) -> None:
    """Make the custom fields that are asked for, and come back for the next one."""
    wait = edge.advance_fields_now()
    if wait is not None:
        make_fields.apply_async(countdown=wait.total_seconds())


@shared_task
def tend_fields(**_: object) -> None:
    """Carry on what nobody does, and look what Spoki has while a text needs what it may lack."""
    edge.advance_fields_now()


@shared_task
def resume_submissions(**_: object) -> None:
    """Carry on what nobody does: a worker died, or the broker has lost a call."""
    for draft in due(now=timezone.now()):
        edge.advance_now(draft.pk)
