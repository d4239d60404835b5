"""Pure: what would bring the end of a campaign to the day of its start, tried on the virtual clock.

Each remedy is found by forecasting again with one thing changed, never guessed.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta, tzinfo

from campaigns.outlook import Outlook
from campaigns.sender.allowance import AccountState
from campaigns.sender.forecast import STOPPED_BY, foresee
from campaigns.sender.hours import zone_named
from campaigns.sender.virtual import Wave, World

# How many times the limit per minute is tried.
RAISES = range(2, 11)


@dataclass(frozen=True, slots=True)
class Remedy:
    """Something that would help, or why nothing does: a code of `campaigns.reasons`, its figures."""

    code: str
    figures: Mapping[str, object] = field(default_factory=dict)


def remedies_for(world: World, waves: Sequence[Wave], key: str, *, zone: tzinfo) -> list[Remedy]:
    """Return what would have the wave `key` finish on its first day in `zone`, cheapest first.

    Ask only where it does not finish. The others of `waves` share the account as they are.
    """
    trial = _Trial(world, waves, next(wave for wave in waves if wave.key == key), zone)
    if world.account.pause_code:
        return [Remedy("help_resume_account")]
    if world.account.quality in STOPPED_BY:
        return [Remedy("help_quality")]
    return list(trial.found()) or [trial.nothing()]


@dataclass(frozen=True, slots=True)
class _Trial:
    world: World
    waves: Sequence[Wave]
    ours: Wave
    zone: tzinfo

    def found(self) -> Iterator[Remedy]:
        if self.ours.per_second is not None and (end := self._end(per_second=None)):
            yield Remedy("help_no_spread", {"until": end})
        if (earlier := self._opening()) and (end := self._end(start_at=earlier)):
            yield Remedy("help_start_earlier", {"at": earlier, "until": end})
        elif (later := self._opening_after()) and (end := self._end(start_at=later)):
            yield Remedy("help_start_later", {"at": later, "until": end})
        if not self.ours.by_automation:
            yield from self._raised()
            if end := self._end(by_automation=True):
                figures = {"per_minute": self.world.automations_per_minute, "until": end}
                yield Remedy("help_automation", figures)

    def nothing(self) -> Remedy:
        """Return what decides where no limit helps: the tier, else the hours."""
        slots = self.world.account.people.left_for_marketing(self.world.account.marketing_share)
        if slots < self.ours.waiting:
            limit = self.world.account.people.known_limit
            days = math.ceil(self.ours.waiting / max(1, _daily(self.world.account)))
            return Remedy("help_tier", {"limit": limit, "days": days})
        return Remedy("help_hours")

    def _raised(self) -> Iterator[Remedy]:
        """Yield the lowest multiple of the limit that does it; the highest is tried first."""
        minute = self.world.account.template_minute
        tries = [minute.limit * times for times in RAISES]
        if self._end(limit=tries[-1]) is None:
            return
        for limit in tries:
            if end := self._end(limit=limit):
                yield Remedy("help_raise_limit", {"per_minute": limit, "until": end})
                return

    def _end(self, *, limit: int | None = None, **changes: object) -> datetime | None:
        """Return when it would end with the change, None if not on its first day."""
        wave = replace(self.ours, **changes)  # type: ignore[arg-type]
        world = self.world
        if limit is not None:
            minute = replace(world.account.template_minute, limit=limit)
            world = replace(world, account=replace(world.account, template_minute=minute))
        waves = [wave if other.key == wave.key else other for other in self.waves]
        plan: Outlook = foresee(world, waves, until=self._midnight(wave.start_at))[wave.key]
        return plan.finish_at if plan.finishes_on_its_first_day(self.zone) else None

    def _opening(self) -> datetime | None:
        """Return the opening of the start's day, if it lies before the start and ahead of us."""
        day = self._midnight(self.ours.start_at) - timedelta(days=1)
        opens = self._next_open(max(day, self.world.now))
        return opens if opens is not None and opens < self.ours.start_at else None

    def _opening_after(self) -> datetime | None:
        """Return the first opening on a later day than the start's."""
        return self._next_open(self._midnight(self.ours.start_at))

    def _next_open(self, at: datetime) -> datetime | None:
        zones = [zone_named(name) for name in self.ours.people]
        opens = [self.world.hours.next_open(at, zone) for zone in zones]
        return min((moment for moment in opens if moment is not None), default=None)

    def _midnight(self, start_at: datetime) -> datetime:
        following = start_at.astimezone(self.zone).date() + timedelta(days=1)
        return datetime.combine(following, time(), tzinfo=self.zone)


def _daily(account: AccountState) -> int:
    return math.floor(account.people.known_limit * account.marketing_share + 1e-9)
