"""The line on top of the card: when we last had to do with the person, about what, and how it ended. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from campaigns.reasons import moment
from conversations.card.talk import TICKS
from conversations.kind_words import in_words
from conversations.models import Conversation
from conversations.timeline import Entry

_WORDS: Final = 90
# Written by a person of ours or for us; what goes by itself answers nobody.
_PEOPLE: Final = frozenset({"agent"})
# Messages that follow each other within this were written in one go.
_IN_ONE_GO: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastContact:
    """`about` is what the customer said last, or what we wrote; `ending` what became of it, `ended` when.

    Moments are written out in the reader's zone; `tone` is good, warn, bad or empty.
    """

    when: str
    is_inbound: bool
    about: str
    in_answer_to: str
    ending: str
    ended: str
    tone: str


def last_contact(
    entries: Sequence[Entry], conversation: Conversation | None, *, now: datetime
) -> LastContact | None:
    """Return what the latest entries (oldest first) say; None where nothing was ever written."""
    place = _last_inbound(entries)
    if place is None:
        return _only_ours(entries, now=now)
    said, since = entries[place], entries[place + 1 :]
    ending, ended_at, tone = _ending(said, since, conversation)
    return LastContact(
        when=moment(said.at, now=now),
        is_inbound=True,
        about=_words(said),
        in_answer_to=_before(said, entries[:place]) if not said.quoted else "",
        ending=ending,
        ended=moment(ended_at, now=now) if ended_at else "",
        tone=tone,
    )


def _last_inbound(entries: Sequence[Entry]) -> int | None:
    places = (place for place, entry in enumerate(entries) if _says_something(entry))
    return max(places, default=None)


def _says_something(entry: Entry) -> bool:
    return entry.is_inbound and entry.kind != "reaction"


def _only_ours(entries: Sequence[Entry], *, now: datetime) -> LastContact | None:
    # What never left was no contact.
    left = [entry for entry in entries if not entry.is_grey]
    if not left:
        return None
    last = left[-1]
    tick = TICKS.get(last.status)
    return LastContact(
        when=moment(last.at, now=now),
        is_inbound=False,
        about=last.author or _words(last),
        in_answer_to="",
        ending=last.problem or (str(tick.words) if tick else ""),
        ended="",
        tone="bad" if last.status == "failed" else "",
    )


def _ending(
    said: Entry, since: Sequence[Entry], conversation: Conversation | None
) -> tuple[str, datetime | None, str]:
    answers = [entry for entry in since if entry.author_kind in _PEOPLE and not entry.is_inbound]
    if answers:
        answer = answers[-1]
        if answer.status in {"failed", "skipped", "expired"}:
            return (
                _("the answer of %(name)s did not arrive") % {"name": answer.author},
                answer.at,
                "bad",
            )
        return _("answered by %(name)s") % {"name": answer.author}, answer.at, "good"
    if conversation is not None and conversation.unanswered_since is not None:
        return _("waits for an answer since"), conversation.unanswered_since, "warn"
    if conversation is not None and conversation.done_at and conversation.done_at >= said.at:
        return _("closed without an answer"), conversation.done_at, "good"
    return _("nothing to answer"), None, ""


def _before(said: Entry, earlier: Sequence[Entry]) -> str:
    """Return what of ours came right before: the campaign or the flow, the words where Spoki wrote them.

    What she wrote earlier was the answer to it; only what she wrote in one go with that answers it too.
    """
    ours = _ours_before(said, earlier)
    if ours is None or ours.author_kind not in {"campaign", "flow", "automation"}:
        return ""
    return _beginning(ours.text) if ours.author_kind == "automation" else ours.author


def _ours_before(said: Entry, earlier: Sequence[Entry]) -> Entry | None:
    """What never left, and a reaction, stand between nothing."""
    for entry in reversed(earlier):
        if not entry.is_inbound:
            if not entry.is_grey:
                return entry
        elif _says_something(entry):
            if said.at - entry.at > _IN_ONE_GO:
                return None
            said = entry
    return None


def _words(entry: Entry) -> str:
    if entry.text:
        return f"“{_beginning(entry.text)}”"
    return in_words(entry.kind)


def _beginning(text: str) -> str:
    return Truncator(" ".join(text.split())).chars(_WORDS)
