"""Background reads of the templates."""

from __future__ import annotations

from celery import shared_task

from templates_sync import edge, urgency
from templates_sync.models import SyncRun


@shared_task
def sync_templates(*, run_id: int | None = None, **_: object) -> int:
    """Read all templates, for the run `run_id` if somebody asked for it; return the run's id."""
    asked = SyncRun.objects.filter(pk=run_id, finished_at=None).first() if run_id else None
    return edge.sync_now(asked).pk


@shared_task
def sync_templates_if_urgent(**_: object) -> int | None:
    """Read all templates while one is in review or a campaign runs; return the id of the run."""
    return edge.sync_now().pk if urgency.is_urgent() else None
