"""The last read and the button for another, above the templates and above the log of reads."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from templates_sync.edge import is_connected
from templates_sync.report import moment, report_of
from templates_sync.runs import latest_run
from templates_sync.watching import outage

BANNER = "templates_sync/admin/banner.html"


def banner_context(request: HttpRequest, *, is_log: bool = False) -> dict[str, Any]:
    """Return what `BANNER` shows; `is_log`: it stands above the log of reads."""
    run, now = latest_run(), timezone.now()
    gap = outage(now=now, is_connected=is_connected())
    since = _("No read has succeeded since %(at)s.")
    may_look = run is not None and request.user.has_perm("templates_sync.view_syncrun")
    return {
        "sync_report": report_of(run, now=now),
        "sync_alarm": since % {"at": moment(gap.since)} if gap else "",
        "is_syncing": run is not None and run.finished_at is None,
        "run_url": reverse("admin:templates_sync_syncrun_change", args=[run.pk])
        if run and may_look
        else "",
        "sync_url": reverse("admin:templates_sync_sync"),
        "sync_banner_url": reverse("admin:templates_sync_banner") + ("?log=1" if is_log else ""),
        "may_sync": request.user.has_perm("templates_sync.sync_template"),
        "is_log": is_log,
    }
