"""Snapshots: evidence to read and to export, never to change."""

import csv
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET
from unfold.decorators import display

from audiences import exclusions, segments
from audiences.admin.pages import ReadOnlyAdmin, user_of
from audiences.models import Snapshot
from audiences.snapshots import is_intact

SHOWN = 20
CHUNK = 2000


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
        view = self.admin_site.admin_view(require_GET(self.export_view))
        own = [path("<int:pk>/export/", view, name="audiences_snapshot_export")]
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
            "is_intact": is_intact(snapshot),
            "members": snapshot.members.order_by("pk")[:SHOWN] if may_see_people else [],
            "may_export": request.user.has_perm("audiences.export_snapshot"),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def export_view(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        """The members as CSV, written while it is read; who took it is logged."""
        if not request.user.has_perm("audiences.export_snapshot"):
            raise PermissionDenied
        snapshot = get_object_or_404(Snapshot, pk=pk)
        LogEntry.objects.log_actions(
            user_of(request).pk, [snapshot], CHANGE, change_message=_("Members exported")
        )
        return StreamingHttpResponse(
            _lines(snapshot),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="snapshot-{snapshot.pk}.csv"'},
        )


class _Echo:
    def write(self, line: str) -> str:
        return line


def _lines(snapshot: Snapshot) -> Iterator[str]:
    """Semicolons and a BOM, as Italian spreadsheets expect."""
    names = sorted(snapshot.variables)
    writer = csv.writer(_Echo(), delimiter=";")
    heading = [_("phone"), _("language"), _("time zone"), _("control group"), _("frozen"), *names]
    yield "\ufeff" + str(writer.writerow([_harmless(text) for text in heading]))
    frozen = date_format(snapshot.made_at, "SHORT_DATETIME_FORMAT")
    members = snapshot.members.order_by("pk").values_list(
        "phone", "language", "zone", "is_holdout", "params"
    )
    for phone, language, zone, is_holdout, params in members.iterator(chunk_size=CHUNK):
        held = _("yes") if is_holdout else _("no")
        cells = [phone, language, zone, held, frozen, *(params.get(name, "") for name in names)]
        yield str(writer.writerow([_harmless(str(cell)) for cell in cells]))


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet would run as a formula starts with an apostrophe."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
