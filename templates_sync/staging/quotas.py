"""Meta's quotas of templates and of edits, counted from what was submitted from here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from templates_sync.lint import Level, Problem
from templates_sync.models import DraftEvent, Template, TemplateDraft, TemplateVersion

# Meta, "Template management": each language of a name counts. An account whose business is not
# verified keeps 250; which one ours is, Spoki does not tell.
KEPT_UNVERIFIED, KEPT_MOST = 250, 6000
MADE_AN_HOUR = 100
# Of an approved template; one that is rejected or paused may be edited at will.
EDITS_A_DAY, EDITS_A_MONTH = 1, 10
HOUR, DAY, MONTH = timedelta(hours=1), timedelta(days=1), timedelta(days=30)


def quota_problems(draft: TemplateDraft, *, now: datetime) -> Iterator[Problem]:
    """Find the quotas that `draft` would break now: advice while it is written, errors as it leaves."""
    level = Level.ERROR if draft.status == TemplateDraft.Status.APPROVED else Level.WARNING
    if draft.template is None:
        yield from _of_new(level, now)
    else:
        yield from _of_edit(draft.template, level, now)


def _of_new(level: Level, now: datetime) -> Iterator[Problem]:
    kept = Template.objects.filter(gone_at=None, spoki_id__isnull=False).count()
    if kept >= KEPT_MOST:
        yield Problem("templates_full", "name", level=level, figures={"most": KEPT_MOST})
    elif kept >= KEPT_UNVERIFIED:
        figures = {"has": kept, "most": KEPT_UNVERIFIED}
        yield Problem("templates_many", "name", level=Level.WARNING, figures=figures)
    made = DraftEvent.objects.filter(verb="written", draft__template=None, at__gt=now - HOUR)
    if made.count() >= MADE_AN_HOUR:
        yield Problem("made_too_many", "name", level=level, figures={"most": MADE_AN_HOUR})


def _of_edit(template: Template, level: Level, now: datetime) -> Iterator[Problem]:
    current = template.current_version
    if current is None or current.status != TemplateVersion.Status.APPROVED:
        return
    edits = DraftEvent.objects.filter(verb="submitted", draft__template=template)
    if edits.filter(at__gt=now - DAY).count() >= EDITS_A_DAY:
        yield Problem("edited_today", "name", level=level)
    elif edits.filter(at__gt=now - MONTH).count() >= EDITS_A_MONTH:
        yield Problem("edits_used_up", "name", level=level, figures={"most": EDITS_A_MONTH})
