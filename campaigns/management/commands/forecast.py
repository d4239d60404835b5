"""When a campaign that is only thought of would have left: the sender's rules on a virtual clock."""

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns import forecast_options as options_of
from campaigns.cost import FIRST_RATES, estimate_cost
from campaigns.forecast_report import as_json, as_lines
from campaigns.models import SpokiAccount
from campaigns.planning import Plan, foresee_plan
from campaigns.rates import rates_in_use

# Meta prices by the number's country; a plan knows none.
HOME_MARKET = "IT"


class Command(BaseCommand):
    help = "Say when so many messages would have left, hour by hour, at the account's limits and hours."

    # The environment alone: what else there is to check loads every page first.
    requires_system_checks = (Tags.compatibility,)

    def add_arguments(self, parser: ArgumentParser) -> None:
        people = options_of.whole(1, options_of.MOST_PEOPLE)
        parser.add_argument("--recipients", type=people, help="How many people.")
        parser.add_argument(
            "--recipients-in", type=options_of.zone_share, action="append", default=[],
            metavar="ZONE=PEOPLE", help="Those of another time zone, such as Europe/Lisbon=5000.",
        )  # fmt: skip
        parser.add_argument(
            "--tier",
            type=options_of.whole(1, 100_000_000),
            help="People in 24 hours; else the account's.",
        )
        parser.add_argument(
            "--start",
            type=options_of.moment,
            help='Such as "2026-11-23 09:00", Italian time; else now.',
        )
        parser.add_argument(
            "--end",
            type=options_of.moment,
            help="Whoever waits by then is not written to any more.",
        )
        parser.add_argument(
            "--per-minute",
            type=options_of.whole(1, 60_000),
            help="Sends of the route; else the account's.",
        )
        parser.add_argument(
            "--spread-hours", type=options_of.hours, default=0.0, help="0 = as fast as allowed."
        )
        parser.add_argument(
            "--route", choices=("messages", "automation"), default="messages", help="How it leaves."
        )
        parser.add_argument(
            "--canary", type=options_of.share, default=0.0, metavar="SHARE",
            help="A first share (0 to 0.5) that is watched before the others follow.",
        )  # fmt: skip
        parser.add_argument(
            "--orders-per-minute", type=options_of.per_minute, default=0.0,
            help="Order messages to expect meanwhile: they go first.",
        )  # fmt: skip
        parser.add_argument(
            "--category", choices=("marketing", "utility"), default="marketing", help="Its price."
        )
        parser.add_argument("--json", action="store_true", help="For programs: with every minute.")

    def handle(self, **options: Any) -> None:
        now = timezone.now()
        plan = _plan(options, start_at=options["start"] or now)
        try:
            account = SpokiAccount.objects.order_by("pk").first() or SpokiAccount()
            found, rates = foresee_plan(plan, account, now=now), rates_in_use()
        except (OperationalError, ProgrammingError):
            # Without a database there is no account either: the limits one would begin with.
            self.stderr.write(
                _("The database does not answer or has no tables yet: a new account is taken.")
            )
            found, rates = foresee_plan(plan, SpokiAccount(), now=now), FIRST_RATES
        cost = estimate_cost(
            category=options["category"],
            people={HOME_MARKET: plan.recipients - found.outlook.expired},
            on=timezone.localdate(plan.start_at),
            rates=rates,
        )
        if options["json"]:
            self.stdout.write(json.dumps(as_json(plan, found, cost), indent=1))
        else:
            self.stdout.write("\n".join(as_lines(plan, found, cost, now=now)))


def _plan(options: dict[str, Any], *, start_at: datetime) -> Plan:
    try:
        people = options_of.people_by_zone(options["recipients"], options["recipients_in"])
    except options_of.Contradiction as error:
        raise CommandError(str(error)) from error
    if options["end"] is not None and options["end"] <= start_at:
        raise CommandError(_("--end must come after the start."))
    return Plan(
        people=people,
        start_at=start_at,
        ends_at=options["end"],
        tier=options["tier"],
        per_minute=options["per_minute"],
        spread_hours=options["spread_hours"],
        by_automation=options["route"] == "automation",
        first_share=options["canary"],
        orders_per_minute=options["orders_per_minute"],
    )
