"""The state of the sync in words a person can act on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audiences.contact_sync.runs import LOST_AFTER
from audiences.models import ContactPush, ContactSyncRun

Kind = ContactSyncRun.Kind
Error = ContactSyncRun.Error

# Twelve pushes, or a night and a half, went wrong.
PUSH_OLD_AFTER = timedelta(hours=1)
SWEEP_OLD_AFTER = timedelta(hours=36)
NAMED = 8


@dataclass(frozen=True, slots=True)
class Report:
    """`tone` is good, running, or bad; `advice` says what to do, "" when there is nothing to do."""

    tone: str
    sentence: str
    advice: str = ""


def report_of(run: ContactSyncRun, *, now: datetime) -> Report:
    """Return what to tell of one run."""
    at = _moment(run.started_at)
    if run.finished_at is None:
        return _unfinished(run, at, now=now)
    if run.error:
        words = {"at": at, "error": run.get_error_display()}
        sentence = _("Stopped on %(at)s: %(error)s. What was done before it is kept.") % words
        return Report("bad", sentence, advice_of(run.error))
    return Report("good", _done(run, at))


def _unfinished(run: ContactSyncRun, at: str, *, now: datetime) -> Report:
    figures = {"at": at, "pushed": run.pushed, "pulled": run.pulled}
    if run.error:
        words = figures | {"error": run.get_error_display()}
        sentence = _("Begun on %(at)s, it waits: %(error)s. It goes on by itself.") % words
        return Report("bad", sentence, advice_of(run.error))
    if now - run.touched_at > LOST_AFTER:
        return Report(
            "bad", _("Begun on %(at)s and interrupted.") % figures, _("Press “Sync now”.")
        )
    if run.kind == Kind.PUSH:
        return Report("running", _("Sending to Spoki since %(at)s: %(pushed)d so far.") % figures)
    return Report("running", _("Reading from Spoki since %(at)s: %(pulled)d so far.") % figures)


def _done(run: ContactSyncRun, at: str) -> str:
    if run.kind == Kind.PUSH:
        return _(
            "Sent to Spoki on %(at)s: %(pushed)d changed, %(unchanged)d unchanged, %(failed)d refused."
        ) % {
            "at": at,
            "pushed": run.pushed,
            "unchanged": run.unchanged,
            "failed": run.failed,
        }
    return _(
        "Read from Spoki on %(at)s: %(pulled)d contacts, %(created)d new here, %(withdrawn)d "
        "unsubscribed, %(conflicts)d conflicts."
    ) % {
        "at": at,
        "pulled": run.pulled,
        "created": run.created,
        "withdrawn": run.withdrawn,
        "conflicts": run.conflicts,
    }


def advice_of(error: str) -> str:
    """Return what to do about an error, "" when it passes by itself."""
    return {
        Error.KEY_REFUSED: _("Check SPOKI_API_KEY: the key is on Spoki, under Integrations."),
        Error.EMPTY: _(
            "Nobody was taken away. If the API key is of another account, put back the right one."
        ),
        Error.TOO_MANY_GONE: _(
            "Nobody was taken away. If the API key is of another account, put back the right one."
        ),
        Error.UNREADABLE: _(
            "If it happens again, tell the people who look after this application."
        ),
        Error.REFUSED: _("If it happens again, tell the people who look after this application."),
    }.get(Error(error), "")


def reports(*, now: datetime) -> list[Report]:
    """Return what to tell of the last push and the last full read, in this order."""
    told = []
    never = {
        Kind.PUSH: _("Contacts were never sent to Spoki."),
        Kind.SWEEP: _("Contacts were never read from Spoki: it happens every night."),
    }
    for kind, sentence in never.items():
        run = ContactSyncRun.objects.filter(kind=kind).order_by("-started_at").first()
        told.append(report_of(run, now=now) if run else Report("running", sentence))
    return told


def alarms(*, now: datetime) -> list[str]:
    """Return what is wrong for too long, in sentences; codes for a machine are in `alarm_codes`."""
    words = {
        "contact_push_old": _(
            "No contact reached Spoki for an hour: what is corrected here is not known there."
        ),
        "contact_sweep_old": _(
            "Contacts were not read from Spoki for more than a day and a half: who unsubscribed there "
            "may not be known here."
        ),
    }
    found = [words[code] for code in alarm_codes(now=now)]
    refused = ContactPush.objects.exclude(refused_digest="").count()
    if refused:
        found.append(
            ngettext(
                "Spoki refuses %(count)d contact: open it below, correct it, and it is sent again.",
                "Spoki refuses %(count)d contacts: open them below, correct them, and they are sent again.",
                refused,
            )
            % {"count": refused}
        )
    return found + _left_out()


def alarm_codes(*, now: datetime) -> list[str]:
    """Return which syncs are overdue; nothing is before the first one of its kind began."""
    limits: Sequence[tuple[str, str, timedelta]] = (
        (Kind.PUSH, "contact_push_old", PUSH_OLD_AFTER),
        (Kind.SWEEP, "contact_sweep_old", SWEEP_OLD_AFTER),
    )
    return [code for kind, code, limit in limits if _is_old(kind, limit, now=now)]


def _is_old(kind: str, limit: timedelta, *, now: datetime) -> bool:
    """A first push of many thousands takes hours: while it gets on, nothing is wrong."""
    of_kind = ContactSyncRun.objects.filter(kind=kind)
    first = of_kind.order_by("started_at").first()
    if first is None or now - first.started_at <= limit:
        return False
    good = of_kind.filter(error="")
    return not (
        good.filter(finished_at__gt=now - limit).exists()
        or good.filter(finished_at=None, touched_at__gt=now - limit).exists()
    )


def _left_out() -> list[str]:
    last = ContactSyncRun.objects.filter(kind=Kind.PUSH).order_by("-started_at").first()
    if last is None or not last.unknown_fields:
        return []
    names = ", ".join(last.unknown_fields[:NAMED])
    if len(last.unknown_fields) > NAMED:
        names += "…"
    return [
        _(
            "Attributes left out because Spoki has no custom field of this name: %(names)s. If a "
            "template needs one, create the field on Spoki."
        )
        % {"names": names}
    ]


def _moment(at: datetime) -> str:
    return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")
