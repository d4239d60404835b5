"""The page that takes a file of contacts; what it would do is looked at on the next one."""

from typing import TYPE_CHECKING, BinaryIO, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from audiences.admin.import_forms import UploadForm
from audiences.admin.pages import user_of
from audiences.importing.columns import is_unknown
from audiences.importing.sheet import UnreadableFile
from audiences.importing.storing import receive, remembered
from audiences.models import ContactImport

if TYPE_CHECKING:
    from audiences.admin.pages import PageAdmin

UNPROCESSABLE = 422


def upload_view(model_admin: "PageAdmin", request: HttpRequest) -> HttpResponse:
    """Show the form, or keep what was sent; nothing is imported yet."""
    is_sent = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if is_sent else UploadForm()
    if is_sent and form.is_valid():
        sent = form.cleaned_data["file"]
        try:
            kept = receive(
                file=cast("BinaryIO", sent.file),
                name=sent.name,
                by=user_of(request),
                now=timezone.now(),
            )
        except UnreadableFile as refusal:
            form.add_error("file", str(refusal))
        else:
            page = "columns" if _has_questions(kept) else "check"
            return redirect(f"admin:audiences_contactimport_{page}", kept.pk)
    context = model_admin.page(request, _("Import contacts"), form=form)
    status = UNPROCESSABLE if form.errors else 200
    return TemplateResponse(request, "audiences/admin/import.html", context, status=status)


def _has_questions(contact_import: ContactImport) -> bool:
    if remembered(contact_import.headings) is not None:
        return False
    pairs = zip(contact_import.headings, contact_import.targets, strict=True)
    return contact_import.is_waiting_for_columns or any(is_unknown(*pair) for pair in pairs)
