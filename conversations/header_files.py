"""The picture, film or document at the head of a template, as the conversation shows it.

A page loads pictures of our own address alone: the picture is fetched once, by the rules for attachments, and kept.
Its address may change at any reading of Spoki's templates, so what is kept belongs to one address.
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Final
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.cache import cache
from django.core.files import File
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from conversations.access import for_colleagues
from conversations.fetching import rules
from conversations.file_names import safe_name
from conversations.file_types import PICTURES, type_of
from spoki import Media
from spoki.files import HEAD_BYTES, AddressRefused, DownloadFailed, Limits, download
from templates_sync.models import TemplateVersion

logger = logging.getLogger(__name__)

PICTURE: Final = "image"
# Meta takes no bigger picture in a header. Somebody waits for it, but with the page already there.
_LIMITS: Final = Limits(most=5 * 1024 * 1024, seconds=6.0)
# What did not come is not asked for again by every card that is opened, in seconds.
_PAUSE: Final = 300
_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; sandbox"


@dataclass(frozen=True, slots=True)
class HeaderShown:
    """`format` is image, video or document, `name` the file's, "" where nobody gave one; `url` of ours, "" = none."""

    format: str
    name: str
    url: str = ""


def header_of(version: TemplateVersion) -> HeaderShown | None:
    """Return what stands at the head of the message, None where there is no file."""
    if not version.needs_header_media:
        return None
    kind = str((version.header or {}).get("format") or "")
    media = Media.from_payload(version.header_media)
    if media is None:
        return HeaderShown(kind, "")
    is_shown = kind == PICTURE and _may_fetch(media.url)
    url = f"{reverse('template-header', args=[version.pk])}?{_mark(media.url)}" if is_shown else ""
    return HeaderShown(kind, safe_name(media.filename or _last_part(media.url)), url)


def head_html(version: TemplateVersion) -> SafeString | None:
    """Return what stands at the head of the message as the conversation shows it, None where there is no file."""
    head = header_of(version)
    return render_to_string("conversations/card/parts/head.html", {"head": head}) if head else None


@require_safe
@for_colleagues()
def template_header(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Answer with the picture; 404 where there is none or it cannot be had."""
    version = get_object_or_404(TemplateVersion, pk=pk)
    shown, media = header_of(version), Media.from_payload(version.header_media)
    if shown is None or not shown.url or media is None:
        raise Http404
    name = f"headers/{pk}-{_mark(media.url)}"
    if not default_storage.exists(name) and not _fetch(media.url, name):
        raise Http404
    stored = default_storage.open(name, "rb")
    head = stored.read(HEAD_BYTES)
    stored.seek(0)
    response = FileResponse(stored, content_type=type_of(head))
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Cache-Control"] = "private, max-age=86400"
    return response


def _fetch(url: str, name: str) -> bool:
    """Fetch the picture and keep it under `name`; False where it cannot be had for now."""
    asked = f"header-picture:{name}"
    if not cache.add(asked, 1, _PAUSE):
        return False
    try:
        with tempfile.TemporaryFile() as body:
            fetched = download(url, body, rules=rules(), limits=_LIMITS)
            if type_of(fetched.head) not in PICTURES:
                return False
            _keep(body, name)
    except (AddressRefused, DownloadFailed) as failed:
        logger.info("the picture of a template did not come: %s", failed.reason)
        return False
    cache.delete(asked)
    return True


def _keep(body: IO[bytes], name: str) -> None:
    body.seek(0)
    kept = default_storage.save(name, File(body))
    if kept != name:
        # Another process was quicker.
        default_storage.delete(kept)


def _may_fetch(url: str) -> bool:
    if url.startswith(f"{settings.SPOKI_BASE_URL.rstrip('/')}/"):
        return True
    try:
        host = (urlsplit(url).hostname or "").lower()
    except ValueError:
        return False
    return any(host == one or host.endswith(f".{one}") for one in settings.SPOKI_MEDIA_HOSTS)


def _last_part(url: str) -> str:
    try:
        return unquote(PurePosixPath(urlsplit(url).path).name)
    except ValueError:
        return ""


def _mark(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()[:16]
