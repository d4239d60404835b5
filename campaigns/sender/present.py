"""Pure: what the ledger of this moment still lets leave, for the first minutes of a forecast."""

from datetime import datetime, timedelta

from campaigns.sender.account_state import AccountState


class Present:
    """The windows of one route as the clock starts, and the turn of its pace.

    Until the oldest start in a window is forgotten nobody gets its place back, so no more leave
    than it has places free; from then on places come back, and the even pace alone decides.
    """

    def __init__(self, account: AccountState, *, by_automation: bool) -> None:
        minute = account.automation_minute if by_automation else account.template_minute
        self._turn_at = account.automation_pace_at if by_automation else account.pace_at
        self._free = {
            window.frees_at: account.free_for_marketing(window)
            for window in (minute, account.hour)
            if window is not None and window.frees_at is not None
        }

    def begins(self, at: datetime) -> datetime:
        """Return when the next one may start at the earliest, from `at` on."""
        return at if self._turn_at is None else max(at, self._turn_at)

    def most(self, at: datetime, end: datetime, *, per_second: float) -> float:
        """Return how many may leave from `at` to `end`, at an even pace of `per_second`."""
        seconds = (end - at).total_seconds()
        found = [per_second * seconds]
        for frees_at, free in self._free.items():
            if frees_at > at:
                later = max(0.0, (end - frees_at).total_seconds())
                found.append(free + per_second * later)
        return min(found)

    def take(self, at: datetime, count: int, *, per_second: float) -> datetime:
        """Let `count` leave from `at` on; return when the last of them does."""
        last = at + timedelta(seconds=count / per_second)
        for frees_at, free in self._free.items():
            if frees_at > at:
                late = count - free
                if late > 0:
                    last = max(last, frees_at + timedelta(seconds=late / per_second))
                self._free[frees_at] = max(0, -late)
        return last
