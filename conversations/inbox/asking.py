"""What a request to the inbox asks for: which list, and what is to be done with which conversations."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from conversations.assigning import colleagues
from conversations.inbox.deeds import Deed, Report, Wish, carry_out
from conversations.inbox.pages import MOST, PAGE
from conversations.inbox.seen import BadMark, Mark, parsed
from conversations.inbox.tabs import Tab, tab_of
from conversations.inbox.undoing import UndoRefused, token_of, undo
from conversations.inbox.words import told
from conversations.putting_off import HOUR, this_evening, tomorrow_morning

LONGEST: Final = 200
_PUT_OFF: Final = {"snooze-hour", "snooze-evening", "snooze-morning", "snooze-until"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`limit` is how many rows the page shows: a live list is drawn again as long as it was."""

    tab: Tab
    wanted: str
    after: str
    limit: int

    @property
    def address(self) -> str:
        """Where the same list is, from its beginning or from `after`."""
        told = {"q": self.wanted} if self.wanted else {"tab": self.tab.value}
        if self.after:
            told["after"] = self.after
        return f"{reverse('inbox')}?{urlencode(told)}"

    def following(self, cursor: str) -> str:
        return f"{reverse('inbox')}?{urlencode({'tab': self.tab.value, 'after': cursor})}"


@dataclass(frozen=True, slots=True)
class Said:
    """What a click has led to: a sentence, those that were refused, and the token that takes it back."""

    text: str = ""
    problems: list[str] = field(default_factory=list)
    undo: str = ""


class _NotUnderstood(Exception):
    """`str()` says so to a person."""


def asked_by(values: QueryDict) -> Asked:
    """Return which list is meant; whatever is missing or nonsense counts as left out."""
    shown = values.get("n", "")
    return Asked(
        tab=tab_of(values.get("tab", "")),
        wanted=values.get("q", "").strip().replace("\x00", "")[:LONGEST],
        after=values.get("after", "")[:60],
        limit=min(max(int(shown), PAGE), MOST) if _is_number(shown) else PAGE,
    )


def carry_out_asked(values: QueryDict, *, by: User, until: datetime | None, now: datetime) -> Said:
    """Do what the button `do` says: “verb” with the ticked rows, “verb:mark” with one, “undo:token”."""
    verb, _colon, rest = values.get("do", "").partition(":")
    if verb == "undo":
        return _undone(rest, by=by, now=now)
    try:
        marks = [parsed(text) for text in ([rest] if rest else values.getlist("row")[:MOST])]
        wish = _wish(verb, values, by=by, until=until, now=now)
    except BadMark:
        return Said(problems=[_("This page is out of date: load it again.")])
    except _NotUnderstood as problem:
        return Said(problems=[str(problem)])
    if not marks:
        return Said(problems=[_("Tick the conversations first.")])
    return _said(wish, marks, carry_out(wish, marks))


def _wish(verb: str, values: QueryDict, *, by: User, until: datetime | None, now: datetime) -> Wish:
    """:raises _NotUnderstood: there is no such button, no such colleague, no such moment."""
    if verb in _PUT_OFF:
        return Wish(deed=Deed.SNOOZE, by=by, now=now, until=_moment(verb, typed=until, now=now))
    try:
        deed = Deed(verb)
    except ValueError:
        raise _NotUnderstood(_("This page is out of date: load it again.")) from None
    to = _colleague(values.get("to", "")) if deed is Deed.GIVE else None
    return Wish(deed=deed, by=by, now=now, to=to)


def _moment(verb: str, *, typed: datetime | None, now: datetime) -> datetime:
    zone = timezone.get_current_timezone()
    known = {
        "snooze-hour": now + HOUR,
        "snooze-evening": this_evening(now=now, zone=zone),
        "snooze-morning": tomorrow_morning(now=now, zone=zone),
        "snooze-until": typed,
    }
    at = known[verb]
    if at is None:
        raise _NotUnderstood(
            _("Choose a day and a time first.")
            if verb == "snooze-until"
            else _("It is too late for this evening: choose another moment.")
        )
    return at


def _colleague(text: str) -> User:
    found = colleagues().filter(pk=text).first() if _is_number(text) else None
    if found is None:
        raise _NotUnderstood(_("Choose a colleague first."))
    return found


def _undone(token: str, *, by: User, now: datetime) -> Said:
    try:
        report = undo(token, by=by, now=now)
    except UndoRefused as refused:
        return Said(problems=[str(refused)])
    count = len(report.done)
    text = ngettext(
        "Taken back: %(name)s is as before.", "Taken back: %(count)s conversations are as before.", count,
    )  # fmt: skip
    names = {"name": report.done[0].name if report.done else "", "count": count}
    return Said(text % names if count else "", _problems(report))


def _said(wish: Wish, marks: list[Mark], report: Report) -> Said:
    names = [change.name for change in report.done]
    text = told(wish.deed, names) if names else ""
    if not names and not report.refused:
        text = _("Nothing to do: it was so already.")
    return Said(text, _problems(report), token_of(report.done, by=wish.by))


def _problems(report: Report) -> list[str]:
    return [f"{name}: {why}" if name else why for name, why in report.refused]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 18
