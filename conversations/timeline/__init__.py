"""The one chronological timeline of a person: our messages and those of others, joined by Spoki's identifier."""

from conversations.timeline.entry import Day, Entry, FileShown, Page, by_day
from conversations.timeline.pages import timeline_page
from conversations.timeline.places import START, BadCursor, count_messages

__all__ = [
    "START",
    "BadCursor",
    "Day",
    "Entry",
    "FileShown",
    "Page",
    "by_day",
    "count_messages",
    "timeline_page",
]
