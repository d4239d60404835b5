"""Snapshots: evidence to read and to export, never to change."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET
from unfold.decorators import display

from audiences import exclusions, segments
from audiences.admin.pages import ReadOnlyAdmin, user_of
from audiences.comparison import NotComparable, compare, others_of
from audiences.export import member_lines
from audiences.models import Contact, Snapshot, SnapshotMember, SnapshotReduction
from audiences.patience import OutOfPatience, at_most
from audiences.snapshots import is_intact

SHOWN = 20
OTHERS = 20
# Hashing a million members takes seconds: a page waits no longer unless it is asked to (milliseconds).
PATIENCE = 1_000


@admin.register(Snapshot)
class SnapshotAdmin(ReadOnlyAdmin):
    list_display = ("show_segment", "total", "show_left_out", "holdout_count", "made_at", "made_by")
    list_select_related = ("segment_version__segment", "made_by")
    list_filter = ("made_at",)
    search_fields = ("segment_version__segment__name",)
    ordering = ("-made_at", "-pk")
    change_form_template = "audiences/admin/snapshot.html"
    fields = ()

    @display(description=gettext_lazy("segment"))  # type: ignore[untyped-decorator]
    def show_segment(self, snapshot: Snapshot) -> str:
        return str(snapshot.segment_version)

    @display(description=gettext_lazy("left out"))  # type: ignore[untyped-decorator]
    def show_left_out(self, snapshot: Snapshot) -> int:
        return sum(snapshot.counts.values())

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path(
                "<int:pk>/export/",
                view(require_GET(self.export_view)),
                name="audiences_snapshot_export",
            ),
            path(
                "<int:pk>/compare/<int:other>/",
                view(require_GET(self.compare_view)),
                name="audiences_snapshot_compare",
            ),
        ]
        return own + super().get_urls()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        snapshot = context["original"]
        may_see_people = request.user.has_perm("audiences.view_snapshotmember")
        context |= {
            "counts": [(exclusions.label(key), people) for key, people in snapshot.counts.items()],
            "sentence": segments.describe(snapshot.segment_version.rules),
            "excluded": snapshot.definition.get("excluded", []),
            "is_intact": _is_intact(request, snapshot),
            "members": snapshot.members.order_by("pk")[:SHOWN] if may_see_people else [],
            "may_export": _may_export(request),
            "others": others_of(snapshot)[:OTHERS],
            "reduction": SnapshotReduction.objects.filter(snapshot=snapshot).first(),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def export_view(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        """The members as CSV, written while it is read; who took it, and whether with phones, is logged.

        A Marketer's file has no phones.
        """
        if not _may_export(request):
            raise PermissionDenied
        snapshot = get_object_or_404(Snapshot, pk=pk)
        shows_phones = request.user.has_perm("audiences.export_snapshot")
        said = _("Members exported") if shows_phones else _("Members exported without phones")
        LogEntry.objects.log_actions(user_of(request).pk, [snapshot], CHANGE, change_message=said)
        return StreamingHttpResponse(
            member_lines(snapshot, shows_phones=shows_phones),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="snapshot-{snapshot.pk}.csv"'},
        )

    def compare_view(self, request: HttpRequest, pk: int, other: int) -> HttpResponse:
        """Who entered and who left between two snapshots of one segment."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        one, two = (get_object_or_404(self.get_queryset(request), pk=key) for key in (pk, other))
        try:
            found = compare(one, two)
        except NotComparable:
            raise Http404 from None
        sees_people = request.user.has_perm("audiences.view_snapshotmember")
        context = self.page(
            request,
            _("Two snapshots of “%(name)s”") % {"name": one.segment_version.segment.name},
            original=one,
            found=found,
            same_rules=found.older.segment_version_id == found.newer.segment_version_id,
            sentences=[
                segments.describe(s.segment_version.rules) for s in (found.older, found.newer)
            ],
            reasons=[(exclusions.label(key), *people) for key, *people in found.reasons()],
            entered=_some(found.who_entered()) if sees_people else [],
            left=_some(found.who_left()) if sees_people else [],
        )
        return TemplateResponse(request, "audiences/admin/comparison.html", context)


def _is_intact(request: HttpRequest, snapshot: Snapshot) -> bool | None:
    """Whether the members are those that were frozen; None where so many take long and nobody asked for it."""
    if "check" in request.GET:
        return is_intact(snapshot)
    try:
        with at_most(PATIENCE):
            return is_intact(snapshot)
    except OutOfPatience:
        return None


def _may_export(request: HttpRequest) -> bool:
    return request.user.has_perm("audiences.export_snapshot") or request.user.has_perm(
        "audiences.export_members"
    )


def _some(members: QuerySet[SnapshotMember]) -> list[str]:
    """The first few by name; whoever was erased or has none shows by number."""
    shown = list(members.order_by("contact").values_list("contact", flat=True)[:SHOWN])
    names = {contact.pk: contact.full_name for contact in Contact.objects.filter(pk__in=shown)}
    return [names.get(pk) or _("contact %(number)s") % {"number": pk} for pk in shown]
