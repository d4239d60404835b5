"""Meta's answer, taken from what the sync has read."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from templates_sync.models import DraftMoved, TemplateDraft, TemplateVersion
from templates_sync.staging.story import Status, lock, record

_ANSWERS = {
    TemplateVersion.Status.APPROVED: Status.ACCEPTED,
    TemplateVersion.Status.REJECTED: Status.REJECTED,
}


def follow_submitted(*, now: datetime) -> int:
    """Give every submitted draft the version it became and Meta's answer; return how many answers."""
    submitted = TemplateDraft.objects.filter(status=Status.SUBMITTED).order_by("pk")
    return sum(_follow(draft, now) for draft in submitted)


@transaction.atomic
def _follow(draft: TemplateDraft, now: datetime) -> bool:
    try:
        locked = lock(draft)
    except DraftMoved:
        return False
    version = _version_of(locked)
    if version is None or locked.status != Status.SUBMITTED:
        return False
    if locked.result_id != version.pk:
        locked.result = version
        locked.save(update_fields=["result"])
    answer = _ANSWERS.get(TemplateVersion.Status(version.status))
    if answer is None:
        return False
    reason = version.rejection_reason if answer == Status.REJECTED else ""
    locked.move_to(answer, now=now, comment=reason)
    record(locked, str(answer), by=None, now=now, note=reason)
    return True


def _version_of(draft: TemplateDraft) -> TemplateVersion | None:
    return TemplateVersion.objects.filter(
        template__spoki_id=draft.spoki_id,
        template__language=draft.language,
        content_hash=draft.wording.content_hash,
        superseded_at=None,
    ).first()
