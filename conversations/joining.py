"""What a history or a file tells joins what webhooks brought and our sender recorded: each message once.

What is here already is left as it is and only completed. What is new and old makes nobody wait: a person has read it
on Spoki. What a history tells that she wrote within the last day may have been lost on its way to us: it waits for an
answer as if it had been delivered, unless one was given since. A “stop” among all that is obeyed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from django.db import transaction
from django.db.models import Q

from audiences.models import Contact, ContactAlias
from campaigns import outbox
from campaigns.models import OutboundMessage
from conversations import standing
from conversations.keeping import complete, content_of, facts_of, our_number
from conversations.meant import known_of_ours, uuids_of
from conversations.media import note_files
from conversations.models import Message
from conversations.opting import may_be_wish, note_old_wish, says_no_more
from conversations.outbound import status_told
from conversations.recognising import PRECISION, known_of, lock_number, name
from conversations.stop_words import Wish
from conversations.told import BEFORE_OURS, Known, Told, pair
from spoki import ContentKind, MessageEvent, MessageStatus
from spoki.content import FILES
from spoki.reading import is_uuid

# Messages as far as this from what is told may be meant by it.
AROUND: Final = timedelta(minutes=10)
# A send that got no identifier for so long will get none.
UNDECIDED: Final = timedelta(minutes=10)
WINDOW: Final = timedelta(hours=24)
# Rows written by one statement.
AT_ONCE: Final = 500

_Status = OutboundMessage.Status
_NEVER_LEFT: Final = (_Status.QUEUED, _Status.SKIPPED, _Status.EXPIRED)
_NAMELESS: Final = (_Status.SENDING, _Status.ACCEPTED, _Status.UNKNOWN)
# A failure that a history names may be months old: whether to send again is for fresh news to say.
_TAKEN: Final = (MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ)


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """How many messages came in, how many were here; from when the oldest is that was told."""

    added: int = 0
    known: int = 0
    oldest_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stock:
    """What we have of the conversation, ours and others', with what the matching looks at."""

    known: tuple[Known, ...]
    ours: dict[int, OutboundMessage]
    others: dict[int, Message]


def join(
    *,
    contact: Contact,
    told: Sequence[Told],
    source: Message.Source,
    now: datetime,
    is_whole: bool = False,
) -> Joined:
    """Bring in what is not here yet, in one transaction; the same again, in any order, adds nothing.

    `is_whole` as in `told.pair`. Whoever else tells of this number waits meanwhile.
    """
    with transaction.atomic():
        lock_number(contact.phone or "")
        stock = stock_of(contact, told)
        pairs = pair(told, stock.known, is_whole=is_whole)
        work = _Work(contact, stock, source, now)
        for index, one in enumerate(told):
            if index in pairs:
                work.meet(one, stock.known[pairs[index]])
            else:
                work.take(one)
        joined = work.joined(told)
        if work.is_anything_new:
            standing.take_told(messages=work.waiting, contact=contact)
    return joined


def look(*, contact: Contact, told: Sequence[Told], is_whole: bool = False) -> list[bool]:
    """Say of each message told whether it is here already; nothing is written."""
    pairs = pair(told, stock_of(contact, told).known, is_whole=is_whole)
    return [index in pairs for index in range(len(told))]


def phones_of(contact: Contact) -> list[str]:
    """Return every number that is, or was, hers."""
    kept = ContactAlias.objects.filter(contact=contact, kind=ContactAlias.Kind.PHONE)
    earlier = kept.values_list("value", flat=True)
    return [*([contact.phone] if contact.phone else []), *earlier]


def stock_of(contact: Contact, told: Sequence[Told]) -> Stock:
    """Return what we have from the time that is told of, and whatever bears one of its identifiers."""
    if not told:
        return Stock((), {}, {})
    since = min(one.at for one in told) - AROUND
    until = max(one.end for one in told) + AROUND
    ids = [contact.pk, *Contact.objects.filter(merged_into=contact).values_list("pk", flat=True)]
    ours = _ours(ids, since, until, told)
    taken = {uuid for one in ours.values() for uuid in uuids_of(one)}
    found = _others(contact, ids, since, until, told)
    others = {one.pk: one for one in found if one.uuid not in taken}
    known = (*map(known_of_ours, ours.values()), *map(known_of, others.values()))
    return Stock(known, ours, others)


