"""Unique people of the last 24 hours, against the tier: a counter per minute of their last message.

A person counts once, in the minute of the latest message to her; a new message moves her from one
counter to the other. So a claim sums at most 1,441 counters, whether thirty thousand people were
written to in a day or a million. The one minute that is only partly inside the 24 hours is counted
person by person, so the sum is exact.

A day of `day_seconds` has 1,440 such minutes, however short it is. Everything that writes here runs
under the account's row lock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Case, DateTimeField, F, Max, Value, When
from django.db.models.functions import Least

from campaigns.models import SpokiAccount

MINUTES_PER_DAY = 1440

# Nobody is moved out of a counter so old that no window sees it: it may be gone already.
_MOVE = """
INSERT INTO campaigns_tierminute (account_id, minute, people)
SELECT %(account)s, date_bin(%(bin)s, moved.at, 'epoch'), sum(moved.people)
FROM moved
WHERE moved.at > %(oldest)s
GROUP BY 2 HAVING sum(moved.people) <> 0
ON CONFLICT (account_id, minute) DO UPDATE
SET people = campaigns_tierminute.people + excluded.people
"""

# A clock that stepped back never makes a person's last message older than it was.
_ADD = """
WITH written AS (
  INSERT INTO campaigns_tierrecipient (account_id, phone, last_at)
  SELECT %(account)s, phone, %(at)s FROM unnest(%(phones)s::text[]) AS phone
  ON CONFLICT (account_id, phone) DO UPDATE
  SET previous_at = campaigns_tierrecipient.last_at,
      last_at = greatest(campaigns_tierrecipient.last_at, excluded.last_at)
  RETURNING last_at, previous_at),
moved (at, people) AS (
  SELECT last_at, 1 FROM written
  UNION ALL SELECT previous_at, -1 FROM written WHERE previous_at IS NOT NULL)
"""

# As if the latest claim had not been: back to the message before it, or gone if there was none. What
# came before that is not known any more, so the restored message can only be restored to itself.
_TAKE_BACK = """
WITH undone AS (
  SELECT DISTINCT t.id, t.last_at, t.previous_at
  FROM campaigns_tierrecipient t
  JOIN unnest(%(phones)s::text[], %(moments)s::timestamptz[]) AS v(phone, at)
    ON t.phone = v.phone AND t.last_at = v.at
  WHERE t.account_id = %(account)s),
gone AS (
  DELETE FROM campaigns_tierrecipient t USING undone u
  WHERE t.id = u.id AND u.previous_at IS NULL),
restored AS (
  UPDATE campaigns_tierrecipient t SET last_at = u.previous_at
  FROM undone u WHERE t.id = u.id AND u.previous_at IS NOT NULL),
moved (at, people) AS (
  SELECT last_at, -1 FROM undone
  UNION ALL SELECT previous_at, 1 FROM undone WHERE previous_at IS NOT NULL)
"""

_STILL_COUNTED = """
SELECT t.phone FROM campaigns_tierrecipient t
JOIN unnest(%(phones)s::text[], %(moments)s::timestamptz[]) AS v(phone, at)
  ON t.phone = v.phone AND t.last_at = v.at
WHERE t.account_id = %(account)s
"""

_COUNT_ANEW = """
INSERT INTO campaigns_tierminute (account_id, minute, people)
SELECT account_id, date_bin(%(bin)s, last_at, 'epoch'), count(*)
FROM campaigns_tierrecipient WHERE account_id = %(account)s AND last_at > %(oldest)s
GROUP BY 1, 2
"""

# Since two moments: the rest of their own minutes person by person, then the counters.
_SINCE = """
SELECT
  coalesce(sum(people) FILTER (WHERE minute > date_bin(%(bin)s, %(day)s, 'epoch')), 0)
    + (SELECT count(*) FROM campaigns_tierrecipient
       WHERE account_id = %(account)s AND last_at > %(day)s
         AND last_at < date_bin(%(bin)s, %(day)s, 'epoch') + %(bin)s),
  coalesce(sum(people) FILTER (WHERE minute > date_bin(%(bin)s, %(read)s, 'epoch')), 0)
    + (SELECT count(*) FROM campaigns_tierrecipient
       WHERE account_id = %(account)s AND last_at > %(read)s
         AND last_at < date_bin(%(bin)s, %(read)s, 'epoch') + %(bin)s),
  min(minute) FILTER (WHERE people > 0)
