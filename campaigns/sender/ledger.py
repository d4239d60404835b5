"""The ledger of grants: what the account has used in each rolling window.

Everything here runs inside the transaction that holds the account's row lock, and is dated by
`statement_timestamp()` taken after that lock: `now()` would be the transaction's start, before the
wait, and would date grants too early.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection
from django.db.models import DateTimeField, F, Value
from django.db.models.functions import Least

from campaigns.models import Campaign, Grant, SpokiAccount
from campaigns.sender import people
from campaigns.sender.allowance import AccountState, People, Rolling
from campaigns.sender.limits import limits_of
from campaigns.sender.policy import DEFAULT_POLICY, Policy

# Until when the account waits: all dated by the database's clock.
_MOMENTS = (
    "pace_at",
    "automation_pace_at",
    "frozen_until",
    "templates_frozen_until",
    "texts_frozen_until",
    "automations_frozen_until",
)
_WINDOWS = """
SELECT
  coalesce(sum(count) FILTER (WHERE kind = 'template' AND at > %(minute)s), 0),
  min(at) FILTER (WHERE kind = 'template' AND at > %(minute)s),
  coalesce(sum(count) FILTER (WHERE kind = 'text' AND at > %(minute)s), 0),
  min(at) FILTER (WHERE kind = 'text' AND at > %(minute)s),
  coalesce(sum(count) FILTER (WHERE at > %(hour)s), 0),
  min(at) FILTER (WHERE at > %(hour)s),
  coalesce(sum(count) FILTER (WHERE kind = 'template' AND at > %(second)s), 0),
  coalesce(sum(count) FILTER (WHERE kind = 'automation' AND at > %(minute)s), 0),
  min(at) FILTER (WHERE kind = 'automation' AND at > %(minute)s)
FROM campaigns_grant
WHERE account_id = %(account)s AND count > 0 AND at > %(since)s
"""


class _Granted(NamedTuple):
    """The columns of `_WINDOWS`: sums, and since when there is something in the window."""

    templates: int
    templates_from: datetime | None
    texts: int
    texts_from: datetime | None
    all_sends: int
    all_from: datetime | None
    lately: int
    automations: int
    automations_from: datetime | None


def database_now() -> datetime:
    """Return the database's clock at this statement: the one clock that all workers share."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        (moment,) = cursor.fetchone()
    assert isinstance(moment, datetime)  # noqa: S101 - narrows the driver's Any
    return moment


def lock_account(account_id: int) -> SpokiAccount:
    """Return the account, its row locked until the transaction ends.

    The lock leaves foreign keys alone, so that the launch of a campaign never waits for us nor we
    for it.
    """
    return SpokiAccount.objects.select_for_update(no_key=True).get(pk=account_id)


def read_state(
    account: SpokiAccount,
    *,
    now: datetime,
    late: int = 0,
    late_automations: int = 0,
    policy: Policy = DEFAULT_POLICY,
) -> AccountState:
    """Return what the limits and the ledger say; the caller holds the account's lock.

    `late` are requests that began and whose lease is over without an answer: on a network that
    stalls they may reach Spoki at any moment from now on, so they count as if they did now.
    `late_automations` are those who left in a call of an automation.
    """
    slack = account.lease_seconds
    limits = limits_of(account, policy)
    counted = people.counted(account, now=now)
    granted = _granted(account, now=now, counts_hour=limits.per_hour is not None)
    everything = granted.all_sends + late + late_automations
    return AccountState(
        template_minute=_minute(
            account,
            "minute_limit",
            limits.per_minute,
            granted.templates + late,
            granted.templates_from,
        ),
        text_minute=_minute(
            account,
            "text_minute_limit",
            account.text_sends_per_minute,
            granted.texts + late,
            granted.texts_from,
        ),
        automation_minute=_minute(
            account,
            "automation_minute_limit",
            account.automation_sends_per_minute,
            granted.automations + late_automations,
            granted.automations_from,
            has_orders=False,
        ),
        hour=_hour(account, limits.per_hour, everything, granted.all_from),
        people=People(account.people_per_day, counted.used, counted.frees_at),
        margin=account.margin,
        marketing_share=account.marketing_share,
        lease_seconds=slack,
        speed=account.speed_factor,
        quality=account.quality_in_force,
        throttled_at=account.throttled_at,
        pause_detail=account.pause_detail,
        pause_code=(account.pause_code or "person") if account.is_paused else "",
        frozen_until=account.frozen_until,
        templates_frozen_until=account.templates_frozen_until,
        texts_frozen_until=account.texts_frozen_until,
        automations_frozen_until=account.automations_frozen_until,
        pace_at=account.pace_at,
        automation_pace_at=account.automation_pace_at,
        templates_lately=granted.lately,
        yellow_factor=policy.yellow_factor,
    )


