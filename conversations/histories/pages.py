"""Reading a history page by page, each joined as it comes; asked outside any transaction."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from django.db import transaction

from audiences.contact_sync import pace
from audiences.contact_sync.pace import Call
from audiences.models import Contact
from audiences.new_owner import changed_hands_at
from campaigns.models import OutboundMessage
from conversations.histories import rows
from conversations.joining import Joined, join, phones_of
from conversations.keeping import words_of
from conversations.models import HistoryFetch, Message
from conversations.told import EXACT, Told, floor
from spoki import (
    Direction,
    HistoryPage,
    MessageEvent,
    SpokiAuthError,
    SpokiError,
    SpokiNotFound,
    SpokiProtocolError,
    SpokiServerError,
    SpokiThrottled,
    SpokiUnreachable,
)

logger = logging.getLogger(__name__)

State = HistoryFetch.State
# More is no conversation with a person; what is older stays on Spoki.
MOST_PAGES: Final = 200
# Without an answer for so long, nobody else will get one either.
WORKER_COMES: Final = timedelta(seconds=30)
A_MOMENT: Final = 0.1
# What was written while the last reading went on, it may have missed.
OVERLAP: Final = timedelta(hours=1)
_REASONS: Final[tuple[tuple[type[SpokiError], str], ...]] = (
    (SpokiAuthError, "key"),
    (SpokiThrottled, "throttled"),
    (SpokiNotFound, "missing"),
    (SpokiProtocolError, "shape"),
    (SpokiUnreachable, "unreachable"),
    (SpokiServerError, "server"),
)


class HistorySource(Protocol):
    """The part of the gateway that is needed here."""

    def history(self, phone: str, *, page: int = 1, within: float | None = None) -> HistoryPage: ...


class Turn(Protocol):
    """How long the caller may work at it; `wait` says whether a pause of so many seconds was made."""

    def left(self) -> float: ...
    def wait(self, seconds: float) -> bool: ...


class _TakenOver(Exception):
    """Somebody else reads this history now: what was joined last is theirs to join."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A page as the conversation sees it: what it tells, and how many rows say nothing of hers."""

    told: tuple[Told, ...]
    strange: int
    is_of_others: bool

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(one.names[-1] for one in self.told)

    @property
    def is_newest_first(self) -> bool:
        return not self.told or self.told[0].at >= self.told[-1].at


def read_history(
    row: HistoryFetch,
    *,
    contact: Contact,
    source: HistorySource,
    turn: Turn,
    clock: Callable[[], datetime],
) -> bool:
    """Read pages until the end or until the turn is over; False where somebody should go on soon.

    `row` must be claimed. Errors of Spoki end the reading, and are written on the row.
    """
    phones, whole_at = phones_of(contact), _whole_at(row)
    hers_since = changed_hands_at(contact)
    before: tuple[str, ...] = ()
    while turn.left() > 0:
        if not _has_leave(turn, clock):
            break
        allowed = turn.left()
        try:
            page = source.history(row.phone, page=row.next_page, within=allowed)
        except SpokiError as error:
            if _was_cut_short(row, error, turn, now=clock()):
                break
            _give_up(row, error, now=clock())
            return True
        read = _since(hers_since, understood(page, row.phone, phones))
        is_again = bool(read.names) and read.names == before
        before = read.names
        try:
            joined = _take(row, read, page, contact=contact, now=clock())
        except _TakenOver:
            return True
        if joined is not None:
            is_reached = _is_reached(joined, whole_at)
            _end_if_over(row, page, joined, now=clock(), is_again=is_again, is_reached=is_reached)
        if row.state != State.RUNNING:
            return True
    rows.release(row)
    return False


def _since(at: datetime | None, read: _Read) -> _Read:
    """Leave out what was written while the number was somebody else's: it is not hers to be shown."""
    return read if at is None else replace(read, told=tuple(t for t in read.told if t.at >= at))


def _whole_at(row: HistoryFetch) -> datetime | None:
    """Return when the history was read to its end, None where the reading before this one did not get there.

    Whoever goes on where another left off cannot tell any more, and reads to the end.
    """
    return row.finished_at if row.pages == 0 and not row.reason else None


def _is_reached(joined: Joined, whole_at: datetime | None) -> bool:
    """Say whether a page goes back to what was here when everything was: deliveries may have been lost since."""
    return (
        whole_at is not None
        and joined.oldest_at is not None
        and joined.oldest_at < whole_at - OVERLAP
    )


def _has_leave(turn: Turn, clock: Callable[[], datetime]) -> bool:
    """Take a turn at the source, for all processes together; False where it is not to be had in this one."""
    while not pace.take(Call.HISTORY, now=clock()):
        if not turn.wait(max(pace.seconds_until_free(Call.HISTORY, now=clock()), 0.05)):
            return False
    return True


def _was_cut_short(row: HistoryFetch, error: SpokiError, turn: Turn, *, now: datetime) -> bool:
    """Say whether it was our own impatience that ended the call: a worker waits longer, and comes soon."""
    is_ours = isinstance(error, SpokiUnreachable) and turn.left() < A_MOMENT
    return is_ours and now - row.started_at < WORKER_COMES


