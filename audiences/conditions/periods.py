"""Numbers of days and hours as people say them, for the sentences of conditions."""

from django.utils.formats import number_format
from django.utils.translation import ngettext

_DAY = 24
# Up to two days people count hours.
_MOST_HOURS = 48


def days(count: int) -> str:
    """Return “1 day”, “30 days”."""
    return _counted(ngettext("%(count)s day", "%(count)s days", count), count)


def days_ago(count: int) -> str:
    """Return “1 day ago”, “30 days ago”."""
    return _counted(ngettext("%(count)s day ago", "%(count)s days ago", count), count)


def in_the_last_days(count: int) -> str:
    """Return “in the last day”, “in the last 30 days”."""
    return _counted(ngettext("in the last day", "in the last %(count)s days", count), count)


def in_the_last_hours(count: int) -> str:
    """Return “in the last 36 hours”; whole days above 48 hours are told as days."""
    if count > _MOST_HOURS and count % _DAY == 0:
        return in_the_last_days(count // _DAY)
    return _counted(ngettext("in the last hour", "in the last %(count)s hours", count), count)


def _counted(words: str, count: int) -> str:
    return words % {"count": number_format(count)}