def _granted(account: SpokiAccount, *, now: datetime, counts_hour: bool) -> _Granted:
    """Read the ledger's windows as they are at `now`, each longer by the lease."""
    slack = account.lease_seconds
    minute = now - timedelta(seconds=account.minute_seconds + slack)
    hour = now - timedelta(seconds=account.hour_seconds + slack)
    moments = {
        "minute": minute,
        "hour": hour,
        "since": min(minute, hour) if counts_hour else minute,
        "second": now - timedelta(seconds=account.minute_seconds / 60),
    }
    with connection.cursor() as cursor:
        cursor.execute(_WINDOWS, {"account": account.pk, **moments})
        return _Granted(*cursor.fetchone())


def _minute(
    account: SpokiAccount,
    code: str,
    limit: int,
    used: int,
    since: datetime | None,
    *,
    has_orders: bool = True,
) -> Rolling:
    """Return the rolling minute of one class of sends, of which the oldest was granted `since`."""
    length = account.minute_seconds
    frees_at = _frees(account, since, length)
    return Rolling(code, limit, length, used, frees_at, has_orders=has_orders)


def grant(account: SpokiAccount, *, kind: str, count: int, at: datetime) -> Grant:
    """Write down that `count` sends may start within the lease."""
    return Grant.objects.create(account=account, kind=kind, count=count, at=at)


def give_back(*, grant_id: int, count: int) -> None:
    """Return `count` starts of a grant that were surely not used."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE campaigns_grant SET count = greatest(0, count - %s) WHERE id = %s",
            [count, grant_id],
        )


def carry_along(account: SpokiAccount, *, by: timedelta) -> None:
    """Date everything that was granted and counted later `by` as much as the clock stepped ahead."""
    Grant.objects.filter(account=account).update(at=F("at") + by)
    people.carry_along(account, by=by)


def carry_back(account: SpokiAccount, *, by: timedelta, now: datetime) -> None:
    """Bring back by `by` what a clock that was set back has left in the future, at `now` at the latest.

    `by` is no more than the clock's step. What is not in the future is left alone: it may have been
    written since, and the others only count a little longer. The account's own moments go along.
    """
    ahead = Grant.objects.filter(account=account, at__gt=now)
    ahead.update(at=Least(F("at") - by, Value(now, DateTimeField())))
    people.carry_back(account, by=by, now=now)
    if not by:
        return
    for name in _MOMENTS:
        moment = getattr(account, name)
        if moment is not None and moment > now:
            setattr(account, name, moment - by)
    account.save(update_fields=_MOMENTS)
    Campaign.objects.filter(pace_at__gt=now).update(pace_at=F("pace_at") - by)


def last_granted_at(account: SpokiAccount) -> datetime | None:
    """Return when something was granted last; None where nothing is known any more."""
    latest = Grant.objects.filter(account=account).order_by("-at").first()
    return None if latest is None else latest.at


def forget_old(account: SpokiAccount, *, now: datetime) -> None:
    """Delete what no window can see any more."""
    longest = max(account.day_seconds, account.hour_seconds, account.minute_seconds)
    before = now - timedelta(seconds=longest * 2 + account.lease_seconds)
    Grant.objects.filter(account=account, at__lt=before).delete()
    people.forget_old(account, before=before)


def _hour(
    account: SpokiAccount, limit: int | None, used: int, since: datetime | None
) -> Rolling | None:
    if limit is None:
        return None
    frees = _frees(account, since, account.hour_seconds)
    return Rolling("hour_limit", limit, account.hour_seconds, used, frees)


def _frees(account: SpokiAccount, since: datetime | None, seconds: float) -> datetime | None:
    return since and since + timedelta(seconds=seconds + account.lease_seconds)
