"""Fetching attachments soon after they were told of: claimed, fetched outside any transaction, written down once.

One worker is at it at a time, held by its connection: whoever dies is followed at once, and what it had begun is due
again as after any fault.
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import IO, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage, default_storage
from django.db.models import F, QuerySet

from audiences.alone import one_of
from campaigns.alerts import raise_alert
from conversations.file_types import type_of
from conversations.models import MediaFile
from spoki.files import AddressRefused, DownloadFailed, Fetched, Limits, Rules, download

logger = logging.getLogger(__name__)

State = MediaFile.State
Downloader = Callable[[str, IO[bytes]], Fetched]
# The number of this work.
_WORK: Final = 20_262
# Addresses do not last: soon again, then given up for a person to ask.
BACKOFF: Final = (
    timedelta(seconds=20),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
)
# Nobody writes at a file for so long.
STRAY_AFTER: Final = timedelta(days=1)
UNKNOWN_HOST: Final = "media_host_unknown"
_IN_MEMORY: Final = 1024 * 1024
_PIECE: Final = 64 * 1024


def rules() -> Rules:
    """Return where files may be fetched from, by the settings."""
    return Rules(hosts=tuple(settings.SPOKI_MEDIA_HOSTS), own=settings.SPOKI_BASE_URL)


def fetch_from_spoki(url: str, into: IO[bytes]) -> Fetched:
    """Fetch one file as the settings allow. Raises as `download` does."""
    limits = Limits(most=settings.MEDIA_MAX_MEGABYTES * 1024 * 1024)
    return download(url, into, rules=rules(), limits=limits)


def is_any_due(*, now: datetime) -> bool:
    """Return whether a worker would find something to fetch; while another is at it that one takes it as well."""
    return _due(now).exists()


def work(
    *,
    clock: Callable[[], datetime],
    is_time_up: Callable[[], bool],
    fetch: Downloader | None = None,
) -> int:
    """Fetch what is due, one after the other, until the time is up; return how many were tried.

    Nothing while another worker is at it: slow servers of strangers may hold one worker, never all of them.
    """
    tried = 0
    with one_of(1, _WORK) as is_mine:
        while is_mine and not is_time_up():
            file_id = _due(clock()).order_by("due_at").values_list("pk", flat=True).first()
            if file_id is None:
                break
            fetch_file(file_id=file_id, now=clock(), fetch=fetch or fetch_from_spoki)
            tried += 1
    return tried


def fetch_file(
    *, file_id: int, now: datetime, fetch: Downloader = fetch_from_spoki
) -> State | None:
    """Fetch one attachment that is due; return what became of it, None where there was nothing to do.

    Of two that fetch the same one the later counts: what the earlier brings is thrown away.
    """
    file = _claim(file_id, now=now)
    if file is None:
        return None
    if file.attempts > len(BACKOFF) + 1:
        # Whoever tried it died in the middle, each time.
        return _end(file, State.FAILED, "cut_short")
    try:
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as body:
            fetched = fetch(file.source, body)
            return _keep(file, fetched, body, now=now)
    except AddressRefused as refused:
        return _refuse(file, refused.reason, now=now)
    except DownloadFailed as failed:
        return _give_up_or_wait(file, failed, now=now)
    except OSError:
        logger.exception("attachment %s could not be written down", file_id)
        return _put_off(file, "no_room", now=now)


def folder_of(month: datetime) -> str:
    """Return where the files of a month lie."""
    return f"received/{month:%Y/%m}"


def forget_strays(*, now: datetime, storage: Storage | None = None) -> int:
    """Delete what a worker wrote that died before it could say so, once it is a day old; return how many."""
    place = storage or default_storage
    gone = 0
    for folder in {folder_of(now), folder_of(now - STRAY_AFTER)}:
        known = set(
            MediaFile.objects.filter(file__startswith=f"{folder}/").values_list("file", flat=True)
        )
        for name in _names(place, folder):
            is_old = place.get_modified_time(name) < now - STRAY_AFTER
            if name not in known and is_old:
                place.delete(name)
                gone += 1
    return gone


def _names(place: Storage, folder: str) -> list[str]:
    try:
        return [f"{folder}/{name}" for name in place.listdir(folder)[1]]
    except FileNotFoundError:
        return []


def _due(now: datetime) -> QuerySet[MediaFile]:
    return MediaFile.objects.filter(state=State.WAITING, due_at__lte=now)


def _claim(file_id: int, *, now: datetime) -> MediaFile | None:
    """Begin the next try; the one after it is due as if this one failed, should nobody live to say what became of it."""
    file = _due(now).filter(pk=file_id).first()
    if file is None:
        return None
    again_at = now + BACKOFF[min(file.attempts, len(BACKOFF) - 1)]
    claimed = (
        _held(file).filter(due_at=file.due_at).update(attempts=F("attempts") + 1, due_at=again_at)
    )
    if claimed != 1:
        return None
    file.refresh_from_db()
    return file


def _keep(file: MediaFile, fetched: Fetched, body: IO[bytes], *, now: datetime) -> State:
    """Put it where only the page behind the permission reads, under a name that nobody chose."""
    name = f"{folder_of(now)}/{file.pk}-{file.attempts}"
    digest = _digest(body)
    _store(default_storage, name, body)
    moved = _held(file).update(
        state=State.KEPT,
        reason="",
        file=name,
        size=fetched.size,
        digest=digest,
        content_type=type_of(fetched.head, name=file.name),
        fetched_at=now,
    )
    if moved != 1:
        # Erased, or let go of, while it came: nothing of it may stay.
        default_storage.delete(name)
        return State.FORGOTTEN
    return State.KEPT


def _store(storage: Storage, name: str, body: IO[bytes]) -> None:
    # A worker that died half way left its part under the same name.
    storage.delete(name)
    body.seek(0)
    storage.save(name, File(body))


def _digest(body: IO[bytes]) -> str:
    digest = hashlib.sha256()
    body.seek(0)
    while piece := body.read(_PIECE):
        digest.update(piece)
    return digest.hexdigest()


def _refuse(file: MediaFile, reason: str, *, now: datetime) -> State:
    if reason == "unreachable":
        # A name that does not resolve now may do so in a minute.
        return _put_off(file, reason, now=now)
    _tell_unknown_host(reason, file.source, now=now)
    return _end(file, State.REFUSED, reason)


def _give_up_or_wait(file: MediaFile, failed: DownloadFailed, *, now: datetime) -> State:
    if failed.is_final:
        return _end(file, State.FAILED, failed.reason)
    return _put_off(file, failed.reason, now=now)


def _put_off(file: MediaFile, reason: str, *, now: datetime) -> State:
    if file.attempts > len(BACKOFF):
        return _end(file, State.FAILED, reason)
    _held(file).update(reason=reason, due_at=now + BACKOFF[file.attempts - 1])
    return State.WAITING


def _end(file: MediaFile, state: State, reason: str) -> State:
    _held(file).update(state=state, reason=reason)
    return state


def _held(file: MediaFile) -> QuerySet[MediaFile]:
    """Return the row as long as this worker has it: a second try by a person has another count."""
    return MediaFile.objects.filter(pk=file.pk, state=State.WAITING, attempts=file.attempts)


def _tell_unknown_host(reason: str, source: str, *, now: datetime) -> None:
    """Tell people of a host that files come from and nobody listed, once: without it every picture is missing."""
    if reason != "host_unknown":
        return
    host = (urlsplit(source).hostname or "?")[:60]
    raise_alert(code=UNKNOWN_HOST, subject=host, figures={"host": host}, now=now, is_once=True)
