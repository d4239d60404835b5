"""When the courier comes by: until then somebody must know whether an order goes. Pure."""

from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from campaigns.sender.hours import is_holiday

SHOP_ZONE: Final = ZoneInfo("Europe/Rome")
_SATURDAY: Final = 5
# No row of closed days is longer.
_HORIZON_DAYS: Final = 14


def pickup_after(at: datetime, cutoff: time) -> datetime:
    """Return the courier's first pick-up after `at` (UTC): at `cutoff` by the shop's clock, Monday to Friday, no holidays."""
    today = at.astimezone(SHOP_ZONE).date()
    for offset in range(_HORIZON_DAYS):
        day = today + timedelta(days=offset)
        moment = datetime.combine(day, cutoff, SHOP_ZONE).astimezone(UTC)
        if moment > at and day.weekday() < _SATURDAY and not is_holiday(day):
            return moment
    return at + timedelta(days=_HORIZON_DAYS)
