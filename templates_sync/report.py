"""What a read of the templates found, in words a person can act on. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from templates_sync.models import SyncRun
from templates_sync.runs import is_taken_up

Error = SyncRun.Error


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
    at = moment(run.started_at)
    if run.finished_at is None:
        return _unfinished(run, at, now=now)
    if run.error:
        return Report("bad", _stopped_sentence(run, at), _advice(run))
    return Report("good", _good_sentence(run, at), _left_over(run))


def _unfinished(run: SyncRun, at: str, *, now: datetime) -> Report:
    if not is_taken_up(run, now=now):
        return Report(
            "bad",
            _("The read asked for on %(at)s has not begun.") % {"at": at},
            _("Are the background workers running? It begins as soon as one is there."),
        )
    if run.reading_until is None or now <= run.reading_until:
        return Report("running", _reading_sentence(run))
    return Report(
        "bad", _("The read of %(at)s was interrupted.") % {"at": at}, _("Press “Sync now”.")
    )


def _reading_sentence(run: SyncRun) -> str:
    so_far = run.new + run.changed + run.unchanged
    if not so_far:
        return _("Reading the templates from Spoki…")
    return _("Reading the templates from Spoki: %(count)d so far…") % {"count": so_far}


def moment(at: datetime) -> str:
    """Return `at` as the reader writes it, in the house's time zone."""
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
    stopped = _(
        "The read of %(at)s stopped: %(error)s. What was read before is kept, no template was "
        "taken away."
    ) % {"at": at, "error": run.get_error_display()}
    return f"{stopped} {_unread_sentence(run)}".strip()


def _unread_sentence(run: SyncRun) -> str:
    if not run.unread:
        return ""
    return ngettext(
        "%(count)d known template was not read.",
        "%(count)d known templates were not read.",
        run.unread,
    ) % {"count": run.unread}


def _left_over(run: SyncRun) -> str:
    """Return what even a complete read leaves to do."""
    told = []
    if run.unreadable:
        told.append(
            _(
                "%(count)d languages could not be read and are not sent: look at the templates marked "
                "“unknown”."
            )
            % {"count": run.unreadable}
        )
    if run.error_detail:
        told.append(
            _("Not readable in Spoki's list, by position: %(rows)s.") % {"rows": run.error_detail}
        )
    if run.unread:
        told.append(
            ngettext(
                "%(count)d template is no longer in Spoki's list: the next reads ask for it by itself.",
                "%(count)d templates are no longer in Spoki's list: the next reads ask for each by itself.",
                run.unread,
            )
            % {"count": run.unread}
        )
    return " ".join(told)


def _advice(run: SyncRun) -> str:
    if run.error == Error.THROTTLED and run.retry_at:
        return _("It is tried again by itself, not before %(at)s.") % {"at": moment(run.retry_at)}
    return {
        Error.KEY_MISSING: _("Set SPOKI_API_KEY: the key is on Spoki, under Integrations."),
        Error.KEY_REFUSED: _("Check SPOKI_API_KEY: the key is on Spoki, under Integrations."),
        Error.UNREACHABLE: _(
            "It is tried again by itself every few minutes. Meanwhile nothing new is sent."
        ),
        Error.THROTTLED: _("It is tried again by itself in a few minutes."),
        Error.UNREADABLE: _(
            "If it happens again, tell the people who look after this application."
        ),
        Error.REFUSED: _("If it happens again, tell the people who look after this application."),
        Error.EMPTY: _(
            "If the API key is of another account, put back the right one; if the templates were "
            "really deleted, there is nothing to do."
        ),
        Error.INTERRUPTED: _("It is tried again by itself in a few minutes."),
    }.get(Error(run.error), "")


def duration_in_words(lasted: timedelta) -> str:
    """Return how long a read took: under a second, seconds, or minutes and seconds."""
    if lasted < timedelta(seconds=1):
        return _("less than a second")
    minutes, seconds = divmod(round(lasted.total_seconds()), 60)
    if minutes:
        return _("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": seconds}
    return _("%(seconds)d s") % {"seconds": seconds}