def _take(
    row: HistoryFetch,
    read: _Read,
    page: HistoryPage,
    *,
    contact: Contact,
    now: datetime,
) -> Joined | None:
    """Join one page and write down how far it got, both or neither; None where it is about others.

    :raises _TakenOver: somebody else has the row by now; nothing was joined.
    """
    if read.is_of_others:
        rows.finish(row, _ended(row), now=now, reason="other_number")
        return None
    if page.unreadable:
        logger.warning("a page of Spoki's history has rows without %s", ", ".join(page.unreadable))
    with transaction.atomic():
        joined = join(contact=contact, told=read.told, source=Message.Source.HISTORY, now=now)
        told_so_far = [at for at in (row.oldest_at, joined.oldest_at) if at is not None]
        is_kept = rows.note(
            row,
            now=now,
            next_page=row.next_page + 1,
            pages=row.pages + 1,
            reason="",
            found=row.found + len(read.told),
            added=row.added + joined.added,
            unreadable=row.unreadable + read.strange,
            oldest_at=min(told_so_far, default=None),
            is_newest_first=row.is_newest_first and read.is_newest_first,
        )
        if not is_kept:
            raise _TakenOver
    return joined


def _end_if_over(
    row: HistoryFetch,
    page: HistoryPage,
    joined: Joined,
    *,
    now: datetime,
    is_again: bool,
    is_reached: bool,
) -> None:
    if is_again:
        rows.finish(row, State.PARTIAL, now=now, reason="repeats", next_page=1)
    elif not page.has_more:
        _complete(row, now=now)
    elif is_reached and row.is_newest_first and joined.added == 0 and row.complete_since:
        # Whatever is older was here when it was last read to the end.
        _complete(row, now=now)
    elif row.pages >= MOST_PAGES:
        rows.finish(row, State.PARTIAL, now=now, reason="too_long", next_page=1)


def _complete(row: HistoryFetch, *, now: datetime) -> None:
    if row.unreadable:
        rows.finish(row, State.PARTIAL, now=now, reason="rows", next_page=1)
        return
    known = [at for at in (row.complete_since, row.oldest_at) if at is not None]
    rows.finish(row, State.DONE, now=now, next_page=1, complete_since=min(known, default=None))


def _give_up(row: HistoryFetch, error: SpokiError, *, now: datetime) -> None:
    """Write down why, and leave the source alone for a while; what was read stays, the next goes on after it."""
    if isinstance(error, SpokiNotFound) and row.next_page > 1:
        # A page after the last.
        _complete(row, now=now)
        return
    logger.warning("the history of a number could not be read: %s", error)
    pause = rows.retry_after()
    if isinstance(error, SpokiThrottled):
        pause = max(pause, timedelta(seconds=error.retry_after or 0), pace.FREEZE)
        pace.freeze(Call.HISTORY, seconds=error.retry_after, now=now)
    rows.finish(row, _ended(row), now=now, reason=reason_of(error), pause=pause)


def reason_of(error: SpokiError) -> str:
    return next((code for kind, code in _REASONS if isinstance(error, kind)), "refused")


def _ended(row: HistoryFetch) -> HistoryFetch.State:
    return State.PARTIAL if row.next_page > 1 else State.FAILED


def understood(page: HistoryPage, phone: str, phones: Collection[str]) -> _Read:
    """Return what the page tells of this customer; rows of other numbers and of no time are not hers."""
    hers = [event for event in page.messages if event.phone is None or event.phone in phones]
    timed = [event for event in hers if event.created_at is not None]
    lost = len(hers) - len(timed) - _known([event for event in hers if event.created_at is None])
    others = len(page.messages) - len(hers)
    return _Read(
        told=tuple(
            {told.names: told for told in (_told(event, phone) for event in timed)}.values()
        ),
        strange=page.unreadable_count + lost + others,
        is_of_others=bool(page.messages) and not hers,
    )


def _known(events: Sequence[MessageEvent]) -> int:
    """Return how many of these, which do not say when they were written, are here already."""
    uuids = {event.uuid for event in events if event.uuid}
    if not uuids:
        return 0
    ours = OutboundMessage.objects.filter(provider_uuid__in=uuids)
    here = {*ours.values_list("provider_uuid", flat=True)}
    here |= {*Message.objects.filter(uuid__in=uuids).values_list("uuid", flat=True)}
    return sum(event.uuid in here for event in events)


def _told(event: MessageEvent, phone: str) -> Told:
    assert event.created_at is not None  # noqa: S101 - the caller has looked
    return Told(
        is_inbound=event.direction is Direction.INBOUND,
        at=floor(event.created_at, EXACT),
        text=words_of(event),
        kind=event.kind.value,
        uuid=event.uuid,
        own_key="" if event.uuid else _own_key(event, phone),
        our_key=(event.message_key or "").replace("-", "").lower(),
        media=tuple(media.to_record() for media in event.media),
        event=event,
    )


def _own_key(event: MessageEvent, phone: str) -> str:
    """Name a message that Spoki does not name: by its number there, else by who wrote what and when."""
    if event.id:
        return f"id:{event.id}"[:80]
    told = "|".join([phone, event.direction, str(event.created_at), event.text or "", event.kind])
    return f"told:{hashlib.sha256(told.encode()).hexdigest()[:40]}"
