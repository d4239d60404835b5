"""The log of reads."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from templates_sync.admin.readonly import ReadOnlyAdmin
from templates_sync.models import SyncRun


@admin.register(SyncRun)
class SyncRunAdmin(ReadOnlyAdmin):
    list_display = (
        "started_at",
        "show_outcome",
        "new",
        "changed",
        "unchanged",
        "unreadable",
        "gone",
    )
    list_filter = ("error",)
    list_per_page = 25
    ordering = ("-started_at",)

    @display(description=_("outcome"), label={"good": "success", "bad": "danger"})  # type: ignore[untyped-decorator]
    def show_outcome(self, run: SyncRun) -> tuple[str, str]:
        if run.is_complete:
            return "good", str(_("complete"))
        return "bad", run.get_error_display() if run.error else str(_("not finished"))
