"""How far back a conversation is whole, and what is the matter where it is not: codes are kept, words are made here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from audiences.models import Contact
from conversations.models import HistoryFetch, HistoryUpload, Message

# Reasons that are the source's, not this number's: another card would meet the same.
SOURCE_WIDE: Final = frozenset({"unreachable", "server", "key", "throttled"})

REASONS: Final[Mapping[str, Promise]] = {
    "missing": gettext_lazy("This Spoki account hands out no history (404)."),
    "throttled": gettext_lazy("Spoki asked to slow down (429)."),
    "unreachable": gettext_lazy("Spoki did not answer in time."),
    "server": gettext_lazy("Spoki answered with an error of its own."),
    "key": gettext_lazy("Spoki refused our key: tell your administrator."),
    "refused": gettext_lazy("Spoki refused to hand out this history."),
    "shape": gettext_lazy("Spoki answered something that cannot be read."),
    "other_number": gettext_lazy("Spoki answered with messages of other numbers: none was taken."),
    "rows": gettext_lazy("Some messages of Spoki's history cannot be read."),
    "repeats": gettext_lazy("Spoki answered the same page again and again: the rest is missing."),
    "too_long": gettext_lazy("The history is very long: only its latest part was read."),
    "fault": gettext_lazy("The history could not be read because of a fault here."),
}


class Standing(StrEnum):
    """`NONE`: there is nothing to ask, or nobody to ask about."""

    NONE = "none"
    LOADING = "loading"
    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryStanding:
    """What the card says. `complete_since` (UTC) is the moment from which everything is here, None = not known.

    `sentence` is in the reader's language. `added` messages came in by the reading that runs or ended last;
    `again_at` is when the source may be asked next, None where a person may ask at once.
    """

    state: Standing
    sentence: str
    complete_since: datetime | None = None
    reason: str = ""
    added: int = 0
    asked_at: datetime | None = None
    again_at: datetime | None = None
    may_ask_again: bool = False

    @property
    def is_loading(self) -> bool:
        return self.state is Standing.LOADING

    @property
    def is_troubled(self) -> bool:
        return self.state in {Standing.PARTIAL, Standing.FAILED}


def complete_since(contact: Contact, row: HistoryFetch | None) -> datetime | None:
    """Return the moment from which every message is here: by deliveries, by Spoki's history, by uploaded chats."""
    known = [_listening_since()]
    if row is not None:
        known.append(row.complete_since)
        if row.state == HistoryFetch.State.PARTIAL and row.is_newest_first and not row.unreadable:
            known.append(row.oldest_at)
    since = min((at for at in known if at is not None), default=None)
    return _through_uploads(contact, since)


def _listening_since() -> datetime | None:
    """Since when Spoki delivers to us; what it delivered first tells."""
    first = Message.objects.filter(source=Message.Source.WEBHOOK).order_by("pk")
    return first.values_list("news_at", flat=True).first()


def _through_uploads(contact: Contact, since: datetime | None) -> datetime | None:
    """Go on backwards through chats that reach as far as what is here."""
    taken = HistoryUpload.objects.filter(
        contact=contact, state=HistoryUpload.State.DONE, unreadable=0, first_at__isnull=False
    )
    for first, last in taken.order_by("-last_at").values_list("first_at", "last_at"):
        if since is not None and first is not None and last is not None and first < since <= last:
            since = first
    return since


def unasked(contact: Contact) -> HistoryStanding:
    """Return how a conversation stands whose history nobody can be asked for."""
    if not contact.phone:
        return HistoryStanding(
            state=Standing.NONE, sentence=_("There is no number to ask Spoki about.")
        )
    since = complete_since(contact, None)
    return HistoryStanding(
        state=Standing.NONE,
        sentence=_since_words(since) + " " + _("Spoki hands out no earlier history."),
        complete_since=since,
    )


def standing_of(
    contact: Contact,
    row: HistoryFetch | None,
    *,
    now: datetime,
    resting: HistoryFetch | None = None,
) -> HistoryStanding:
    """Return what the card says of a history that was asked, is being asked, or may not be asked just now."""
    since = complete_since(contact, row)
    if resting is not None:
        return _troubled(
            Standing.FAILED, resting.reason, since, row=row, again_at=resting.again_at, now=now
        )
    if row is None or row.state == HistoryFetch.State.RUNNING:
        return _loading(row, since)
    if row.state == HistoryFetch.State.DONE:
        return _complete(row, since)
    state = Standing.PARTIAL if row.state == HistoryFetch.State.PARTIAL else Standing.FAILED
    return _troubled(state, row.reason, since, row=row, again_at=row.again_at, now=now)


def faulty() -> HistoryStanding:
    """Return what the card says where we are at fault; nothing of the database is asked."""
    return HistoryStanding(
        state=Standing.FAILED, sentence=str(REASONS["fault"]), reason="fault", may_ask_again=True
    )


def _loading(row: HistoryFetch | None, since: datetime | None) -> HistoryStanding:
    found = row.found if row else 0
    words = _("Asking Spoki for the history…")
    if found:
        told = ngettext("%(count)d message read so far.", "%(count)d messages read so far.", found)
        words = f"{words} {told % {'count': found}}"
    return HistoryStanding(
        state=Standing.LOADING,
        sentence=words,
        complete_since=since,
        added=row.added if row else 0,
        asked_at=row.started_at if row else None,
    )


def _complete(row: HistoryFetch, since: datetime | None) -> HistoryStanding:
    if row.complete_since is None:
        words = _("Spoki knows no earlier messages: everything is here.")
    else:
        words = _("Everything is here, from the first message on %(date)s.") % {
            "date": _day(row.complete_since)
        }
    return HistoryStanding(
        state=Standing.COMPLETE,
        sentence=words,
        complete_since=since,
        added=row.added,
        asked_at=row.finished_at,
        may_ask_again=True,
    )


def _troubled(
    state: Standing,
    reason: str,
    since: datetime | None,
    *,
    row: HistoryFetch | None,
    again_at: datetime,
    now: datetime,
) -> HistoryStanding:
    what = str(REASONS.get(reason, reason))
    if reason == "rows" and row is not None:
        count = row.unreadable
        what = ngettext(
            "%(count)d message of Spoki's history cannot be read.",
            "%(count)d messages of Spoki's history cannot be read.",
            count,
        ) % {"count": count}
    return HistoryStanding(
        state=state,
        sentence=f"{what} {_since_words(since)}",
        complete_since=since,
        reason=reason,
        added=row.added if row else 0,
        asked_at=row.finished_at if row else None,
        again_at=again_at if again_at > now else None,
        may_ask_again=reason != "throttled" or again_at <= now,
    )


def _since_words(since: datetime | None) -> str:
    if since is None:
        return _("Since when it is complete is not known.")
    return _("The conversation is complete since %(date)s.") % {"date": _day(since)}


def _day(at: datetime) -> str:
    return date_format(timezone.localtime(at), "DATE_FORMAT")