FROM campaigns_tierminute
WHERE account_id = %(account)s AND minute > %(day)s::timestamptz - %(bin)s
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """People who count at a moment, and from when on the first of them does not any more."""

    used: int
    frees_at: datetime | None


def counted(account: SpokiAccount, *, now: datetime) -> Counted:
    """Return who counts against the tier at `now`.

    Spoki's own count may lag behind ours or know sends that are not ours: the larger one counts,
    with what we added since it was read.
    """
    window = timedelta(seconds=account.day_seconds + account.lease_seconds)
    day = now - window
    read_at = account.refreshed_at
    is_told = read_at is not None and read_at > day
    values = {"day": day, "read": read_at if is_told else day, **_terms(account, now)}
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, values)
        used, since_read, minute = cursor.fetchone()
    if is_told:
        used = max(used, account.contacted_in_24h + since_read)
    frees_at = None if minute is None else minute + values["bin"] + window
    return Counted(int(used), frees_at)


def add(account: SpokiAccount, phones: Sequence[str], *, at: datetime) -> None:
    """Count these people against the tier from `at` on; the caller holds the account's lock."""
    if phones:
        values: dict[str, Any] = {"phones": sorted(set(phones)), "at": at, **_terms(account, at)}
        with connection.cursor() as cursor:
            cursor.execute(_ADD + _MOVE, values)


def take_back(account: SpokiAccount, people: Sequence[tuple[str, datetime]]) -> None:
    """Undo `add` for (phone, moment) who were surely not written to.

    The caller holds the account's lock. Whoever was counted again since stays counted.
    """
    if people:
        phones, moments = (list(column) for column in zip(*people, strict=True))
        values: dict[str, Any] = {
            "phones": phones,
            "moments": moments,
            **_terms(account, max(moments)),
        }
        with connection.cursor() as cursor:
            cursor.execute(_TAKE_BACK + _MOVE, values)


def count_later(
    account: SpokiAccount, people: Sequence[tuple[str, datetime]], *, at: datetime
) -> None:
    """Count (phone, moment) whom a message may have reached only at `at` from then on.

    The caller holds the account's lock. Whoever did not count, or was counted again since, is left.
    """
    if not people:
        return
    phones, moments = (list(column) for column in zip(*people, strict=True))
    values: dict[str, Any] = {"account": account.pk, "phones": phones, "moments": moments}
    with connection.cursor() as cursor:
        cursor.execute(_STILL_COUNTED, values)
        found = [phone for (phone,) in cursor.fetchall()]
    add(account, found, at=at)


def forget_old(account: SpokiAccount, *, before: datetime) -> None:
    """Delete people and counters of before that moment, rounded down to a minute of the day."""
    length = timedelta(seconds=account.day_seconds) / MINUTES_PER_DAY
    origin = datetime(1970, 1, 1, tzinfo=UTC)
    since = origin + (before - origin) // length * length
    account.recipients.filter(last_at__lt=since).delete()
    account.tier_minutes.filter(minute__lt=since).delete()


def carry_along(account: SpokiAccount, *, by: timedelta) -> None:
    """Count everybody later `by` as much; the caller holds the account's lock."""
    account.recipients.update(last_at=F("last_at") + by, previous_at=F("previous_at") + by)
    _count_anew(account)


def carry_back(account: SpokiAccount, *, by: timedelta, now: datetime) -> None:
    """Count earlier `by` as much, at `now` at the latest, who counts in the future.

    The caller holds the account's lock.
    """
    latest = Value(now, DateTimeField())
    ahead = account.recipients.filter(last_at__gt=now)
    if ahead.update(
        last_at=Least(F("last_at") - by, latest),
        # PostgreSQL's `least` takes no notice of what is missing.
        previous_at=Case(
            When(previous_at__gt=now, then=Least(F("previous_at") - by, latest)),
            default=F("previous_at"),
        ),
    ):
        _count_anew(account)


def _count_anew(account: SpokiAccount) -> None:
    account.tier_minutes.all().delete()
    newest = account.recipients.aggregate(newest=Max("last_at"))["newest"]
    if newest is not None:
        with connection.cursor() as cursor:
            cursor.execute(_COUNT_ANEW, _terms(account, newest))


def _terms(account: SpokiAccount, at: datetime) -> dict[str, Any]:
    day = timedelta(seconds=account.day_seconds)
    return {"account": account.pk, "bin": day / MINUTES_PER_DAY, "oldest": at - day * 1.5}
