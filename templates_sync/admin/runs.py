"""The log of reads: what each found, how long it took, and what it did not see."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.decorators import display

from templates_sync.admin.banner import BANNER, banner_context
from templates_sync.admin.readonly import ReadOnlyAdmin
from templates_sync.findings import sentence
from templates_sync.models import SyncRun, Template
from templates_sync.report import duration_in_words, report_of

TONES = {"good": "success", "running": "warning", "bad": "danger"}


@admin.register(SyncRun)
class SyncRunAdmin(ReadOnlyAdmin):
    list_display = (
        "started_at",
        "show_starter",
        "show_outcome",
        "new",
        "show_changed",
        "unchanged",
        "unreadable",
        "gone",
        "show_duration",
    )
    list_filter = ("error", "trigger", "started_at")
    list_filter_sheet = True
    list_select_related = ("by",)
    list_per_page = 25
    ordering = ("-started_at", "-pk")
    list_before_template = BANNER
    change_form_template = "templates_sync/admin/run.html"

    class Media:
        css = {"all": ["templates_sync/templates.css"]}

    @display(description=_("started by"), ordering="trigger")  # type: ignore[untyped-decorator]
    def show_starter(self, run: SyncRun) -> str:
        return starter_of(run)

    @display(description=_("outcome"), label=TONES)  # type: ignore[untyped-decorator]
    def show_outcome(self, run: SyncRun) -> tuple[str, str]:
        tone = report_of(run, now=timezone.now()).tone
        if run.error:
            return tone, run.get_error_display()
        if run.finished_at is not None:
            return tone, str(_("complete"))
        return tone, str(_("under way") if tone == "running" else _("not finished"))

    @display(description=pgettext_lazy("templates", "Changed"), ordering="changed")  # type: ignore[untyped-decorator]
    def show_changed(self, run: SyncRun) -> int:
        return run.changed

    @display(description=_("duration"))  # type: ignore[untyped-decorator]
    def show_duration(self, run: SyncRun) -> str:
        return duration_in_words(run.duration(now=timezone.now()))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = banner_context(request, is_log=True) | (extra_context or {})
        return super().changelist_view(request, context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        run: SyncRun = context["original"]
        now = timezone.now()
        told = report_of(run, now=now)
        found = run.findings.select_related("template").order_by("template__name", "pk")
        context |= {
            "told": told,
            "starter": starter_of(run),
            "duration": duration_in_words(run.duration(now=now)),
            "findings": [(one.template, sentence(one)) for one in found],
            "unread": Template.objects.filter(pk__in=run.unread_templates).order_by("name"),
            "more_unread": max(0, run.unread - len(run.unread_templates)),
        }
        return super().render_change_form(request, context, *args, **kwargs)


def starter_of(run: SyncRun) -> str:
    """Return who or what started it: a person by name, with the way if it was not the button."""
    way = str(run.get_trigger_display())
    if run.by is None:
        return way
    name = run.by.get_full_name() or run.by.get_username()
    return name if run.trigger == SyncRun.Trigger.PERSON else f"{name} · {way}"
