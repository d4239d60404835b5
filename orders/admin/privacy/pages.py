"""The file with somebody's data, and the page that closes a request: only POST acts, and who did it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import TEXTAREA_CLASSES

from audiences.admin.pages import user_of
from orders.models import PrivacyRequest
from orders.privacy.carrying import figures_of, gather
from orders.privacy.requests import close, note_download

if TYPE_CHECKING:
    Base = admin.ModelAdmin[PrivacyRequest]
else:
    Base = object

UNPROCESSABLE = 422
_CHANGE = "admin:orders_privacyrequest_change"


class CloseForm(forms.Form):
    """A request for data is closed when the merchant has handed the file on; any other needs a reason."""

    why = forms.CharField(
        label=gettext_lazy("Why is it not carried out?"),
        max_length=300,
        widget=forms.Textarea(attrs={"class": " ".join(TEXTAREA_CLASSES), "rows": 3}),
    )


class PrivacyPages(Base):
    """Mixin of the requests' admin."""

    def has_answer_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("orders.answer_privacyrequest")

    def file_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """POST hands out everything that is kept of the person, and notes who took it."""
        row = self._open_to(request, pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if row.kind != PrivacyRequest.Kind.DATA_REQUEST:
            raise PermissionDenied
        now = timezone.now()
        data = gather(row)
        note_download(request=row, by=user_of(request), now=now)
        _log(request, row, _("the data were taken as a file"))
        name = slugify(f"dati-cliente-{row.customer_id or row.pk}-{timezone.localdate(now)}")
        return JsonResponse(
            data | {"made_at": now},
            json_dumps_params={"ensure_ascii": False, "indent": 2},
            headers={
                "Content-Disposition": f'attachment; filename="{name}.json"',
                "Cache-Control": "no-store",
            },
        )

    def close_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET asks, POST closes; closed by somebody else meanwhile, it says so."""
        row = self._open_to(request, pk)
        if row.state != PrivacyRequest.State.WAITING:
            messages.info(request, _("This request is closed already."))
            return redirect(_CHANGE, pk)
        is_data = row.kind == PrivacyRequest.Kind.DATA_REQUEST
        form = None if is_data else CloseForm(request.POST or None)
        if request.method != "POST":
            return self._question(request, row, form)
        if form is not None and not form.is_valid():
            return self._question(request, row, form, status=UNPROCESSABLE)
        self._close(request, row, why=form.cleaned_data["why"] if form else "")
        return redirect(_CHANGE, pk)

    def _close(self, request: HttpRequest, row: PrivacyRequest, *, why: str) -> None:
        is_data = row.kind == PrivacyRequest.Kind.DATA_REQUEST
        closed = close(
            request=row,
            figures=figures_of(gather(row)) if is_data else {},
            by=user_of(request),
            now=timezone.now(),
            state=PrivacyRequest.State.DONE if is_data else PrivacyRequest.State.REFUSED,
            why=why,
        )
        if not closed:
            messages.info(request, _("This request is closed already."))
            return
        _log(request, row, _("the request was closed"))
        messages.success(request, _("The request is closed. It stays here as proof."))

    def _question(
        self,
        request: HttpRequest,
        row: PrivacyRequest,
        form: CloseForm | None,
        *,
        status: int = 200,
    ) -> HttpResponse:
        context: dict[str, Any] = self.admin_site.each_context(request) | {
            "title": _("Close the request?"),
            "opts": PrivacyRequest._meta,
            "original": row,
            "form": form,
        }
        return TemplateResponse(request, "orders/admin/privacy_close.html", context, status=status)

    def _open_to(self, request: HttpRequest, pk: int) -> PrivacyRequest:
        if not self.has_answer_permission(request):
            raise PermissionDenied
        return get_object_or_404(PrivacyRequest, pk=pk)


def _log(request: HttpRequest, row: PrivacyRequest, what: str) -> None:
    LogEntry.objects.create(
        user_id=user_of(request).pk,
        content_type=ContentType.objects.get_for_model(PrivacyRequest),
        object_id=str(row.pk),
        object_repr=str(row)[:200],
        action_flag=CHANGE,
        change_message=what,
    )
