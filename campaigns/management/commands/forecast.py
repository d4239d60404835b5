"""When a campaign that is only thought of would have left: the sender's pace on a virtual clock."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from campaigns.forecasting import ROME, Plan, foresee_plan
from campaigns.outlook import Outlook
from campaigns.outlook_table import table_of
from campaigns.sender.allowance import AccountState

# How many times the limit per minute is tried for an end on the day of the start.
RAISES = range(2, 11)


class Command(BaseCommand):
    help = "Say when so many messages would have left, hour by hour, at the account's limits and hours."

    # The environment alone: what else there is to check loads every page first.
    requires_system_checks = (Tags.compatibility,)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--recipients", type=_whole(1, 5_000_000), required=True)
        parser.add_argument(
            "--tier", type=_whole(1, 100_000_000), help="People in 24 hours; else the account's."
        )
        parser.add_argument(
            "--start", type=_moment, help='Such as "2026-11-23 09:00", Italian time; else now.'
        )
        parser.add_argument(
            "--per-minute", type=_whole(1, 60_000), help="Template sends; else the account's."
        )
        parser.add_argument(
            "--spread-hours", type=_hours, default=0.0, help="0 = as fast as allowed."
        )

    def handle(self, **options: Any) -> None:
        now = timezone.now()
        plan = Plan(
            recipients=options["recipients"],
            start_at=options["start"] or now,
            tier=options["tier"],
            per_minute=options["per_minute"],
            spread_hours=options["spread_hours"],
        )
        try:
            outlook, limits = foresee_plan(plan, now=now)
        except ProgrammingError as error:
            raise CommandError(
                _("The database has no tables yet: run “manage.py migrate” first.")
            ) from error
        except OperationalError as error:
            raise CommandError(_("The database does not answer: start it first.")) from error
        lines = [_premises(plan, limits), "", *table_of(outlook, ROME), "", _end(plan, outlook)]
        if not _is_same_day(plan, outlook):
            lines.append(_advice(plan, limits, now=now))
        self.stdout.write("\n".join(lines))


def _premises(plan: Plan, limits: AccountState) -> str:
    return _(
        "%(recipients)s recipients from %(start)s: %(minute)s a minute less a margin of %(margin)s %%, "
        "%(tier)s people in 24 hours of which %(share)s %% for marketing. Everybody lives in Italy "
        "and no other campaign runs."
    ) % {
        "recipients": _number(plan.recipients),
        "start": _told(plan.start_at),
        "minute": _number(limits.template_minute.limit),
        "margin": _number(round(limits.margin * 100)),
        "tier": _number(limits.people.known_limit),
        "share": _number(round(limits.marketing_share * 100)),
    }


def _end(plan: Plan, outlook: Outlook) -> str:
    if outlook.finish_at is None:
        return _("%(count)s would not have left within a month.") % {
            "count": _number(outlook.unsent)
        }
    return _("The last one leaves on %(end)s.") % {"end": _told(outlook.finish_at)}


def _advice(plan: Plan, limits: AccountState, *, now: datetime) -> str:
    """Say which limit per minute would bring the end to the day of the start, if any does."""
    if limits.quality in {"red", "unreadable"}:
        return _("The number's quality stops marketing: no limit helps before it rises.")
    for times in RAISES:
        faster = limits.template_minute.limit * times
        outlook, _limits = foresee_plan(replace(plan, per_minute=faster), now=now)
        if _is_same_day(plan, outlook) and outlook.finish_at is not None:
            return _(
                "It does not finish that day. With a limit of %(minute)s a minute it would, at %(end)s."
            ) % {"minute": _number(faster), "end": _clock(outlook.finish_at)}
    return _(
        "It does not finish that day, nor would it with a higher limit a minute: the people allowed "
        "in 24 hours, the hours or the spread decide."
    )


def _is_same_day(plan: Plan, outlook: Outlook) -> bool:
    end = outlook.finish_at
    return end is not None and end.astimezone(ROME).date() == plan.start_at.astimezone(ROME).date()


def _told(moment: datetime) -> str:
    return str(date_format(moment.astimezone(ROME), "d/m/Y H:i"))


def _clock(moment: datetime) -> str:
    return str(date_format(moment.astimezone(ROME), "H:i"))


def _number(count: int) -> str:
    return str(number_format(count, force_grouping=True))


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text[:12]) <= most:
            raise ArgumentTypeError(
                _("write a whole number from %(least)s to %(most)s")
                % {"least": _number(least), "most": _number(most)}
            )
        return int(text)

    return read


def _hours(text: str) -> float:
    try:
        hours = float(text.replace(",", "."))
    except ValueError:
        hours = -1.0
    if not 0 <= hours <= 168:
        raise ArgumentTypeError(_("write hours from 0 to 168"))
    return hours


def _moment(text: str) -> datetime:
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise ArgumentTypeError(_("write a moment such as 2026-11-23 09:00"))
    return found if timezone.is_aware(found) else found.replace(tzinfo=ROME)
