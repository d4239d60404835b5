"""Writing: a new draft, one from a version or from a rejected draft, changes, deletion."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from templates_sync.models import TemplateDraft, TemplateVersion
from templates_sync.staging.story import DraftRefused, Status, lock, record, require
from templates_sync.wording import TEXT

FIELDS = (
    "name", "language", "category", "header_format", "header_text", "header_media", "body",
    "footer", "buttons", "examples",
)  # fmt: skip
# The name and the language of a template that exists cannot be changed (Meta).
_FIXED = ("name", "language")
_NUMBERED = re.compile(r"(.*)_v(\d+)")


@transaction.atomic
def create_draft(*, fields: Mapping[str, Any], by: User, now: datetime) -> TemplateDraft:
    """Keep a new draft, whatever still stands against it. `fields` are those of `FIELDS`."""
    return _create(by=by, now=now, **{name: fields[name] for name in FIELDS if name in fields})


@transaction.atomic
def edit_draft(
    *, draft: TemplateDraft, fields: Mapping[str, Any], by: User, now: datetime
) -> TemplateDraft:
    """Write what changed; nothing changed, nothing is written, and the editor stays.

    :raises DraftMoved: it is not being written (any more).
    """
    locked = lock(draft)
    require(locked, Status.DRAFT)
    fixed = _FIXED if locked.template_id else ()
    changed = {
        name: fields[name]
        for name in FIELDS
        if name in fields and name not in fixed and getattr(locked, name) != fields[name]
    }
    if changed:
        for name, value in changed.items():
            setattr(locked, name, value)
        locked.last_editor, locked.updated_at = by, now
        locked.save(update_fields=[*changed, "last_editor", "updated_at"])
        record(locked, "edited", by=by, now=now)
    return locked


@transaction.atomic
def draft_from_version(
    *, version: TemplateVersion, replaces: bool, by: User, now: datetime
) -> TemplateDraft:
    """Begin a draft with the words of `version`: a change of its template, or a new name."""
    template = version.template
    header = version.header or {}
    return _create(
        by=by,
        now=now,
        source=version,
        template=template if replaces else None,
        name=template.name if replaces else next_name(template.name),
        language=template.language,
        category="" if version.category == TemplateVersion.Category.UNKNOWN else version.category,
        header_format=str(header.get("format") or TEXT) if header else "",
        header_text=str(header.get("text") or ""),
        header_media=str((version.header_media or {}).get("url") or ""),
        body=version.body,
        footer=version.footer,
        buttons=version.buttons,
        examples=version.examples,
    )


@transaction.atomic
def draft_from_draft(*, rejected: TemplateDraft, by: User, now: datetime) -> TemplateDraft:
    """Begin anew after Meta said no: the same template on Spoki gets other words.

    :raises DraftMoved: Meta did not reject it.
    """
    require(rejected, Status.REJECTED)
    result = rejected.result
    return _create(
        by=by,
        now=now,
        source=result,
        template=result.template if result else None,
        **{name: getattr(rejected, name) for name in FIELDS},
    )


@transaction.atomic
def delete_draft(*, draft: TemplateDraft) -> None:
    """Forget a draft that nobody else has seen.

    :raises DraftMoved: it is not being written (any more).
    :raises DraftRefused: Spoki has it already, so its story is kept.
    """
    locked = lock(draft)
    require(locked, Status.DRAFT)
    if locked.spoki_id is not None and locked.template_id is None:
        raise DraftRefused(_("Spoki holds a copy of it already: change it instead."))
    locked.delete()


def next_name(name: str) -> str:
    """Return the name of the next version by Meta's habit: `promo` → `promo_v2` → `promo_v3`."""
    found = _NUMBERED.fullmatch(name)
    return f"{found[1]}_v{int(found[2]) + 1}" if found else f"{name}_v2"


def _create(*, by: User, now: datetime, **fields: Any) -> TemplateDraft:
    draft = TemplateDraft.objects.create(
        author=by, last_editor=by, created_at=now, updated_at=now, **fields
    )
    record(draft, "created", by=by, now=now)
    return draft
