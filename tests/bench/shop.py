"""The demo's shop at any size, with campaigns behind it: for measuring, so without the indexes until it is full."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from campaigns.models import Campaign, OutboundMessage
from config import roles
from config.demo.load import grow_demo
from config.demo.scale import PEOPLE_PER_BLOCK
from tests.bench.database import vacuum
from tests.factories.campaigns import make_campaign, make_message

_TABLES = (
    "audiences_contact",
    "audiences_consentrecord",
    "orders_order",
    "orders_orderline",
    "orders_checkout",
    "campaigns_outboundmessage",
)
_INDEXES = """
SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = ANY (%s::text[]::regclass[])
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)
"""
# Sent long ago to all who agreed: most read it, one in twenty answered. Sent today to one in five of
# them: whoever got it is capped.
_CHANCE = "(hashint8extended(c.id, campaign.id) & 1023) / 1024.0"
_SENT = {
    "key": "gen_random_uuid()",
    "contact_id": "c.id",
    "phone": "c.phone",
    "campaign_id": "campaign.id",
    "created_at": "campaign.at",
    "due_at": "campaign.at",
    "sending_at": "campaign.at",
    "status": f"""CASE WHEN {_CHANCE} < 0.02 THEN 'failed' WHEN {_CHANCE} < 0.05 THEN 'sent'
        WHEN {_CHANCE} < 0.27 THEN 'delivered' ELSE 'read' END""",
    "replied_at": f"CASE WHEN {_CHANCE} > 0.95 THEN campaign.at + interval '1 hour' END",
    "provider_uuid": "NULL",
}
_MESSAGES = """
INSERT INTO campaigns_outboundmessage ({names})
SELECT {values}
FROM campaigns_outboundmessage source
CROSS JOIN (VALUES
    (%(long_ago)s, %(now)s - interval '40 days', 1), (%(today)s, %(now)s - interval '5 hours', 5)
) AS campaign (id, at, one_in)
JOIN audiences_contact c ON c.id > %(after)s AND c.marketing_consent = 'given'
    AND c.can_receive_whatsapp AND c.id %% campaign.one_in = 0
WHERE source.id = %(source)s
-- One campaign after the other, as they are sent.
ORDER BY campaign.at, c.id
"""


def fill_shop(*, people: int, now: datetime) -> None:
    """Grow the shop to `people`, a multiple of a block; a minute and a half for a million."""
    roles.sync_roles()
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM audiences_contact")
        (last,) = cursor.fetchone()
    with _without_indexes():
        grow_demo(blocks=people // PEOPLE_PER_BLOCK, now=now)
        _send_campaigns(after=last, now=now)
    vacuum()


def _send_campaigns(*, after: int, now: datetime) -> None:
    """Write to whoever came since contact number `after`."""
    campaigns = list(Campaign.objects.filter(status=Campaign.Status.DONE).order_by("pk"))
    campaigns = campaigns or [make_campaign(status=Campaign.Status.DONE) for _ in range(2)]
    source = OutboundMessage.objects.filter(campaign=None).first() or make_message()
    names = [str(field.column) for field in source._meta.concrete_fields if field.column != "id"]
    given: dict[str, Any] = {
        "long_ago": campaigns[0].pk,
        "today": campaigns[1].pk,
        "now": now,
        "after": after,
        "source": source.pk,
    }
    values = ", ".join(_SENT.get(name, f"source.{name}") for name in names)
    with connection.cursor() as cursor:
        cursor.execute(_MESSAGES.format(names=", ".join(names), values=values), given)


@contextmanager
def _without_indexes() -> Iterator[None]:
    """Take the indexes away for the length of the block, and check no reference: all are right by making."""
    with connection.cursor() as cursor:
        cursor.execute(_INDEXES, [list(_TABLES)])
        indexes = cursor.fetchall()
        cursor.execute("SET session_replication_role = replica")
        for name, _definition in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        yield
        with transaction.atomic():
            cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
            for _name, definition in indexes:
                cursor.execute(definition)
        cursor.execute("SET session_replication_role = origin")
