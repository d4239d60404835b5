"""Pure: why not more may start now, as codes and figures; `campaigns.reasons` has the words."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from campaigns.sender.account_state import AccountState, Demand


@dataclass(frozen=True, slots=True)
class Wait:
    """Why not more: a code of `campaigns.reasons` and its figures."""

    code: str
    figures: Mapping[str, object] = field(default_factory=dict)


def why_not_more(
    account: AccountState, demand: Demand, *, pace: float, templates: int, now: datetime
) -> tuple[Wait, ...]:
    """Return what holds back an account at work.

    `templates` may start now, marketing at `pace` starts per second.
    """
    waits = [*_quality_waits(account), *_people_waits(account, demand)]
    has_people = account.people.left_for_marketing(account.marketing_share) > 0
    is_paced = pace > 0 and demand.backlog > 0 and has_people
    if account.templates_frozen_until is not None and account.templates_frozen_until > now:
        waits.append(frozen(account.templates_frozen_until))
    elif templates == 0:
        waits.append(_full(account))
    elif is_paced:
        waits.append(_kept(account) or Wait("even_pace", {"per_minute": round(pace * 60, 1)}))
    if account.speed < 1:
        waits.append(_slowed(account))
    if is_paced and demand.opening < 1:
        waits.append(Wait("opening", {"percent": max(1, round(demand.opening * 100))}))
    return tuple(waits)


def paused(account: AccountState) -> Wait:
    """Return why nothing at all may start on an account that is paused."""
    why: dict[str, object] = {"why": account.pause_code}
    if account.pause_detail:
        why["detail"] = account.pause_detail
    return Wait("account_paused", why)


def frozen(until: datetime) -> Wait:
    return Wait("frozen", {"until": until.isoformat()})


def _slowed(account: AccountState) -> Wait:
    percent = max(1, round(account.speed * 100))
    if account.throttled_at is None:
        return Wait("slowed_down", {"percent": percent})
    return Wait("slowed", {"percent": percent, "at": account.throttled_at.isoformat()})


def _quality_waits(account: AccountState) -> list[Wait]:
    if account.quality in {"red", "unreadable", "yellow"}:
        return [Wait(f"quality_{account.quality}")]
    return []


def _people_waits(account: AccountState, demand: Demand) -> list[Wait]:
    waits = []
    people = account.people
    limit = people.known_limit
    if people.limit is None:
        waits.append(Wait("daily_limit_unknown", {"limit": limit}))
    if people.left_for_marketing(account.marketing_share) < demand.backlog or people.left() == 0:
        kept = limit - math.floor(limit * account.marketing_share + 1e-9)
        waits.append(Wait("daily_limit", {"left": people.left(), "limit": limit, "kept": kept}))
        is_used_up = people.left_for_marketing(account.marketing_share) == 0
        if is_used_up and demand.backlog > 0 and people.frees_at is not None:
            waits.append(Wait("daily_limit_frees", {"until": people.frees_at.isoformat()}))
    return waits


def _full(account: AccountState) -> Wait:
    """Return which window has no place left for anything."""
    if account.hour is not None and account.free(account.hour) == 0:
        return Wait("hour_limit", {"limit": account.hour.limit})
    return Wait("minute_limit", {"limit": account.template_minute.limit})


def _kept(account: AccountState) -> Wait | None:
    """Return which window has only the places that are kept; None where marketing finds its own."""
    for code, window in (("hour_kept", account.hour), ("minute_kept", account.template_minute)):
        if window is not None and account.free_for_marketing(window) == 0:
            return Wait(code, {"limit": window.limit, "count": account.kept(window)})
    return None
