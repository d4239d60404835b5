"""Version 1 of the policy and Meta's card of 2026, written out: later defaults change neither."""

from datetime import UTC, date, datetime
from decimal import Decimal

from django.db import migrations

AT = datetime(2026, 11, 22, tzinfo=UTC)
FIGURES = {
    "caps": [
        {"most": 1, "period": 86400},
        {"most": 2, "period": 604800},
        {"most": 5, "period": 2592000},
    ],
    "person_gap": 6,
    "marketing_last_start": 900,
    "opening_spread": 900,
    "yellow_factor": 0.5,
    "slowest_speed": 0.05,
    "speed_cut": 0.5,
    "recovery_step": 0.1,
    "recovery_every": 60,
    "default_rest": 60,
    "longest_rest": 3600,
    "unreachable_rest": 10,
    "breaker_in_a_row": 5,
    "breaker_sample": 100,
    "breaker_share": 0.2,
    "canary_size": 500,
    "canary_hold": 3600,
    "ramp": [0.05, 0.15],
    "ramp_hold": 3600,
    "stop": {
        "min_sample": 100,
        "opt_outs": 0.015,
        "watch_opt_outs": 0.005,
        "failures": 0.1,
        "watch_failures": 0.03,
        "undeliverable": 0.15,
        "watch_undeliverable": 0.05,
        "delivered_after": 3600,
        "delivered_least": 0.7,
        "watch_delivered": 0.85,
        "read_after": 86400,
        "read_least": 0.2,
        "watch_read": 0.4,
    },
    "most_attempts": 3,
    "most_person_attempts": 5,
    "marketing_cap_rest": 86400,
    "marketing_cap_jitter": 3600,
    "marketing_cap_retries": 1,
    "template_fresh": 900,
    "unknown_after": 900,
    "tiers": [
        {"name": "TIER_50", "people": 50, "per_minute": 5, "per_hour": None},
        {"name": "TIER_250", "people": 250, "per_minute": 10, "per_hour": None},
        {"name": "TIER_1K", "people": 1000, "per_minute": 20, "per_hour": None},
        {"name": "TIER_2K", "people": 2000, "per_minute": 30, "per_hour": None},
        {"name": "TIER_10K", "people": 10000, "per_minute": 60, "per_hour": None},
        {"name": "TIER_100K", "people": 100000, "per_minute": 60, "per_hour": None},
        {"name": "TIER_UNLIMITED", "people": None, "per_minute": 60, "per_hour": None},
    ],
}
# Market, marketing, utility; authentication costs as much as utility in all of these.
PRICES = (
    ("IT", "0.0572", "0.0248"),
    ("DE", "0.1131", "0.0456"),
    ("FR", "0.0711", "0.0248"),
    ("ES", "0.0509", "0.0166"),
    ("NL", "0.1322", "0.0414"),
    ("GB", "0.0438", "0.0182"),
    ("western", "0.0490", "0.0142"),
    ("eastern", "0.0712", "0.0176"),
    ("america", "0.0207", "0.0028"),
    ("other", "0.0500", "0.0064"),
)
SOURCE = (
    "Meta's dollar card of 1 January 2026 at 0.828 euro; marketing in Italy and both rates of "
    "Germany as Meta published them in euro"
)


def seed(apps, schema_editor):
    """Make the first version and the first two cards, where there are none yet."""
    policies = apps.get_model("campaigns", "SendingPolicy").objects
    if not policies.exists():
        policies.create(number=1, figures=FIGURES, why="defaults", made_at=AT)
    rates = apps.get_model("campaigns", "MessageRate").objects
    if not rates.exists():
        for day, is_service_charged in ((date(2026, 1, 1), False), (date(2026, 10, 1), True)):
            for market, marketing, utility in PRICES:
                rates.create(
                    market=market,
                    valid_from=day,
                    marketing=Decimal(marketing),
                    utility=Decimal(utility),
                    authentication=Decimal(utility),
                    service=Decimal(utility) if is_service_charged else Decimal(0),
                    source=SOURCE,
                    verified_on=AT.date(),
                    added_at=AT,
                )


def follow_the_policy(apps, schema_editor):
    """Nobody ever set a gap of their own: the column kept the default that is now the policy's."""
    accounts = apps.get_model("campaigns", "SpokiAccount").objects
    accounts.filter(person_gap_seconds=6.0).update(person_gap_seconds=None)


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0008_the_policy_and_the_rates")]

    operations = [
        migrations.RunPython(seed, migrations.RunPython.noop),
        migrations.RunPython(follow_the_policy, migrations.RunPython.noop),
    ]
