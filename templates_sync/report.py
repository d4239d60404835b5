"""What a read of the templates found, in words a person can act on. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from templates_sync.models import SyncRun
from templates_sync.sync import LONGEST_READ


@dataclass(frozen=True, slots=True)
class Report:
    """`tone` is good, running, or bad; `advice` says what to do, "" when there is nothing to do."""

    tone: str
    sentence: str
    advice: str = ""


def report_of(run: SyncRun | None, *, now: datetime) -> Report:
    """Return what to tell of the last read."""
    if run is None:
        return Report(
            "bad",
            _("Templates were never read from Spoki."),
            _("Press “Sync now”."),
        )
    at = _moment(run.started_at)
    if run.error:
        return Report("bad", _stopped_sentence(run, at), _advice(run))
    if run.finished_at is not None:
        return Report("good", _good_sentence(run, at), _unreadable_advice(run))
    if now - run.started_at <= LONGEST_READ:
        return Report("running", _("Reading the templates from Spoki…"))
    return Report(
        "bad", _("The read of %(at)s was interrupted.") % {"at": at}, _("Press “Sync now”.")
    )


def _moment(at: datetime) -> str:
    return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")


def _good_sentence(run: SyncRun, at: str) -> str:
    return _(
        "Read from Spoki on %(at)s: %(new)d new, %(changed)d changed, %(unchanged)d unchanged, "
        "%(gone)d gone."
    ) % {
        "at": at,
        "new": run.new,
        "changed": run.changed,
        "unchanged": run.unchanged,
        "gone": run.gone,
    }


def _stopped_sentence(run: SyncRun, at: str) -> str:
    return _(
        "The read of %(at)s stopped: %(error)s. What was read before is kept, no template was "
        "taken away."
    ) % {"at": at, "error": run.get_error_display()}


def _unreadable_advice(run: SyncRun) -> str:
    if not run.unreadable:
        return ""
    return _(
        "%(count)d languages could not be read and are not sent: look at the templates marked "
        "“unknown”."
    ) % {"count": run.unreadable}


def _advice(run: SyncRun) -> str:
    return {
        SyncRun.Error.KEY_REFUSED: _(
            "Check SPOKI_API_KEY: the key is on Spoki, under Integrations."
        ),
        SyncRun.Error.UNREACHABLE: _(
            "It is tried again by itself every few minutes. Meanwhile nothing new is sent."
        ),
        SyncRun.Error.THROTTLED: _("It is tried again by itself in a few minutes."),
        SyncRun.Error.UNREADABLE: _(
            "If it happens again, tell the people who look after this application."
        ),
        SyncRun.Error.REFUSED: _(
            "If it happens again, tell the people who look after this application."
        ),
        SyncRun.Error.EMPTY: _(
            "If the API key is of another account, put back the right one; if the templates were "
            "really deleted, there is nothing to do."
        ),
    }.get(SyncRun.Error(run.error), "")
