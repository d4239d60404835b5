"""Attachments: one row per file of a message, what became of each, in words; asking for one again; letting go of old ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from conversations.file_names import safe_name
from conversations.models import MediaFile, Message
from spoki.content import FILES

State = MediaFile.State
# So many rows are let go of in one commit.
_AT_ONCE: Final = 200
_NO_ADDRESS: Final = "no_address"

# Why an attachment is not there: what whoever reads the conversation can do.
WORDS: Final[Mapping[str, Promise]] = {
    _NO_ADDRESS: _("Spoki did not say where the file is: ask the customer to send it again."),
    "address_unreadable": _("The address of the file cannot be read: ask the customer to send it again."),
    "host_unknown": _("The file lies where we do not fetch from: tell your administrator (SPOKI_MEDIA_HOSTS)."),
    "not_encrypted": _("The file would come unencrypted: it was not fetched."),
    "private_address": _("The address of the file leads into a private network: it was not fetched."),
    "too_many_redirects": _("The address of the file only leads to others: ask the customer to send it again."),
    "too_big": _("The file is too big to be kept here: look at it on Spoki."),
    "empty": _("The file is empty: ask the customer to send it again."),
    "gone": _("The file is no longer there: ask the customer to send it again."),
    "not_allowed": _("Spoki does not hand out the file: look at it on Spoki."),
    "unreachable": _("The file could not be reached."),
    "too_slow": _("The file came too slowly."),
    "cut_short": _("The file broke off half way."),
    "no_room": _("The file could not be written down: tell your administrator that the disk may be full."),
    "lost": _("The file was kept and is gone from the disk: tell your administrator."),
}  # fmt: skip
_WAITING = _("The file is being fetched.")
_FORGOTTEN = _("The file is no longer kept.")


class AskRefused(Exception):
    """There is nothing to fetch: it is here, on its way, or was let go of."""


def note_files(message: Message, *, now: datetime) -> None:
    """Write down the files that the message tells of, each once, inside the caller's transaction.

    A message that should have a file and names none gets a place for it: an update may bring it.
    """
    if not message.media:
        if message.content_type in FILES:
            _note_missing(message, now=now)
        return
    for place, told in enumerate(message.media):
        _note(message, place, told, now=now)


def files_of(message_ids: Collection[int]) -> Mapping[int, list[MediaFile]]:
    """Return message id → its attachments in their order, in one query."""
    found: dict[int, list[MediaFile]] = defaultdict(list)
    if message_ids:
        rows = MediaFile.objects.filter(message__in=message_ids).order_by("message_id", "place")
        for file in rows:
            found[file.message_id].append(file)
    return found


def problem_of(file: MediaFile) -> str | Promise:
    """Return why the attachment is not there and what to do, "" where it is; in the reader's language."""
    if file.state == State.KEPT:
        return ""
    if file.state == State.WAITING:
        return _WAITING
    if file.state == State.FORGOTTEN:
        return _FORGOTTEN
    return WORDS.get(file.reason, file.reason)


def may_ask_again(file: MediaFile) -> bool:
    """Say whether fetching it once more could help."""
    return file.state in {State.FAILED, State.REFUSED} and bool(file.source)


def ask_again(*, file_id: int, now: datetime) -> None:
    """Have an attachment fetched once more; it counts as new.

    :raises AskRefused: it is here or on its way, was let go of, or has no address.
    """
    moved = (
        MediaFile.objects.filter(pk=file_id, state__in=[State.FAILED, State.REFUSED])
        .exclude(source="")
        .update(state=State.WAITING, reason="", attempts=0, due_at=now)
    )
    if moved != 1:
        raise AskRefused("there is nothing to fetch")


def forget_old(*, now: datetime) -> int:
    """Let go of files that are older than MEDIA_RETENTION_DAYS; return how many. What was said of them stays."""
    before = now - timedelta(days=settings.MEDIA_RETENTION_DAYS)
    old = MediaFile.objects.filter(state=State.KEPT, fetched_at__lt=before).order_by("pk")
    gone = 0
    while batch := list(old[:_AT_ONCE]):
        forget(batch)
        gone += len(batch)
    return gone


def forget(files: Collection[MediaFile]) -> None:
    """Take the files away: from the rows, and from the disk once that is written."""
    with transaction.atomic():
        for file in files:
            stored = file.file.name
            if stored:
                _delete_on_commit(file, stored)
        kept = MediaFile.objects.filter(pk__in=[file.pk for file in files])
        kept.update(
            state=State.FORGOTTEN, reason="", file="", source="", name="", size=0, digest=""
        )


def _delete_on_commit(file: MediaFile, stored: str) -> None:
    storage = file.file.storage
    transaction.on_commit(lambda: storage.delete(stored))


def _note(message: Message, place: int, told: Mapping[str, str], *, now: datetime) -> None:
    source = str(told.get("url") or "")[:2000]
    values = {
        "source": source,
        "name": safe_name(str(told.get("filename") or "")),
        "content_type": str(told.get("content_type") or "")[:100].lower(),
        "due_at": now,
    }
    file, is_new = MediaFile.objects.get_or_create(message=message, place=place, defaults=values)
    if is_new or file.state in {State.KEPT, State.FORGOTTEN} or file.source == source:
        return
    # Addresses do not last: a new one may be the one that works.
    MediaFile.objects.filter(pk=file.pk, state__in=[State.WAITING, State.FAILED, State.REFUSED]).update(
        **values, state=State.WAITING, reason="", attempts=0
    )  # fmt: skip


def _note_missing(message: Message, *, now: datetime) -> None:
    MediaFile.objects.get_or_create(
        message=message,
        place=0,
        defaults={"state": State.FAILED, "reason": _NO_ADDRESS, "due_at": now},
    )
