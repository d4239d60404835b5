"""The speed of a drain behind three million past messages against one behind sixty thousand.

Spoki answers at once, so that what is measured is the database, which alone can suffer from history.
Two databases stand side by side and are drained in turns.
"""

from collections import defaultdict
from statistics import median
from typing import Any

from django.db import connection, transaction

from campaigns.models import Campaign, OutboundMessage
from tests.bench import ours
from tests.bench.database import copied_database, database_named, vacuum
from tests.bench.report import Figure
from tests.factories.campaigns import make_campaign
from tests.factories.crowds import make_running_campaign

PEOPLE = 60_000
SHORT = 60_000
LONG = 3_000_000
QUEUED = 4_000
ROUNDS = 5

# Every person has as many past messages as the next, each of another campaign; the newest is older
# than any cap looks back.
_LONG_AGO = "now() - interval '40 days' - n * interval '5 seconds'"
_MOMENTS = ("created_at", "due_at", "sending_at", "accepted_at", "sent_at", "read_at")
_VALUES = dict.fromkeys(_MOMENTS, _LONG_AGO) | {
    "key": "lpad(to_hex(n), 32, '0')::uuid",
    "contact_id": "c.id",
    "phone": "c.phone",
    "campaign_id": "(%(campaigns)s::bigint[])[1 + (n - 1) / %(people)s]",
    "status": "'read'",
    "provider_uuid": "lpad(to_hex(n), 32, '0')",
    "provider_id": "n::text",
}
_PAST = """
INSERT INTO campaigns_outboundmessage ({names})
SELECT {values}
FROM campaigns_outboundmessage source, generate_series(%(first)s::bigint, %(last)s) AS n
JOIN (SELECT id, phone, row_number() OVER (ORDER BY id) AS place FROM audiences_contact) c
  ON c.place = 1 + n %% %(people)s
WHERE source.id = %(source)s
"""


def drain_behind_history(
    *, people: int = PEOPLE, short: int = SHORT, long: int = LONG, queued: int = QUEUED
) -> list[Figure]:
    """Fill both, drain each five times in turns; about five minutes."""
    campaign = make_running_campaign(people, most=queued)
    names = [str(connection.settings_dict["NAME"])]
    past = [make_campaign(status=Campaign.Status.DONE).pk for _ in range(-(-long // people))]
    _remember(campaign, past, people, first=1, last=short)
    connection.close()
    with copied_database(names[0], f"{names[0]}_long"):
        names.append(str(connection.settings_dict["NAME"]))
        _remember(campaign, past, people, first=short + 1, last=long)
        rates = defaultdict(list)
        for name in names * ROUNDS:
            with database_named(name):
                rates[name].append(_drain(campaign, queued))
    few, many = (median(rates[name]) for name in names)
    return [
        Figure(
            f"drain behind {long:,} past messages / behind {short:,}",
            many / few,
            0.85,
            ">=",
            f"{many:.0f}/s and {few:.0f}/s, {queued:,} queued, Spoki answers at once",
        )
    ]


def _drain(campaign: Campaign, queued: int) -> float:
    OutboundMessage.objects.filter(campaign=campaign).delete()
    ours.restart(campaign, most=queued)
    vacuum()
    return ours.database_only(campaign)


def _remember(campaign: Campaign, past: list[int], people: int, *, first: int, last: int) -> None:
    """Add past messages number `first` to `last`."""
    source = OutboundMessage.objects.filter(campaign=campaign).earliest("pk")
    names = [str(field.column) for field in source._meta.concrete_fields if field.column != "id"]
    values = [_VALUES.get(name, f"source.{name}") for name in names]
    given: dict[str, Any] = {
        "first": first,
        "last": last,
        "people": people,
        "campaigns": past,
        "source": source.pk,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        # Made rows point where they should: checking each of the millions would take minutes.
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(_PAST.format(names=", ".join(names), values=", ".join(values)), given)
        if cursor.rowcount != last - first + 1:
            raise RuntimeError(f"{cursor.rowcount} past messages were made")
    vacuum()
