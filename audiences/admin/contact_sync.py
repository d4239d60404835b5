"""How the contacts agree with Spoki: the runs, the conflicts, whom Spoki refuses, and a sync now."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.decorators import display

from audiences import tasks, waking
from audiences.admin.pages import ReadOnlyAdmin, user_of
from audiences.contact_sync import report
from audiences.contact_sync.asking import request_sync
from audiences.models import ConsentState, ContactPush, ContactSyncRun, SyncConflict

BANNER = "audiences/admin/contact_sync.html"
RUN_TONES = {"good": "success", "running": "warning", "bad": "danger"}
WINNER_TONES = {"ours": "success", "spoki": "warning"}
# What a conflict about consent stores, in words; the rest of the values are people's own.
_CONSENT_WORDS = {**dict(ConsentState.choices), "blocked": gettext_lazy("blocked")}


_WOKEN = (tasks.sweep_contacts, tasks.push_contacts)


@require_POST
@permission_required("audiences.sync_contacts", raise_exception=True)
def start_sync(request: HttpRequest) -> HttpResponse:
    """Open the runs and wake the workers; without a broker they come by within a minute."""
    request_sync(by=user_of(request), now=timezone.now())
    if not all(waking.wake(task, queue="sync") for task in _WOKEN):
        messages.warning(
            request,
            _("The background workers cannot be reached: it begins as soon as they are back."),
        )
    return redirect("admin:audiences_contactsyncrun_changelist")


@admin.register(ContactSyncRun)
class ContactSyncRunAdmin(ReadOnlyAdmin):
    list_display = (
        "started_at",
        "show_kind",
        "show_outcome",
        "pushed",
        "unchanged",
        "failed",
        "pulled",
        "conflicts",
        "show_duration",
    )
    list_filter = ("kind", "error", "started_at")
    list_filter_sheet = True
    list_select_related = ("by",)
    ordering = ("-started_at", "-pk")
    list_before_template = BANNER
    fieldsets = (
        (None, {"fields": (("started_at", "finished_at", "show_duration"), ("kind", "by"))}),
        (
            gettext_lazy("sent to Spoki"),
            {"fields": (("pushed", "unchanged", "failed"), "show_left_out")},
        ),
        (
            gettext_lazy("read from Spoki"),
            {"fields": (("pulled", "created", "withdrawn"), ("conflicts", "gone", "skipped"))},
        ),
        (
            gettext_lazy("calls to Spoki"),
            {"fields": (("calls", "throttled"), "show_outcome", "error_detail")},
        ),
    )
    readonly_fields = ("show_duration", "show_outcome", "show_left_out")

    @display(description=gettext_lazy("direction"), ordering="kind")  # type: ignore[untyped-decorator]
    def show_kind(self, run: ContactSyncRun) -> str:
        return run.get_kind_display()

    @display(description=gettext_lazy("outcome"), label=RUN_TONES)  # type: ignore[untyped-decorator]
    def show_outcome(self, run: ContactSyncRun) -> tuple[str, str]:
        tone = report.report_of(run, now=timezone.now()).tone
        if run.error:
            return tone, run.get_error_display()
        return tone, str(_("complete") if run.finished_at else _("under way"))

    @display(description=gettext_lazy("duration"))  # type: ignore[untyped-decorator]
    def show_duration(self, run: ContactSyncRun) -> str:
        return _in_words(run.duration(now=timezone.now()))

    @display(description=gettext_lazy("attributes left out"))  # type: ignore[untyped-decorator]
    def show_left_out(self, run: ContactSyncRun) -> str:
        return ", ".join(run.unknown_fields) or "–"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("now/", view(start_sync), name="audiences_sync_now"),
            path("banner/", view(self.banner_view), name="audiences_sync_banner"),
        ]
        return own + super().get_urls()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, _banner(request) | (extra_context or {}))

    def banner_view(self, request: HttpRequest) -> HttpResponse:
        """Answer only the banner, for the page that waits for the end of a sync."""
        if not self.has_view_permission(request):
            return HttpResponse(status=403)
        return TemplateResponse(request, BANNER, _banner(request))


def _banner(request: HttpRequest) -> dict[str, Any]:
    now = timezone.now()
    told = report.reports(now=now)
    unfinished = ContactSyncRun.objects.filter(finished_at=None, kind__in=["push", "sweep"])
    return {
        "sync_reports": told,
        "sync_alarms": report.alarms(now=now),
        "is_syncing": unfinished.exists(),
        "may_sync": request.user.has_perm("audiences.sync_contacts"),
        "conflict_count": SyncConflict.objects.count(),
        "refused_count": ContactPush.objects.exclude(refused_digest="").count(),
    }


def _in_words(lasted: timedelta) -> str:
    seconds = max(0, round(lasted.total_seconds()))
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    if minutes:
        return _("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": rest}
    return _("%(seconds)d s") % {"seconds": rest}


@admin.register(SyncConflict)
class SyncConflictAdmin(ReadOnlyAdmin):
    list_display = (
        "show_contact",
        "show_about",
        "show_ours",
        "show_theirs",
        "show_winner",
        "last_at",
        "times",
    )
    list_display_links = None
    list_filter = ("kind", "winner", "last_at")
    list_filter_sheet = True
    list_select_related = ("contact",)
    search_fields = ("contact__phone", "contact__first_name", "contact__last_name")
    search_help_text = gettext_lazy("Phone or name")
    ordering = ("-last_at", "-pk")

    @display(description=gettext_lazy("contact"), ordering="contact__last_name")  # type: ignore[untyped-decorator]
    def show_contact(self, conflict: SyncConflict) -> SafeString:
        return _link(conflict)

    @display(description=gettext_lazy("about"), ordering="kind")  # type: ignore[untyped-decorator]
    def show_about(self, conflict: SyncConflict) -> str:
        label = conflict.get_kind_display()
        return f"{label} {conflict.name}".strip()

    @display(description=gettext_lazy("our value"))  # type: ignore[untyped-decorator]
    def show_ours(self, conflict: SyncConflict) -> str:
        return shown_value(conflict, conflict.ours)

    @display(description=gettext_lazy("Spoki's value"))  # type: ignore[untyped-decorator]
    def show_theirs(self, conflict: SyncConflict) -> str:
        return shown_value(conflict, conflict.theirs)

    @display(description=gettext_lazy("kept"), ordering="winner", label=WINNER_TONES)  # type: ignore[untyped-decorator]
    def show_winner(self, conflict: SyncConflict) -> tuple[str, str]:
        return conflict.winner, conflict.get_winner_display()


def shown_value(conflict: SyncConflict, value: str) -> str:
    """Return one side of a conflict for a person."""
    if conflict.kind == SyncConflict.Kind.CONSENT:
        return str(_CONSENT_WORDS.get(value, value))
    return value or "–"


@admin.register(ContactPush)
class RefusedContactAdmin(ReadOnlyAdmin):
    """Only those whom Spoki refused, as they are."""

    list_display = ("show_contact", "error", "refused_at", "retry_at")
    list_display_links = None
    list_filter = ("refused_at",)
    list_select_related = ("contact",)
    search_fields = ("contact__phone", "contact__first_name", "contact__last_name")
    search_help_text = gettext_lazy("Phone or name")
    ordering = ("-refused_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ContactPush]:
        return super().get_queryset(request).exclude(refused_digest="")

    @display(description=gettext_lazy("contact"), ordering="contact__last_name")  # type: ignore[untyped-decorator]
    def show_contact(self, push: ContactPush) -> SafeString:
        return _link(push)


def _link(row: SyncConflict | ContactPush) -> SafeString:
    address = reverse("admin:audiences_contact_change", args=[row.contact_id])
    return format_html('<a class="au-link" href="{}">{}</a>', address, row.contact)
