"""The page that imports contacts from a CSV and reports row by row."""

from typing import TYPE_CHECKING, BinaryIO, cast

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminFileFieldWidget

from audiences.admin.pages import user_of
from audiences.importing import ImportReport, import_contacts

if TYPE_CHECKING:
    from audiences.admin.pages import PageAdmin

MAX_BYTES = 50 * 1024 * 1024
# A page with more rows helps nobody; the figures above say how many there are.
SHOWN = 500


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,text/csv,text/plain"}),
        error_messages={
            "required": gettext_lazy("Choose a file."),
            "empty": gettext_lazy("The file is empty."),
        },
    )

    def clean_file(self) -> forms.FileField:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(
                _("The file is larger than 50 MB: split it, or use the command.")
            )
        checked: forms.FileField = file
        return checked


def upload_view(model_admin: "PageAdmin", request: HttpRequest) -> HttpResponse:
    """Show the form, or import what was sent and show the report."""
    report: ImportReport | None = None
    is_sent = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if is_sent else UploadForm()
    if is_sent and form.is_valid():
        file = cast("BinaryIO", form.cleaned_data["file"].file)
        report = import_contacts(file=file, by=user_of(request), now=timezone.now())
    context = model_admin.page(request, _("Import contacts"), form=form, report=report, shown=SHOWN)
    return TemplateResponse(request, "audiences/admin/import.html", context)
