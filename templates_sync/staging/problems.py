"""Everything that stands against a draft: what it says, and what it meets in the database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q

from templates_sync.lint import Level, Problem, Rule, lint
from templates_sync.models import Template, TemplateDraft, TemplateVersion
from templates_sync.staging.quotas import quota_problems

_IN_USE = (TemplateVersion.Status.APPROVED, TemplateVersion.Status.PAUSED)


def problems_of(draft: TemplateDraft, *, now: datetime) -> list[Problem]:
    """Return the problems of `draft`, which need not be saved; warnings among them."""
    return [
        *lint(draft.wording),
        *_name(draft),
        *_text(draft),
        *_replaced(draft),
        *quota_problems(draft, now=now),
    ]


def _name(draft: TemplateDraft) -> Iterator[Problem]:
    same = Q(name=draft.name, language=draft.language)
    templates = Template.objects.filter(same, gone_at=None)
    if draft.template_id is not None:
        templates = templates.exclude(pk=draft.template_id)
    # What Spoki kept of an earlier attempt of this very draft is no other template.
    if draft.spoki_id is not None:
        templates = templates.exclude(spoki_id=draft.spoki_id)
    drafts = TemplateDraft.objects.filter(same, status__in=TemplateDraft.UNDER_WAY)
    if draft.name and (templates.exists() or drafts.exclude(pk=draft.pk or 0).exists()):
        yield Problem("name_taken", "name")


def _text(draft: TemplateDraft) -> Iterator[Problem]:
    submitted = TemplateVersion.objects.filter(
        body=draft.body, template__language=draft.language
    ).exclude(status=TemplateVersion.Status.DRAFT)
    if draft.body and submitted.exists():
        yield Problem("text_already_requested", "body", Rule.SPOKI)


def _replaced(draft: TemplateDraft) -> Iterator[Problem]:
    current = draft.template.current_version if draft.template else None
    if current is None or current.status not in _IN_USE:
        return
    yield Problem("edits_live", "name", level=Level.WARNING)
    if current.category != draft.category:
        yield Problem("category_fixed", "category")
