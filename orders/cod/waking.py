"""How long somebody had to answer: only hours in which people are written to count. Pure."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from campaigns.sender.hours import WritingHours


def awake_for(
    wanted: timedelta, *, since: datetime, hours: WritingHours, zone: ZoneInfo
) -> datetime:
    """Return the moment (UTC) at which `wanted` of the open hours have passed since `since`."""
    at, rest = since, wanted
    while (opens := hours.next_open(at, zone)) is not None:
        closes = hours.closes_at(opens, zone)
        if closes is None or opens + rest <= closes:
            return opens + rest
        at, rest = closes, rest - (closes - opens)
    return since + wanted
