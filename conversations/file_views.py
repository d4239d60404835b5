"""An attachment for whoever may read the conversation, with headers that let it do nothing but be seen or saved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files import File
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header, url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from conversations import media, tasks
from conversations.access import VIEW, for_colleagues
from conversations.file_types import PDF, SHOWN, UNKNOWN, name_for
from conversations.models import MediaFile

_PIECE: Final = 64 * 1024
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
# Nothing in it runs, loads or is framed, whatever a browser takes it for. Chromium shows no PDF in a sandbox; one
# is what its first bytes prove, and with `nosniff` it stays that.
_POLICY: Final = "default-src 'none'; frame-ancestors 'none'"
_SANDBOX: Final = f"{_POLICY}; sandbox"


@require_safe
def customer_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Answer with the file; `?save=1` to have it saved whatever it is. Programs read it by their token."""
    return (
        _for_program(request, pk) if request.headers.get("Authorization") else _shown(request, pk)
    )


def _for_program(request: HttpRequest, pk: int) -> HttpResponseBase:
    try:
        known = TokenAuthentication().authenticate(Request(request))
    except AuthenticationFailed:
        return HttpResponse(status=401)
    if known is None or not known[0].has_perm(VIEW):
        raise PermissionDenied
    return _answer(request, pk)


@for_colleagues()
def _shown(request: HttpRequest, pk: int) -> HttpResponseBase:
    return _answer(request, pk)


def _answer(request: HttpRequest, pk: int) -> HttpResponseBase:
    file = get_object_or_404(MediaFile, pk=pk, state=MediaFile.State.KEPT)
    try:
        stored = file.file.storage.open(file.file.name or "", "rb")
    except OSError:
        _note_lost(file)
        raise Http404 from None
    is_shown = file.content_type in SHOWN and request.GET.get("save") != "1"
    part = _part(request.headers.get("Range", ""), file.file.size)
    response = _whole(stored, file) if part is None else _some(stored, part, file.file.size)
    _protect(response, file, is_shown=is_shown)
    return response


@require_POST
@for_colleagues()
def fetch_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a file fetched that is not there; the page that asked shows it when it comes."""
    file = get_object_or_404(MediaFile, pk=pk)
    try:
        media.ask_again(file_id=file.pk, now=timezone.now())
    except media.AskRefused:
        told = messages.INFO, _("There is nothing to fetch: it is here or on its way.")
    else:
        tasks.wake_for_files()
        told = messages.SUCCESS, _("The file is fetched again: it appears in a moment.")
    if request.headers.get("HX-Request"):
        # The card shows in its place that it is on its way.
        return HttpResponse(status=204, headers={"HX-Trigger": "file-asked"})
    messages.add_message(request, *told)
    return HttpResponseRedirect(_back(request))


def _back(request: HttpRequest) -> str:
    """Return the page that the person came from, where it is one of ours."""
    came_from = request.POST.get("next") or request.headers.get("Referer") or ""
    is_ours = url_has_allowed_host_and_scheme(
        came_from, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return came_from if is_ours else reverse("admin:conversations_message_changelist")


def _note_lost(file: MediaFile) -> None:
    """Say that it is gone from the disk, so that whoever looks next can have it fetched again."""
    MediaFile.objects.filter(pk=file.pk, state=MediaFile.State.KEPT).update(
        state=MediaFile.State.FAILED, reason="lost", file=""
    )


def _whole(stored: File[bytes], file: MediaFile) -> HttpResponseBase:
    response = FileResponse(stored, content_type=file.content_type or UNKNOWN)
    response.headers["Content-Length"] = str(file.file.size)
    return response


def _some(stored: File[bytes], part: tuple[int, int], size: int) -> HttpResponseBase:
    """Answer with a part: without it Safari plays neither sound nor film (RFC 9110, 14)."""
    first, last = part
    stored.seek(first)
    response = StreamingHttpResponse(_pieces(stored, last - first + 1), status=206)
    response.headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    response.headers["Content-Length"] = str(last - first + 1)
    return response


def _pieces(stored: File[bytes], left: int) -> Iterator[bytes]:
    with stored:
        while left > 0 and (piece := stored.read(min(_PIECE, left))):
            left -= len(piece)
            yield piece


def _part(asked: str, size: int) -> tuple[int, int] | None:
    """Return the first and the last byte that are asked for; None for the whole, and for what cannot be read."""
    found = _RANGE.fullmatch(asked.strip())
    if found is None or not (found[1] or found[2]) or not size:
        return None
    if not found[1]:
        first, last = max(0, size - int(found[2])), size - 1
    else:
        first, last = int(found[1]), min(int(found[2] or size - 1), size - 1)
    return (first, last) if first <= last else None


def _protect(response: HttpResponseBase, file: MediaFile, *, is_shown: bool) -> None:
    name = name_for(file.name, file.content_type, fallback=f"allegato-{file.pk}")
    disposition = content_disposition_header(as_attachment=not is_shown, filename=name)
    is_pdf = is_shown and file.content_type == PDF
    told = {
        "Content-Type": file.content_type or UNKNOWN,
        "Content-Disposition": disposition or "attachment",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": _POLICY if is_pdf else _SANDBOX,
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, max-age=300",
        "Accept-Ranges": "bytes",
    }
    for header, value in told.items():
        response.headers[header] = value
