"""The even pace at work in one claim: by how much it moves, and what is given back of it."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from campaigns.models import Campaign, SpokiAccount
from campaigns.sender.allowance import CALL_CATCH_UP_SECONDS, CATCH_UP_SECONDS, next_start, put_off
from campaigns.sender.reserve import Reserved
from campaigns.sender.streams import Stream

JITTER = 0.2
# Beside the campaigns, by their ids.
_ACCOUNT, _AUTOMATIONS = 0, -1

_WRITE = """
WITH paced AS (
  UPDATE campaigns_campaign c SET pace_at = v.at
  FROM unnest(%(ids)s::bigint[], %(moments)s::timestamptz[]) AS v(id, at) WHERE c.id = v.id)
UPDATE campaigns_spokiaccount
SET pace_at = %(pace_at)s, automation_pace_at = %(automation_pace_at)s
WHERE id = %(account)s
"""


@dataclass(slots=True)
class Rhythm:
    """Moves the pace of one claim; `write` notes it once, `paid_for` says what each start cost."""

    account: SpokiAccount
    now: datetime
    rng: random.Random
    _moments: dict[int, datetime] = field(default_factory=dict)
    _spent: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    _started: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    _is_put_off: bool = False

    def of_account(self, *, rate: float, started: int) -> None:
        if started:
            self.account.pace_at = self._next(_ACCOUNT, self.account.pace_at, rate, started)

    def put_off(self, seconds: float) -> None:
        """Move the account's pace for replies and orders that took their turns out of it."""
        if seconds:
            pace_at = self.account.pace_at
            self.account.pace_at = put_off(now=self.now, pace_at=pace_at, seconds=seconds)
            self._is_put_off = True

    def of_automations(self, *, rate: float, started: int) -> None:
        if started:
            pace_at = self.account.automation_pace_at
            self.account.automation_pace_at = self._next(
                _AUTOMATIONS, pace_at, rate, started, CALL_CATCH_UP_SECONDS
            )

    def of_campaign(
        self,
        campaign: Campaign | Stream,
        *,
        rate: float,
        started: int,
        catch_up: float = CATCH_UP_SECONDS,
    ) -> None:
        """Move it on; without a start it had its turn all the same: the others come before it."""
        if started:
            campaign.pace_at = self._next(campaign.pk, campaign.pace_at, rate, started, catch_up)
        elif campaign.pace_at is None or campaign.pace_at >= self.now:
            return
        else:
            campaign.pace_at = self.now
        if isinstance(campaign, Campaign):
            self._moments[campaign.pk] = campaign.pace_at

    def paid_for(self, row: Reserved) -> tuple[float, float]:
        """Return by how many seconds a marketing `row` moved the account's pace and its campaign's."""
        account = _AUTOMATIONS if row.route_id else _ACCOUNT
        return self._each(account), self._each(row.campaign_id or _ACCOUNT)

    def write(self) -> None:
        """Note every pace that moved, in the transaction that holds these rows."""
        if self._moments or self._started or self._is_put_off:
            with connection.cursor() as cursor:
                cursor.execute(_WRITE, self._values())

    def _values(self) -> dict[str, Any]:
        return {
            "ids": list(self._moments),
            "moments": list(self._moments.values()),
            "pace_at": self.account.pace_at,
            "automation_pace_at": self.account.automation_pace_at,
            "account": self.account.pk,
        }

    def _each(self, key: int) -> float:
        started = self._started.get(key, 0)
        return self._spent[key] / started if started else 0.0

    def _next(
        self,
        key: int,
        pace_at: datetime | None,
        rate: float,
        started: int,
        catch_up: float = CATCH_UP_SECONDS,
    ) -> datetime:
        jitter = 1 + self.rng.uniform(-JITTER, JITTER)
        self._spent[key] += started * jitter / rate
        self._started[key] += started
        return next_start(
            now=self.now,
            pace_at=pace_at,
            per_second=rate,
            started=started,
            jitter=jitter,
            catch_up=catch_up,
        )
