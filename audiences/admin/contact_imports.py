"""Importing contacts from a file: upload, columns, a look at what would happen, progress, result."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST
from unfold.decorators import display

from audiences import tasks
from audiences.admin.import_forms import ColumnsForm, ProofForm
from audiences.admin.pages import ReadOnlyAdmin, user_of
from audiences.export import csv_lines
from audiences.importing import run
from audiences.importing.preview import preview, samples
from audiences.importing.proof import NO_PROOF
from audiences.importing.reasons import sentence
from audiences.importing.run import ImportRefused
from audiences.importing.sheet import UnreadableFile
from audiences.models import ContactImport

# A page with more rows helps nobody: the file of refused rows has them all.
SHOWN = 100
UNPROCESSABLE = 422
Status = ContactImport.Status
TONES = {
    Status.UPLOADED: "warning",
    Status.RUNNING: "info",
    Status.STOPPED: "warning",
    Status.DONE: "success",
    Status.FAILED: "danger",
}


@admin.register(ContactImport)
class ContactImportAdmin(ReadOnlyAdmin):
    list_display = (
        "file_name",
        "show_status",
        "total_rows",
        "created",
        "updated",
        "unchanged",
        "refused",
        "uploaded_at",
        "uploaded_by",
    )
    list_filter = ("status", "uploaded_at")
    list_filter_sheet = True
    list_select_related = ("uploaded_by",)
    search_fields = ("file_name",)
    ordering = ("-uploaded_at", "-pk")
    list_before_template = "audiences/admin/imports_bar.html"

    @display(description=gettext_lazy("status"), label=TONES)  # type: ignore[untyped-decorator]
    def show_status(self, contact_import: ContactImport) -> tuple[str, str]:
        return contact_import.status, contact_import.get_status_display()

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path(
                "<int:pk>/columns/", view(self.columns_view), name="audiences_contactimport_columns"
            ),
            path("<int:pk>/check/", view(self.check_view), name="audiences_contactimport_check"),
            path(
                "<int:pk>/state/",
                view(require_GET(self.state_view)),
                name="audiences_contactimport_state",
            ),
            path(
                "<int:pk>/stop/",
                view(require_POST(self.stop_view)),
                name="audiences_contactimport_stop",
            ),
            path(
                "<int:pk>/go-on/",
                view(require_POST(self.go_on_view)),
                name="audiences_contactimport_go_on",
            ),
            path(
                "<int:pk>/refused/",
                view(require_GET(self.refused_view)),
                name="audiences_contactimport_refused",
            ),
        ]
        return own + super().get_urls()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who imports sees what was imported."""
        return super().has_view_permission(request, obj) or may_import(request)

    def columns_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say by hand what each column means."""
        contact_import = self._waiting(request, pk)
        if contact_import is None:
            return _to(pk, "change")
        try:
            form = ColumnsForm(
                contact_import,
                samples(contact_import),
                *([request.POST] if request.method == "POST" else []),
            )
        except UnreadableFile as refusal:
            return _refuse(request, str(refusal))
        if request.method == "POST" and form.is_valid():
            try:
                run.match_columns(
                    contact_import=contact_import, targets=form.targets, now=timezone.now()
                )
            except UnreadableFile as refusal:
                form.add_error(None, str(refusal))
            except ImportRefused:
                return _to(pk, "change")
            else:
                return _to(pk, "check")
        title = _("What the columns of “%(name)s” mean") % {"name": contact_import.file_name}
        context = self.page(request, title, form=form, contact_import=contact_import)
        status = UNPROCESSABLE if form.errors else 200
        return TemplateResponse(
            request, "audiences/admin/import_columns.html", context, status=status
        )

    def check_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what the first rows would do, ask for the proof of consent, and start."""
        contact_import = self._waiting(request, pk)
        if contact_import is None:
            return _to(pk, "change")
        if contact_import.is_waiting_for_columns:
            return _to(pk, "columns")
        form = ProofForm(contact_import, *([request.POST] if request.method == "POST" else []))
        is_good = request.method == "POST" and form.is_valid()
        if is_good and "start" in request.POST:
            return self._start(request, contact_import, form)
        try:
            seen = preview(
                contact_import=contact_import,
                proof=form.proof if is_good else NO_PROOF,
                by=user_of(request),
                now=timezone.now(),
            )
        except UnreadableFile as refusal:
            return _refuse(request, str(refusal))
        title = _("Check “%(name)s” before it is imported") % {"name": contact_import.file_name}
        context = self.page(
            request,
            title,
            form=form,
            contact_import=contact_import,
            seen=seen,
            twin=_twin(contact_import),
            left_out=_left_out(contact_import),
        )
        status = UNPROCESSABLE if form.errors else 200
        return TemplateResponse(
            request, "audiences/admin/import_check.html", context, status=status
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The progress and the result; a file that nobody started leads to its check."""
        contact_import = self.get_object(request, object_id)
        if contact_import is None or not self.has_view_permission(request):
            return super().change_view(request, object_id, form_url, extra_context)
        if contact_import.status == Status.UPLOADED and may_import(request):
            return _to(contact_import, "check")
        context = self.page(request, contact_import.file_name, **_state(request, contact_import))
        return TemplateResponse(request, "audiences/admin/import_result.html", context)

    def state_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Answer only the state, for the page that waits for the end."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = _state(request, get_object_or_404(ContactImport, pk=pk))
        return TemplateResponse(request, "audiences/admin/parts/import_state.html", context)

    def stop_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        _check(request)
        try:
            run.stop(contact_import=get_object_or_404(ContactImport, pk=pk), now=timezone.now())
        except ImportRefused:
            messages.info(request, _("This import was not under way any more."))
        return _to(pk, "change")

    def go_on_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        _check(request)
        try:
            run.go_on(contact_import=get_object_or_404(ContactImport, pk=pk), now=timezone.now())
        except ImportRefused:
            messages.error(request, _("This import cannot go on: upload the file again."))
        else:
            _wake(request)
        return _to(pk, "change")

    def refused_view(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        """Every row that was refused, or lost its consent, as it came, with the reason beside it."""
        _check(request)
        contact_import = get_object_or_404(ContactImport, pk=pk)
        return StreamingHttpResponse(
            csv_lines(_problem_rows(contact_import)),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="righe-{pk}.csv"'},
        )

    def _waiting(self, request: HttpRequest, pk: int) -> ContactImport | None:
        """The import while questions are open about it; None once it has begun."""
        _check(request)
        contact_import = get_object_or_404(ContactImport, pk=pk)
        return contact_import if contact_import.status == Status.UPLOADED else None

    def _start(
        self, request: HttpRequest, contact_import: ContactImport, form: ProofForm
    ) -> HttpResponse:
        """A second click finds it under way, and shows it."""
        try:
            run.start(
                contact_import=contact_import,
                proof=form.proof,
                collected_by=form.cleaned_data["collected_by"].strip(),
                by=user_of(request),
                now=timezone.now(),
            )
        except ImportRefused:
            messages.info(request, _("This import had begun already."))
        else:
            _wake(request)
        return _to(contact_import, "change")


def may_import(request: HttpRequest) -> bool:
    return request.user.has_perm("audiences.import_contact")


def _check(request: HttpRequest) -> None:
    if not may_import(request):
        raise PermissionDenied


def _wake(request: HttpRequest) -> None:
    if not tasks.wake_imports():
        messages.warning(
            request,
            _("The background workers cannot be reached: it begins as soon as they are back."),
        )


def _to(contact_import: ContactImport | int, page: str) -> HttpResponse:
    pk = contact_import if isinstance(contact_import, int) else contact_import.pk
    return redirect(f"admin:audiences_contactimport_{page}", pk)


def _refuse(request: HttpRequest, why: str) -> HttpResponse:
    messages.error(request, why)
    return redirect("admin:audiences_contact_import")


def _twin(contact_import: ContactImport) -> ContactImport | None:
    """The same file, imported before."""
    same = ContactImport.objects.filter(digest=contact_import.digest, started_at__isnull=False)
    return same.exclude(pk=contact_import.pk).order_by("-started_at").first()


def _left_out(contact_import: ContactImport) -> list[str]:
    pairs = zip(contact_import.headings, contact_import.targets, strict=True)
    return [heading for heading, target in pairs if heading and not target]


def _state(request: HttpRequest, contact_import: ContactImport) -> dict[str, Any]:
    problems = contact_import.problems.order_by("line")
    is_over = contact_import.status != Status.RUNNING
    return {
        "contact_import": contact_import,
        "is_running": not is_over,
        "is_stopped": contact_import.status == Status.STOPPED,
        "is_failed": contact_import.status == Status.FAILED,
        "may_import": may_import(request),
        "shown": SHOWN,
        "problems": [
            (problem.line, problem.is_refusal, sentence(problem.code, problem.values))
            for problem in (problems[:SHOWN] if is_over else ())
        ],
        "basis": contact_import.get_basis_display(),
    }


def _problem_rows(contact_import: ContactImport) -> Iterator[list[str]]:
    yield [_("line"), _("outcome"), _("reason"), *contact_import.headings]
    for problem in contact_import.problems.order_by("line").iterator(chunk_size=1000):
        outcome = _("not imported") if problem.is_refusal else _("imported without consent")
        reason = sentence(problem.code, problem.values)
        yield [str(problem.line), outcome, reason, *problem.cells]