def _ours(
    ids: list[int], since: datetime, until: datetime, told: Sequence[Told]
) -> dict[int, OutboundMessage]:
    uuids = [one.uuid for one in told if one.uuid]
    keys = [one.our_key for one in told if is_uuid(one.our_key)]
    meant = Q(sending_at__gt=since, sending_at__lt=until)
    if uuids:
        meant |= Q(provider_uuid__in=uuids) | Q(earlier_uuids__overlap=uuids)
    if keys:
        meant |= Q(key__in=keys)
    mine = OutboundMessage.objects.filter(meant, contact__in=ids, sending_at__isnull=False)
    found = mine.exclude(status__in=_NEVER_LEFT).select_related("template_version__template")
    return {one.pk: one for one in found.order_by("sending_at", "pk")}


def _others(
    contact: Contact, ids: list[int], since: datetime, until: datetime, told: Sequence[Told]
) -> Iterable[Message]:
    hers = Q(contact__in=ids) | Q(contact=None, phone__in=phones_of(contact))
    named = Q(uuid__in=[name for one in told for name in (one.uuid, one.own_key) if name])
    return Message.objects.filter((hers & Q(at__gt=since, at__lt=until)) | named).order_by("pk")


class _Work:
    """One joining: what it met, what it brings in, all in the caller's transaction."""

    def __init__(
        self, contact: Contact, stock: Stock, source: Message.Source, now: datetime
    ) -> None:
        self._contact, self._stock, self._source, self._now = contact, stock, source, now
        self._new: dict[str, tuple[Told, Message]] = {}
        self._met_hers: list[int] = []
        self._met = 0
        self._is_completed = False
        # What she wrote that nobody has counted yet.
        self.waiting: list[Message] = []
        # Thousands of messages are of one or two numbers of ours.
        self._number_of = cache(our_number)

    @property
    def is_anything_new(self) -> bool:
        return bool(self._new or self.waiting) or self._is_completed

    def meet(self, told: Told, known: Known) -> None:
        """It is here: complete it."""
        self._met += 1
        if known.is_ours:
            ours = self._stock.ours[known.pk]
            if told.event is not None and _is_news(told.event, ours):
                self._tell_ours(told.event, key=ours.key.hex)
            return
        message = self._stock.others[known.pk]
        if told.precision < known.precision or (told.uuid and not known.is_named):
            at = told.at if told.precision <= known.precision else message.at
            name(message, uuid=told.uuid or message.uuid, at=at)
            self._is_completed = True
        if told.event is not None:
            self._complete(message, told.event)
        if told.is_inbound and message.noted_at is None and self._may_be_lost(message.at):
            self._met_hers.append(message.pk)

    def take(self, told: Told) -> None:
        """It is not here: bring it in, unless it is ours and about to say so itself."""
        event = told.event
        if event is not None and not told.is_inbound:
            if told.our_key and self._tell_ours(event, key=told.our_key):
                self._met += 1
                return
            if self._may_become_ours(told):
                return
        key = (told.uuid or told.own_key)[:80]
        self._new.setdefault(key, (told, self._message(told, key)))

    def joined(self, told: Sequence[Told]) -> Joined:
        """Write down what is new; return what became of everything."""
        added = self._write()
        oldest = min((one.at for one in told), default=None)
        return Joined(added=added, known=len(told) - added, oldest_at=oldest)

    def _write(self) -> int:
        keys = list(self._new)
        there = Message.objects.filter(uuid__in=keys).count()
        rows = [message for _told, message in self._new.values()]
        Message.objects.bulk_create(rows, ignore_conflicts=True, batch_size=AT_ONCE)
        self._follow()
        return len(keys) - there

    def _follow(self) -> None:
        """Files are fetched, a “stop” is obeyed, what she wrote just now opens the window and waits for an answer."""
        busy = [key for key, new in self._new.items() if self._has_effect(*new)]
        met = Q(pk__in=self._met_hers)
        # Whoever was told of the same one by a delivery counts it before or after, never beside.
        found = Message.objects.select_for_update(no_key=True).filter(Q(uuid__in=busy) | met)
        for message in found.order_by("at", "pk"):
            note_files(message, now=self._now)
            if message.direction == Message.Direction.INBOUND:
                wish = note_old_wish(message, self._contact, now=self._now)
                self._hear(message, wish)

    def _has_effect(self, told: Told, message: Message) -> bool:
        is_file = bool(told.media) or told.kind in FILES
        is_wish = told.is_inbound and may_be_wish(message.text)
        return is_file or is_wish or (told.is_inbound and self._is_fresh(told.at))

    def _hear(self, message: Message, wish: Wish) -> None:
        """Take what she wrote just now as if it had been delivered, but for what only its delivery proves."""
        if not self._may_be_lost(message.at):
            return
        is_reaction = message.content_type == ContentKind.REACTION
        if not is_reaction:
            self._open_window(message)
        if message.noted_at is None:
            is_over = wish is Wish.STOP and says_no_more(message.text)
            message.is_settled = is_reaction or is_over
            self.waiting.append(message)

    def _open_window(self, message: Message) -> None:
        outbox.record_inbound(
            contact_phone=message.phone,
            business_phone=message.business_phone or None,
            at=message.at,
            reply_to=message.reply_to or None,
            now=self._now,
        )

    def _may_be_lost(self, at: datetime) -> bool:
        # A file names minutes, and anybody can write one.
        return self._source == Message.Source.HISTORY and self._is_fresh(at)

    def _is_fresh(self, at: datetime) -> bool:
        return at > self._now - WINDOW

    def _message(self, told: Told, key: str) -> Message:
        at = min(told.at + told.place * timedelta(microseconds=1), self._now)
        message = Message(
            uuid=key,
            direction=_DIRECTIONS[told.is_inbound],
            source=self._source,
            at=at,
            news_at=at,
            **(_as_told(told) if told.event is None else content_of(told.event)),
        )
        facts = facts_of(told.event, number_of=self._number_of) if told.event else {}
        for column, value in facts.items():
            setattr(message, column, value)
        if told.event is not None and not told.is_inbound:
            for column, value in status_told(message, told.event).items():
                setattr(message, column, value)
        message.contact = self._contact
        message.phone = message.phone or self._contact.phone or ""
        return message

    def _tell_ours(self, event: MessageEvent, *, key: str) -> bool:
        """Move our message forward and learn its identifier; False if no message of ours has this key."""
        is_moved = event.status in _TAKEN
        return outbox.record_status(
            uuid=event.uuid,
            key=key,
            status=event.status if is_moved and event.status else MessageStatus.UNKNOWN,
            at=self._moment_of(event),
            now=self._now,
        )

    def _moment_of(self, event: MessageEvent) -> datetime:
        """When it was sent it says, else that it was so by now."""
        is_said = event.status is MessageStatus.SENT or event.occurred_at != event.created_at
        at = event.occurred_at if is_said and event.status is not MessageStatus.READ else None
        return min(at or self._now, self._now)

    def _complete(self, message: Message, event: MessageEvent) -> None:
        changes: dict[str, Any] = {}
        if message.contact_id is None:
            changes["contact"] = self._contact
        if message.direction == Message.Direction.OUTBOUND:
            changes |= status_told(message, event)
        if changes:
            Message.objects.filter(pk=message.pk).update(**changes)
        if complete(message, event) or changes:
            self._is_completed = True
            note_files(message, now=self._now)

    def _may_become_ours(self, told: Told) -> bool:
        """Say whether a send of ours of that moment still waits for the identifier that would match."""
        return any(
            one.status in _NAMELESS
            and not uuids_of(one)
            and one.sending_at is not None
            and self._now - one.sending_at < UNDECIDED
            and one.sending_at - BEFORE_OURS < told.at
            for one in self._stock.ours.values()
        )


def _is_news(event: MessageEvent, message: OutboundMessage) -> bool:
    """Say whether the event tells an identifier or a state that our message does not have yet."""
    if event.uuid and message.provider_uuid is None:
        return True
    if event.status not in _TAKEN:
        return False
    here = str(message.status)
    return here not in _TAKEN or _TAKEN.index(MessageStatus(here)) < _TAKEN.index(event.status)


def _as_told(told: Told) -> dict[str, Any]:
    """Return the columns of a message of a file."""
    details: dict[str, Any] = {PRECISION: int(told.precision.total_seconds())}
    if told.author and not told.is_inbound:
        details["author"] = told.author
    media = [dict(one) for one in told.media]
    return {"content_type": told.kind, "text": told.text, "media": media, "details": details}


_DIRECTIONS: Final = {
    True: Message.Direction.INBOUND,
    False: Message.Direction.OUTBOUND,
}
