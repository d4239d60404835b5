"""One template as Spoki shows it, stored as a new version or as news of a known one."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

import spoki
from templates_sync.content import content_hash, variables_of
from templates_sync.models import SyncFinding, Template, TemplateDraft, TemplateVersion

logger = logging.getLogger(__name__)

Kind = SyncFinding.Kind
_STOPPED = {
    spoki.TemplateStatus.REJECTED,
    spoki.TemplateStatus.PAUSED,
    spoki.TemplateStatus.DISABLED,
    spoki.TemplateStatus.UNKNOWN,
}
_CATEGORIES = {
    "MARKETING": TemplateVersion.Category.MARKETING,
    "UTILITY": TemplateVersion.Category.UTILITY,
    "AUTHENTICATION": TemplateVersion.Category.AUTHENTICATION,
}


@dataclass(frozen=True, slots=True)
class Found:
    """News of one template; `was` and `became` are as in `SyncFinding`."""

    template_id: int
    kind: SyncFinding.Kind
    was: str = ""
    became: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """`tally` counts the languages that were new, changed, unchanged, unreadable."""

    tally: Counter[str]
    found: list[Found] = field(default_factory=list)


def store_template(*, read: spoki.Template, now: datetime) -> Stored:
    """Store every language of `read`; return what was news.

    Everything in one short transaction; a news older than what is stored changes nothing.
    """
    stored = Stored(Counter(unreadable=len(read.problems)))
    with transaction.atomic():
        for localization in _one_per_language(read):
            outcome = _store_language(read, localization, now, stored.found)
            stored.tally[outcome] += 1
        if read.problems:
            stored.found.extend(_doubt_what_was_not_read(read, now))
    return stored


def status_of(read: spoki.Template, localization: spoki.Localization) -> TemplateVersion.Status:
    """Return what may be believed of one language: the worse of it and of the whole template.

    A language without a word of its own has the template's.
    """
    status = localization.status
    if not localization.status_word:
        approved = spoki.TemplateStatus.APPROVED if read.is_approved else None
        status = read.status or approved or spoki.TemplateStatus.UNKNOWN
    elif status not in _STOPPED and read.status in _STOPPED:
        status = read.status
    return TemplateVersion.Status(status.value)


def _one_per_language(read: spoki.Template) -> list[spoki.Localization]:
    found: dict[str, spoki.Localization] = {}
    for localization in read.localizations:
        if localization.language in found:
            logger.warning("template %s has a language twice", read.id)
        found.setdefault(localization.language, localization)
    return list(found.values())


def _store_language(
    read: spoki.Template, localization: spoki.Localization, now: datetime, found: list[Found]
) -> str:
    template, _created = Template.objects.select_for_update().get_or_create(
        spoki_id=read.id, language=localization.language, defaults={"name": read.name}
    )
    current = template.versions.filter(superseded_at=None).first()
    if current is not None and current.last_seen_at > now:
        return "unchanged"  # another, later read was faster
    found.extend(_follow_template(template, read.name))
    content, news = content_of(localization), _news(read, localization)
    if news["status"] == TemplateVersion.Status.UNKNOWN:
        logger.warning("template %s has an unknown status", read.id)
    if current is None:
        _add_version(
            template=template,
            number=1,
            content=content,
            news=news,
            requested_category=_asked_category(template, content) or news["category"],
            now=now,
        )
        found.append(Found(template.pk, Kind.NEW, became=news["status"]))
        return "new"
    found.extend(_news_found(current, news))
    if current.content_hash == content["content_hash"]:
        _update_news(current, news, now)
        return "unchanged"
    _supersede(current, content, news, now)
    found.append(
        Found(template.pk, Kind.CHANGED, was=str(current.number), became=str(current.number + 1))
    )
    return "changed"


def _follow_template(template: Template, name: str) -> list[Found]:
    """Take over the name that Spoki gives, and that the template is there (again)."""
    found = []
    if template.gone_at is not None:
        found.append(Found(template.pk, Kind.BACK))
    if template.name != name:
        found.append(Found(template.pk, Kind.RENAMED, was=template.name, became=name))
    if found:
        template.name, template.gone_at = name, None
        template.save(update_fields=["name", "gone_at"])
    return found


def _news_found(current: TemplateVersion, news: dict[str, Any]) -> list[Found]:
    return [
        Found(current.template_id, kind, was=getattr(current, name), became=news[name])
        for name, kind in (("status", Kind.STATUS), ("category", Kind.CATEGORY))
        if getattr(current, name) != news[name]
    ]


def content_of(localization: spoki.Localization) -> dict[str, Any]:
    """Return the parts of a version that never change, and their hash."""
    parts: dict[str, Any] = {
        "header": _header_of(localization),
        "body": localization.body.text,
        "footer": localization.footer.text if localization.footer else "",
        "buttons": [
            {
                "order": button.order,
                "type": button.kind,
                "text": button.text,
                "url": button.url or "",
                "phone": button.phone_number or "",
            }
            for button in localization.buttons
        ],
    }
    return {
        **parts,
        "has_carousel": localization.has_carousel,
        "variables": variables_of(
            header=parts["header"], body=parts["body"], buttons=parts["buttons"]
        ),
        "content_hash": content_hash(**parts),
    }


def _header_of(localization: spoki.Localization) -> dict[str, str] | None:
    """Return the header; a text without a word is none, as no header may come as an empty one."""
    header = localization.header
    if header is None or (header.format in {None, "text"} and not header.text.strip()):
        return None
    return {"format": header.format or "text", "text": header.text}


def _news(read: spoki.Template, localization: spoki.Localization) -> dict[str, Any]:
    media = localization.default_header_media or localization.header_media
    return {
        "status": status_of(read, localization),
        "rejection_reason": localization.rejection_reason or "",
        "category": _CATEGORIES.get(read.category, TemplateVersion.Category.UNKNOWN),
        "header_media": media.to_payload() if media else None,
        "examples": dict(localization.examples),
        "raw": {
            "template": {"category": read.category, "status": read.status_word},
            **localization.raw,
        },
    }


def _asked_category(template: Template, content: dict[str, Any]) -> str:
    """Return the category that we asked for if the words were written here, else nothing.

    Meta may have changed it before the first read.
    """
    drafts = TemplateDraft.objects.filter(
        spoki_id=template.spoki_id, language=template.language, approved_by__isnull=False
    )
    return next(
        (
            draft.category
            for draft in drafts.order_by("-pk")
            if draft.wording.content_hash == content["content_hash"]
        ),
        "",
    )


def _add_version(
    *,
    template: Template,
    number: int,
    content: dict[str, Any],
    news: dict[str, Any],
    requested_category: str,
    now: datetime,
) -> None:
    TemplateVersion.objects.create(
        template=template,
        number=number,
        requested_category=requested_category,
        status_changed_at=now,
        first_seen_at=now,
        last_seen_at=now,
        **content,
        **news,
    )


def _supersede(
    current: TemplateVersion, content: dict[str, Any], news: dict[str, Any], now: datetime
) -> None:
    current.superseded_at = now
    current.save(update_fields=["superseded_at"])
    # The price that people agreed to: an edit must not bring in another one unseen.
    agreed = current.category if current.category_accepted_at else current.requested_category
    agreed = _asked_category(current.template, content) or agreed
    if agreed == TemplateVersion.Category.UNKNOWN:
        agreed = news["category"]
    _add_version(
        template=current.template,
        number=current.number + 1,
        content=content,
        news=news,
        requested_category=agreed,
        now=now,
    )


def _update_news(current: TemplateVersion, news: dict[str, Any], now: datetime) -> None:
    changes = {"last_seen_at": now} | {
        field: value for field, value in news.items() if getattr(current, field) != value
    }
    if "status" in changes:
        changes["status_changed_at"] = now
        if changes["status"] == TemplateVersion.Status.APPROVED:
            changes |= {"held_at": None, "held_reason": ""}
    if "category" in changes:
        changes |= {"category_accepted_at": None, "category_accepted_by": None}
    TemplateVersion.objects.filter(pk=current.pk).update(**changes)


def _doubt_what_was_not_read(read: spoki.Template, now: datetime) -> list[Found]:
    """Mark as unknown the languages we know of `read` that are missing because of its problems."""
    logger.warning("template %s could not be read in full: %s", read.id, read.problems)
    languages = [localization.language for localization in read.localizations]
    return doubt(spoki_id=read.id, but=languages, raw=dict(read.raw), now=now)


def doubt(
    *, spoki_id: int, raw: dict[str, Any], now: datetime, but: Sequence[str] = ()
) -> list[Found]:
    """Mark as unknown the languages of a template that is there but could not be read or kept."""
    doubtful = TemplateVersion.objects.filter(
        superseded_at=None, template__spoki_id=spoki_id, last_seen_at__lte=now
    ).exclude(template__language__in=but)
    known = doubtful.exclude(status=TemplateVersion.Status.UNKNOWN)
    found = [
        Found(template_id, Kind.UNREADABLE, was=status)
        for template_id, status in known.values_list("template_id", "status")
    ]
    known.update(status=TemplateVersion.Status.UNKNOWN, status_changed_at=now)
    doubtful.update(last_seen_at=now, raw=raw)
    return found
