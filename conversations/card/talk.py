"""The conversation as the card shows it: entries of the timeline with day separators and ticks. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from zlib import crc32

from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import pgettext_lazy

from conversations.timeline import Day, Entry
from templates_sync.formatting import Piece, styled_runs


@dataclass(frozen=True, slots=True)
class Tick:
    """`icon` is a name of the admin's icon font; `words` say the same to who does not see it."""

    icon: str
    words: str | Promise
    tone: str = ""


# Never by colour alone: each has a shape and words of its own.
TICKS: Final[Mapping[str, Tick]] = {
    "queued": Tick("schedule", pgettext_lazy("message", "Waiting to leave")),
    "sending": Tick("schedule_send", pgettext_lazy("message", "Leaving now")),
    "accepted": Tick("schedule_send", pgettext_lazy("message", "Taken by Spoki")),
    "sent": Tick("check", pgettext_lazy("message", "Sent")),
    "delivered": Tick("done_all", pgettext_lazy("message", "Delivered")),
    "read": Tick("done_all", pgettext_lazy("message", "Read"), "read"),
    "failed": Tick("error", pgettext_lazy("message", "Not delivered"), "bad"),
    "unknown": Tick("help", pgettext_lazy("message", "Nobody knows whether it left"), "warn"),
    "skipped": Tick("block", pgettext_lazy("message", "Not sent"), "bad"),
    "expired": Tick("timer_off", pgettext_lazy("message", "Not sent in time"), "bad"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the list: a day, or a message. `mark` changes with whatever is shown of it."""

    key: str
    mark: int
    day: str = ""
    entry: Entry | None = None
    tick: Tick | None = None
    text: str = ""


def rows_of(days: Sequence[Day]) -> list[Row]:
    """Return the messages of a page, oldest first, each day announced by a row of its own."""
    return list(_rows(days))


def in_whatsapp_style(text: str) -> SafeString:
    """Return escaped text with WhatsApp's own bold, italics, strike-through and monospace."""
    runs = styled_runs([Piece(text)])
    return format_html_join("", "{}", ((_tagged(run.text, run.tags),) for run in runs))


def _rows(days: Sequence[Day]) -> Iterator[Row]:
    for day in days:
        yield Row(key=f"day-{day.date.isoformat()}", mark=_mark(day.label), day=day.label)
        for entry in day.entries:
            yield Row(
                key=entry.key,
                mark=_mark(repr(entry)),
                entry=entry,
                tick=_tick(entry),
                text=in_whatsapp_style(entry.text),
            )


def _tick(entry: Entry) -> Tick | None:
    """The exact state where it has a sign of its own, else the one it counts as."""
    if entry.is_inbound:
        return None
    return TICKS.get(entry.word) or TICKS.get(entry.status)


def _tagged(text: str, tags: Sequence[str]) -> SafeString:
    shown = format_html("{}", text)
    for tag in reversed(tags):
        # Names of elements, which `styled_runs` takes from a list of its own.
        name = mark_safe(tag)  # noqa: S308
        shown = format_html("<{}>{}</{}>", name, shown, name)
    return shown


def _mark(text: str) -> int:
    return crc32(text.encode())
