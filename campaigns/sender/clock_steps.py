"""A step of the database's clock, seen beside our own, which never steps, and undone in the ledger.

Grants are dated by the database. Were its clock set ahead, every window would forget too early and
let its whole limit leave a second time; so the ledger is carried along by as much. A clock that is set
back only makes windows longer, which harms nobody.
"""

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from campaigns.models import SpokiAccount
from campaigns.sender import ledger

logger = logging.getLogger(__name__)

# Two clocks that run freely drift apart by far less than this between two looks.
TOLERANCE_SECONDS = 0.05


@dataclass(slots=True)
class StepWatch:
    """Remembers, as of the last look, by how much the database's clock is ahead of ours.

    That is only known between two bounds: the reading was made at some moment between our question
    and its answer. So a slow answer is never taken for a step, and a step never for less than it is.
    """

    _least: float | None = None
    _most: float = 0.0

    def ahead(self, read: float, *, asked: float, answered: float) -> float:
        """Return by how many seconds the clock stepped ahead since the last look; 0.0 if it did not.

        `read` are the database's seconds, `asked` and `answered` ours.
        """
        least, most = read - answered, read - asked
        stepped = 0.0
        if self._least is not None and least > self._most + TOLERANCE_SECONDS:
            stepped = most - self._least
        self._least, self._most = least, most
        return stepped

    def now(self, account: SpokiAccount) -> datetime:
        """Return the database's clock, the ledger carried along; the caller holds the account's lock.

        What was seen is remembered with the commit: a claim that breaks leaves the ledger where it
        was, so the next one must see the step again.
        """
        before = self._least, self._most
        asked = time.monotonic()
        now = ledger.database_now()
        stepped = self.ahead(now.timestamp(), asked=asked, answered=time.monotonic())
        seen = self._least, self._most
        self._remember(before)
        transaction.on_commit(lambda: self._remember(seen))
        if stepped:
            logger.warning("the database's clock stepped ahead by %.1f seconds", stepped)
            ledger.carry_along(account, by=timedelta(seconds=stepped))
        return now

    def _remember(self, bounds: tuple[float | None, float]) -> None:
        self._least, self._most = bounds
