"""The forecast of a plan for a terminal and for programs."""

from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from campaigns.cost import CostEstimate
from campaigns.figures import money, number
from campaigns.forecast_words import in_words
from campaigns.outlook import Outlook
from campaigns.outlook_table import table_of
from campaigns.planning import ROME, Plan, PlanForecast


def as_lines(plan: Plan, found: PlanForecast, cost: CostEstimate, *, now: datetime) -> list[str]:
    """Return the premises, the table with its chart, the end, the cost, and what would help."""
    outlook = found.outlook
    lines = [_premises(plan, found), "", *table_of(outlook, ROME), "", *_end(outlook)]
    price = _("Estimated cost: %(total)s € (Italian numbers, Meta's price without Spoki's fee).")
    lines.append(price % {"total": money(cost.total)})
    if found.remedies:
        lines += [_("It does not finish that day.")] if outlook.finish_at else []
        lines += [f"- {sentence}" for sentence in in_words(found.remedies, now=plan.start_at)]
    return lines


def as_json(plan: Plan, found: PlanForecast, cost: CostEstimate) -> dict[str, Any]:
    """Return everything as JSON: moments in ISO 8601, the cost in euro as text."""
    outlook = found.outlook
    return {
        "recipients": plan.recipients,
        "start_at": _iso(outlook.start_at),
        "finish_at": _iso(outlook.finish_at),
        "finishes_that_day": outlook.finishes_on_its_first_day(ROME),
        "days": [{"date": f"{day:%Y-%m-%d}", "count": n} for day, n in outlook.days(ROME)],
        "hours": [{"at": _iso(hour.at), "count": hour.count} for hour in outlook.hours],
        "minutes": [{"at": _iso(minute.at), "count": minute.count} for minute in outlook.minutes],
        "rests": [
            {"at": _iso(r.at), "until": _iso(r.until), "code": r.code} for r in outlook.rests
        ],
        "expired": outlook.expired,
        "unsent": outlook.unsent,
        "why": outlook.why,
        "cost": str(cost.total),
        "currency": "EUR",
        "help": [
            {"code": r.code} | {name: _plain(value) for name, value in r.figures.items()}
            for r in found.remedies
        ],
    }


def _premises(plan: Plan, found: PlanForecast) -> str:
    account = found.world.account
    limit, kept = account.template_minute.limit, account.kept(account.template_minute)
    if plan.by_automation:
        limit, kept = found.world.automations_per_minute, 0
    return _(
        "%(recipients)s recipients from %(start)s: %(minute)s a minute less a margin of %(margin)s %% "
        "and %(kept)s kept for orders, %(tier)s people in 24 hours of which %(share)s %% for marketing. "
        "No other campaign runs. Time zones: %(zones)s."
    ) % {
        "recipients": number(plan.recipients),
        "start": _told(plan.start_at),
        "minute": number(limit),
        "margin": number(round(account.margin * 100)),
        "kept": number(kept),
        "tier": number(account.people.known_limit),
        "share": number(round(account.marketing_share * 100)),
        "zones": ", ".join(f"{name} {number(count)}" for name, count in plan.people.items()),
    }


def _end(outlook: Outlook) -> list[str]:
    lines = []
    if outlook.expired:
        text = _("%(count)s are not written to: the last hour comes before their turn.")
        lines.append(text % {"count": number(outlook.expired)})
    if outlook.finish_at is None:
        text = _("%(count)s would not have left within a year.")
        return [*lines, text % {"count": number(outlook.unsent)}]
    days = len(outlook.days(ROME))
    text = _("The last one leaves on %(end)s (days of sending: %(days)s).")
    if outlook.expired:
        text = _("It ends on %(end)s (days of sending: %(days)s).")
    return [*lines, text % {"end": _told(outlook.finish_at), "days": number(days)}]


def _told(moment: datetime) -> str:
    return str(date_format(moment.astimezone(ROME), "d/m/Y H:i"))


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(ROME).isoformat(timespec="seconds")


def _plain(value: object) -> object:
    return _iso(value) if isinstance(value, datetime) else value
