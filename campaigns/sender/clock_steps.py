"""A step of the database's clock, seen beside our own, which never steps, and undone in the ledger.

Grants are dated by the database. Were its clock set ahead, every window would forget too early and
let its whole limit leave a second time; so the ledger is carried along by as much. Were it set back,
what was granted would lie in the future and keep everybody waiting until then; so that is brought
back, by no more than is certain.

What was last seen is kept in the database (`ClockReading`), so that the first claim after a start
sees a step of the time in which no sender ran.
"""

import logging
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from campaigns.models import ClockReading, SpokiAccount
from campaigns.sender import ledger
from campaigns.sender.machine_clocks import Clocks, read_clocks

logger = logging.getLogger(__name__)

# Two clocks that run freely drift apart by far less than this between two looks.
TOLERANCE_SECONDS = 0.05
# Those on the walls of two machines, both kept right by the network, by far less than this.
WALL_TOLERANCE_SECONDS = 2.0
# What is seen is written down this often: whoever comes next needs it, not we.
KEPT_SECONDS = 1.0


@dataclass(slots=True)
class StepWatch:
    """Remembers, as of the last look, by how much the database's clock is ahead of ours.

    That is only known between two bounds: the reading was made at some moment between our question
    and its answer. So a slow answer is never taken for a step, a step ahead never for less than it
    is, and a step back never for more.
    """

    _least: float | None = None
    _most: float = 0.0
    _kept_at: float = field(default=float("-inf"))

    def step(self, read: float, *, asked: float, answered: float) -> float:
        """Return by how many seconds the clock stepped since the last look, back as less than zero.

        `read` are the database's seconds, `asked` and `answered` ours.
        """
        least, most = read - answered, read - asked
        stepped = 0.0
        if self._least is not None:
            stepped = step_between((self._least, self._most), (least, most), TOLERANCE_SECONDS)
        self._least, self._most = least, most
        return stepped

    def now(self, account: SpokiAccount) -> datetime:
        """Return the database's clock, the ledger carried along; the caller holds the account's lock.

        What was seen is remembered with the commit: a claim that breaks leaves the ledger where it
        was, so the next one must see the step again.
        """
        before = self._least, self._most
        clocks, asked = read_clocks(), time.monotonic()
        now = ledger.database_now()
        answered = time.monotonic()
        stepped = self.step(now.timestamp(), asked=asked, answered=answered)
        is_first = before[0] is None
        if is_first:
            stepped = _step_since_kept(account, now, clocks, took=answered - asked)
        _undo(account, stepped, now=now, is_first=is_first)
        kept_at = self._kept_at
        if stepped or asked - kept_at >= KEPT_SECONDS:
            _keep(account, now, clocks, took=answered - asked)
            kept_at = asked
        seen = self._least, self._most
        self._least, self._most = before
        transaction.on_commit(lambda: self._remember(seen, kept_at))
        return now

    def _remember(self, bounds: tuple[float | None, float], kept_at: float) -> None:
        self._least, self._most = bounds
        self._kept_at = kept_at


def step_between(
    before: tuple[float, float], after: tuple[float, float], tolerance: float
) -> float:
    """Return by how much a clock stepped ahead of another; each look gives the bounds of its lead.

    A step ahead is the most that it can be, one back (less than zero) the least. Pure.
    """
    if after[0] > before[1] + tolerance:
        return after[1] - before[0]
    if after[1] < before[0] - tolerance:
        return after[1] - before[0]
    return 0.0


def _step_since_kept(account: SpokiAccount, now: datetime, clocks: Clocks, *, took: float) -> float:
    """Return the step since whoever claimed last looked; 0.0 where nobody did.

    The same run of the same machine counts its own seconds, however long nobody claimed. Another
    one only has the clock on its wall.
    """
    kept = ClockReading.objects.filter(account=account).first()
    if kept is None:
        return 0.0
    read = kept.at.timestamp()
    if _is_same(kept, clocks):
        before = (read - kept.since_boot - kept.took, read - kept.since_boot)
        ours, tolerance = clocks.since_boot, TOLERANCE_SECONDS
    else:
        before = (read - kept.wall - kept.took, read - kept.wall)
        ours, tolerance = clocks.wall, WALL_TOLERANCE_SECONDS
    lead = now.timestamp() - ours
    stepped = step_between(before, (lead - took, lead), tolerance)
    # How far two walls are apart is nobody's certainty: of a step back nothing is.
    return stepped if stepped > 0 or _is_same(kept, clocks) else 0.0


def _is_same(kept: ClockReading, clocks: Clocks) -> bool:
    """Return whether it is the same run of the same machine."""
    return bool(clocks.boot) and kept.boot == clocks.boot


def _undo(account: SpokiAccount, stepped: float, *, now: datetime, is_first: bool) -> None:
    if stepped:
        logger.warning("the database's clock stepped by %+.1f seconds", stepped)
    if stepped > 0:
        # What was granted last was granted before now, whatever a clock on a wall says.
        last_at = ledger.last_granted_at(account)
        most = max(timedelta(), now - last_at) if is_first and last_at else None
        by = timedelta(seconds=stepped)
        ledger.carry_along(account, by=by if most is None else min(by, most))
    elif stepped < 0 or is_first:
        ledger.carry_back(account, by=timedelta(seconds=-stepped), now=now)


def _keep(account: SpokiAccount, now: datetime, clocks: Clocks, *, took: float) -> None:
    reading = ClockReading(
        account=account,
        at=now,
        boot=clocks.boot,
        since_boot=clocks.since_boot,
        wall=clocks.wall,
        took=took,
    )
    ClockReading.objects.bulk_create(
        [reading],
        update_conflicts=True,
        unique_fields=["account"],
        update_fields=["at", "boot", "since_boot", "wall", "took"],
    )
