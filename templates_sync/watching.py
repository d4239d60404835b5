"""What a person must hear of the templates although nobody asked. The floor above raises the alarms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F

from templates_sync.models import SyncRun, TemplateVersion

# Six reads by the schedule went wrong.
OLD_AFTER = timedelta(hours=1)
# How the words of `unknown_words` call a shape that cannot be read.
SHAPE = "?"


@dataclass(frozen=True, slots=True)
class Outage:
    """No read has succeeded since `since`; `error` is why the last one failed, "" if none ended."""

    since: datetime
    error: str


def outage(*, now: datetime, is_connected: bool) -> Outage | None:
    """Return since when no read of the templates succeeds, None while it is less than an hour.

    `is_connected`: an API key is set. Before there is one nothing is wrong, unless reads had
    succeeded already.
    """
    done = SyncRun.objects.filter(finished_at__isnull=False)
    good = done.filter(error="").order_by("-finished_at").first()
    if good is None and not is_connected:
        return None
    since = good.finished_at if good else _first_try()
    if since is None or now - since <= OLD_AFTER:
        return None
    last = done.filter(finished_at__gt=since).exclude(error="").order_by("-finished_at").first()
    # An old failure says nothing of now: then nobody reads any more.
    is_recent = last is not None and last.finished_at and now - last.finished_at <= OLD_AFTER
    return Outage(since, last.error if last and is_recent else "")


def _first_try() -> datetime | None:
    """Return when the first read with a key began: without one nothing was tried."""
    tried = SyncRun.objects.exclude(error=SyncRun.Error.KEY_MISSING).order_by("started_at")
    return tried.values_list("started_at", flat=True).first()


def unknown_words() -> Mapping[str, int]:
    """Return the words for a status that we do not know, with how many templates in force have them.

    `SHAPE` stands for the templates that could not be read at all.
    """
    unknown = TemplateVersion.objects.current().filter(status=TemplateVersion.Status.UNKNOWN)
    return Counter(_word_of(raw) for raw in unknown.values_list("raw", flat=True))


def _word_of(raw: Mapping[str, object]) -> str:
    if "templatelocalization_set" in raw or "localizations" in raw:
        return SHAPE  # the whole template is kept where a language could not be read
    whole = raw.get("template")
    words = (raw.get("status"), whole.get("status") if isinstance(whole, dict) else None)
    return next((str(word) for word in words if word is not None and word != ""), SHAPE)


def recategorised() -> list[TemplateVersion]:
    """Return the versions in force whose category Meta has changed, and nobody has accepted."""
    moved = TemplateVersion.objects.current().exclude(category=F("requested_category"))
    return list(moved.filter(category_accepted_at=None).select_related("template").order_by("pk"))
