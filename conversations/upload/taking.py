"""Taking an exported chat: kept until somebody has looked at what it would bring, joined once, then let go of."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from audiences.identity import normalise_phone
from audiences.importing.sheet import UnreadableFile
from audiences.models import Contact
from conversations.joining import Joined, join, look, phones_of
from conversations.models import ConversationEvent, HistoryUpload, Message
from conversations.upload.columns import LABELS
from conversations.upload.moments import Order
from conversations.upload.reading import (
    MOST_ROWS,
    Answers,
    Chat,
    Sheet,
    TooManyRows,
    first_answers,
    open_sheet,
    read_chat,
)
from conversations.upload.sides import HERS, OURS, Customer, plain_word

MOST_BYTES: Final = 5 * 1024 * 1024
ZONES: Final = ("Europe/Rome", "UTC")
# What nobody confirmed is let go of.
KEPT: Final = timedelta(days=1)
_ZIP: Final = b"PK\x03\x04"
_NUMBER = re.compile(r"\+?\d{9,15}")


class UploadRefused(Exception):
    """Nothing was taken; `str()` says why, for a person."""


class AlreadyTaken(UploadRefused):
    """Somebody was faster, or it is a second click."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the file would bring: `is_here` says it of each message of `chat`."""

    sheet: Sheet
    answers: Answers
    chat: Chat
    is_here: tuple[bool, ...]

    @property
    def added(self) -> int:
        return self.is_here.count(False)

    @property
    def known(self) -> int:
        return self.is_here.count(True)

    @property
    def may_be_taken(self) -> bool:
        return bool(self.chat.told) and not self.chat.unknown_words


def receive(
    *, contact: Contact, content: bytes, name: str, by: User, now: datetime
) -> HistoryUpload:
    """Keep the file until somebody has looked at it; nothing is joined yet.

    :raises UploadRefused: there is no number, the file is too big, cannot be read, or is the chat of somebody else.
    """
    if not contact.phone:
        raise UploadRefused(_("This customer has no number: there is no chat to bring."))
    sheet = _opened(content)
    answers = first_answers(sheet)
    customer = customer_of(contact)
    chat = read_chat(sheet, answers, customer=customer, now=now)
    _refuse_of_others(chat, sheet)
    if chat.told:
        answers = replace(answers, zone=_likely_zone(contact, sheet, answers, now=now))
    return HistoryUpload.objects.create(
        contact=contact,
        at=now,
        by=by,
        name=name[-200:],
        digest=hashlib.sha256(content).hexdigest(),
        content=content,
        answers=answers.to_record(),
        rows=len(sheet.rows),
    )


def look_at(upload: HistoryUpload, *, now: datetime) -> Look:
    """Return what the file would bring, as it is read by the answers so far.

    :raises UploadRefused: it cannot be read any more.
    """
    sheet = _opened(bytes(upload.content))
    answers = Answers.from_record(upload.answers)
    chat = read_chat(sheet, answers, customer=customer_of(upload.contact), now=now)
    is_here = look(contact=upload.contact, told=chat.told, is_whole=chat.is_whole)
    return Look(sheet=sheet, answers=answers, chat=chat, is_here=tuple(is_here))


def answer(
    *,
    upload: HistoryUpload,
    meanings: Collection[str],
    sides: Mapping[str, str],
    zone: str,
    order: str,
) -> None:
    """Write down how the file is meant.

    :raises UploadRefused: an answer that was not among those offered.
    """
    is_known = all(meaning in {"", *LABELS} for meaning in meanings)
    before = Answers.from_record(upload.answers)
    if not is_known or len(meanings) != len(before.meanings) or zone not in ZONES:
        raise UploadRefused(_("This answer cannot be used."))
    if order not in {one.value for one in Order} or not set(sides.values()) <= {HERS, OURS}:
        raise UploadRefused(_("This answer cannot be used."))
    said = {plain_word(word): side for word, side in sides.items()}
    new = Answers(
        meanings=tuple(meanings),
        sides={**before.sides, **said},
        zone=zone,
        order=Order(order),
    )
    waiting = HistoryUpload.objects.filter(pk=upload.pk, state=HistoryUpload.State.WAITING)
    waiting.update(answers=new.to_record())
    upload.answers = new.to_record()


