"""Thousands of rows like one: what factories make singly, multiplied by one statement."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Model
from django.utils import timezone

from audiences.models import Contact
from campaigns.models import Campaign, Lane, OutboundMessage
from tests.conftest import NOW
from tests.factories.audiences import make_contact
from tests.factories.campaigns import make_account, make_campaign, make_message, make_number
from tests.factories.templates import make_template, make_version

# The simulator's marketing template whose only variable is the first name.
GREETING = 1008


def multiply(row: Model, count: int, **columns: str) -> None:
    """Insert `count` copies of `row`, whose columns are SQL expressions where they are named.

    `n` counts from 1 in an expression; what is not named is copied. Made for tests: the names and
    expressions are the caller's own.
    """
    names = _columns(row)
    values = [columns.get(name, f"source.{name}") for name in names]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {row._meta.db_table} ({', '.join(names)}) "  # noqa: S608
            f"SELECT {', '.join(values)} FROM {row._meta.db_table} source, generate_series(1, %s) AS n "
            "WHERE source.id = %s ORDER BY n",
            [count, row.pk],
        )


def make_crowd(people: int, *, after: int = 0) -> None:
    """Make `people` contacts like the factory's, numbered from `after` on, whom nobody changed since yesterday.

    Below a hundred thousand none of their numbers means a fault to the simulator.
    """
    first = make_contact(phone=f"+39340{after:07d}")
    # The database's clock is not the test's: by it they were changed this moment, whatever moment the test has.
    Contact.objects.filter(pk=first.pk).update(updated_at=NOW - timedelta(days=1))
    multiply(first, people - 1, phone=f"'+39340' || lpad(({after} + n)::text, 7, '0')")


def make_running_campaign(
    people: int, *, account: dict[str, Any] | None = None, most: int | None = None
) -> Campaign:
    """Make a campaign at work that owes a message to each of `people` new contacts, or to `most`.

    `account` changes the account, whose limits bind nothing unless they are given.
    """
    now = timezone.now()
    limits = {"template_sends_per_minute": 6_000_000, "daily_limit": 100_000_000}
    make_number(account=make_account(**{"refreshed_at": now} | limits | (account or {})))
    version = make_version(template=make_template(spoki_id=GREETING), last_seen_at=now)
    campaign = make_campaign(status=Campaign.Status.SENDING, template_version=version)
    make_crowd(people)
    queue_for_everybody(campaign, now=now, most=most)
    return campaign


def queue_for_everybody(campaign: Campaign, *, now: datetime, most: int | None = None) -> None:
    """Queue a message of `campaign` to every contact there is, or to the `most` oldest."""
    contact = Contact.objects.earliest("pk")
    message = make_message(contact=contact, campaign=campaign, created_at=now, due_at=now)
    names = _columns(message)
    own = {"key": "gen_random_uuid()", "contact_id": "c.id", "phone": "c.phone"}
    values = [own.get(name, f"source.{name}") for name in names]
    table = message._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(names)}) "  # noqa: S608
            f"SELECT {', '.join(values)} FROM {table} source, audiences_contact c "
            "WHERE source.id = %s AND c.id <> source.contact_id ORDER BY c.id LIMIT %s",
            [message.pk, most and most - 1],
        )
        queued = cursor.rowcount + 1
    Campaign.objects.filter(pk=campaign.pk).update(total=queued)
    campaign.refresh_from_db()
    _analyze()


def _columns(row: Model) -> list[str]:
    """Return the names of all columns but the key."""
    return [str(f.column) for f in row._meta.concrete_fields if not f.primary_key]


def _analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE audiences_contact, campaigns_outboundmessage")


def make_order_message(contact: Contact, **changes: Any) -> OutboundMessage:
    """Queue an order message to `contact`, due now."""
    now = timezone.now()
    fields = {"lane": Lane.TRANSACTIONAL, "created_at": now, "due_at": now}
    return make_message(contact=contact, **fields | changes)
