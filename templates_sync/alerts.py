"""What a refused send tells about a template."""

from __future__ import annotations

from datetime import datetime

from templates_sync.models import TemplateVersion


def mark_paused(*, version: TemplateVersion, reason: str, now: datetime) -> bool:
    """Hold `version` back after Meta refused a send of it; return whether this was news.

    `reason` is the code, such as `whatsapp::132015` (paused) or `whatsapp::132016` (disabled).
    Spoki's own list may go on saying "approved", so the hold stays until the status is seen to
    come back to approved, or a person releases it.
    """
    held = TemplateVersion.objects.filter(pk=version.pk, held_at=None).update(
        held_at=now, held_reason=reason[:200]
    )
    version.refresh_from_db(fields=["held_at", "held_reason"])
    return held == 1