def take(*, upload_id: int, by: User, now: datetime) -> Joined:
    """Join the chat to what is here, once; the file itself is let go of.

    :raises AlreadyTaken: it was taken before.
    :raises UploadRefused: something must be answered first, or it brings nothing.
    """
    with transaction.atomic():
        upload = HistoryUpload.objects.select_for_update().get(pk=upload_id)
        if upload.state != HistoryUpload.State.WAITING:
            raise AlreadyTaken(_("This file was taken already."))
        contact = upload.contact.merged_into or upload.contact
        sheet = _opened(bytes(upload.content))
        answers = Answers.from_record(upload.answers)
        chat = read_chat(sheet, answers, customer=customer_of(contact), now=now)
        _refuse_open_questions(chat)
        joined = join(
            contact=contact,
            told=chat.told,
            source=Message.Source.UPLOAD,
            now=now,
            is_whole=chat.is_whole,
        )
        _note_taken(upload, contact, chat, joined, by=by, now=now)
    return joined


def taken_before(upload: HistoryUpload) -> HistoryUpload | None:
    """Return when the very same file was taken for this customer."""
    same = HistoryUpload.objects.filter(
        contact=upload.contact, digest=upload.digest, state=HistoryUpload.State.DONE
    )
    return same.select_related("by").order_by("-at").first()


def number_in_name(upload: HistoryUpload) -> str:
    """Return the number that the file is named after where it is not hers, else ""."""
    phones = phones_of(upload.contact)
    found = (normalise_phone(digits) for digits in _NUMBER.findall(upload.name))
    others = [phone.e164 for phone in found if phone.can_receive_whatsapp and phone.e164]
    return others[0] if others and not set(others) & set(phones) else ""


def forget_old(*, now: datetime) -> int:
    """Let go of files that nobody confirmed; return how many."""
    waiting = HistoryUpload.objects.filter(state=HistoryUpload.State.WAITING, at__lt=now - KEPT)
    return waiting.delete()[0]


def customer_of(contact: Contact) -> Customer:
    return Customer(phones=phones_of(contact), name=contact.full_name)


def _opened(content: bytes) -> Sheet:
    """:raises UploadRefused: too big, empty, no CSV, too many lines, or nothing but headings."""
    if len(content) > MOST_BYTES:
        raise UploadRefused(_("The file is larger than 5 MB: export a shorter time."))
    if content.startswith(_ZIP):
        raise UploadRefused(_("This is an Excel file: save it as CSV and upload that."))
    try:
        sheet = open_sheet(content)
    except TooManyRows:
        raise UploadRefused(
            _("The file has more than %(most)d messages: export a shorter time.")
            % {"most": MOST_ROWS}
        ) from None
    except UnreadableFile as unreadable:
        raise UploadRefused(str(unreadable)) from unreadable
    if not sheet.rows:
        raise UploadRefused(_("The file holds headings and no messages."))
    return sheet


def _refuse_of_others(chat: Chat, sheet: Sheet) -> None:
    if chat.others and not chat.told:
        raise UploadRefused(
            _(
                "This is the chat of another number: open the card of that customer and upload it there."
            )
        )


def _refuse_open_questions(chat: Chat) -> None:
    if chat.lacking or chat.unknown_words:
        raise UploadRefused(_("First answer what the columns and the names mean."))
    if not chat.told:
        raise UploadRefused(_("No line of the file can be taken."))


def _likely_zone(contact: Contact, sheet: Sheet, answers: Answers, *, now: datetime) -> str:
    """Return the zone in which most of the file is here already; in doubt Italian time."""
    met = {}
    for zone in ZONES:
        chat = read_chat(
            sheet, replace(answers, zone=ZoneInfo(zone).key), customer=customer_of(contact), now=now
        )
        met[zone] = sum(look(contact=contact, told=chat.told))
    return max(ZONES, key=lambda zone: (met[zone], -ZONES.index(zone)))


def _note_taken(
    upload: HistoryUpload, contact: Contact, chat: Chat, joined: Joined, *, by: User, now: datetime
) -> None:
    upload.state, upload.content = HistoryUpload.State.DONE, b""
    upload.contact, upload.answers = contact, {}
    upload.added, upload.known, upload.unreadable = joined.added, joined.known, len(chat.bad)
    upload.first_at, upload.last_at = chat.told[0].at, chat.told[-1].at
    upload.save()
    ConversationEvent.objects.create(
        contact=contact,
        at=now,
        verb="history_uploaded",
        by=by,
        figures={"upload": upload.pk, "added": joined.added},
    )
