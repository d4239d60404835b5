"""What a timeline shows: entries, their files, the days they stand under, and a page of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from conversations.file_types import PICTURES
from conversations.header_files import HeaderShown


@dataclass(frozen=True, slots=True, kw_only=True)
class FileShown:
    """A picture, film, sound or document.

    `state` is one of `MediaFile.State`; `problem` says in words why it is not there, "" while nothing is wrong.
    `size` is in bytes, 0 = not known.
    """

    pk: int
    name: str
    content_type: str
    size: int
    state: str
    problem: str = ""
    may_ask_again: bool = False

    @property
    def is_there(self) -> bool:
        return self.state == "kept"

    @property
    def is_picture(self) -> bool:
        """Whether a page can show it in its place."""
        return self.is_there and self.content_type in PICTURES

    @property
    def url(self) -> str:
        """Where it can be seen and saved, "" where it is not there."""
        return reverse("customer-file", args=[self.pk]) if self.is_there else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message, whichever way it reached us.

    `key` is its name for good, also where it is told again. `author_kind` is customer, agent, campaign, flow, automation
    or system. `kind` is text, template, image, video, document, audio, location, contact, reaction, button (she tapped
    one), buttons, list or unsupported. `status` is queued, sending, sent, delivered, read, failed, unknown, skipped, or
    "" for a customer's; `word` the exact state behind it, as the API tells it. `problem` says in words what is wrong,
    `quoted` the beginning of what it answers. `link` leads to the campaign or flow, for whoever may see it. `details`
    holds what belongs to a kind (header and footer of a template, a place, a contact) and the ids of campaign, flow
    and version. `head` is the file at the head of a template of ours.
    """

    key: str
    at: datetime
    is_inbound: bool
    author: str
    author_kind: str
    kind: str
    text: str
    buttons: tuple[str, ...] = ()
    status: str = ""
    word: str = ""
    problem: str = ""
    files: tuple[FileShown, ...] = ()
    quoted: str = ""
    details: Mapping[str, object] = field(default_factory=dict)
    link: str = ""
    uuid: str = ""
    reply_to: str = ""
    source: str = ""
    number: str = ""
    head: HeaderShown | None = None

    @property
    def is_grey(self) -> bool:
        """Whether it never left: shown, so that nobody wonders, but not as something the customer read."""
        return self.status == "skipped"

    @property
    def needs_a_look(self) -> bool:
        return self.status in {"failed", "unknown"}

    @property
    def pk(self) -> int:
        """The row behind `key`, of ours or of others."""
        return int(self.key[1:])

    @property
    def may_go_again(self) -> bool:
        """Whether it is an answer from here that did not arrive, or perhaps did not; not an operator's on Spoki."""
        is_ours = self.source == "sender" and self.author_kind == "agent"
        return is_ours and self.status in {"failed", "skipped", "unknown"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The messages of one day in the reader's zone; `is_new` unless the page goes on with a day shown before."""

    date: date
    label: str
    entries: tuple[Entry, ...]
    is_new: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`entries` stand oldest first. `older` leads to the page before, None where there is none; `newest` to what comes
    after. `has_newer` says that more than this page is newer than what was asked from.
    """

    entries: tuple[Entry, ...]
    days: tuple[Day, ...]
    older: str | None
    newest: str
    has_newer: bool = False

    @property
    def mark(self) -> str:
        """A fingerprint of what is shown: equal as long as nothing changed, ticks and files included."""
        told = repr([(e.key, e.at, e.text, e.status, e.problem, e.files) for e in self.entries])
        return hashlib.sha256(told.encode()).hexdigest()[:16]


def by_day(
    entries: Iterable[Entry], *, now: datetime, shown: date | None = None
) -> tuple[Day, ...]:
    """Group entries by the day in the reader's zone; `shown` is the day that stands above them already."""
    today = timezone.localdate(now)
    return tuple(
        Day(
            date=day,
            label=_label(day, today),
            entries=tuple(of_day),
            is_new=day != shown,
        )
        for day, of_day in groupby(entries, key=lambda entry: timezone.localdate(entry.at))
    )


def _label(day: date, today: date) -> str:
    if day == today:
        return _("today")
    if day == today - timedelta(days=1):
        return _("yesterday")
    label = date_format(day, "l j F" if day.year == today.year else "l j F Y")
    # Days and months are written small in Italian, whatever Django's catalogue says.
    return label.lower() if (get_language() or "").startswith("it") else label
