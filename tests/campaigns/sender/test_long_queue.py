"""A claim of a few rows reads a few rows, however long the queue: the account is locked meanwhile."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from campaigns.sender.queue import QueueCounts
from tests.campaigns.sender.steps import claim_now

WAITING = 5_000

# Everybody else in the queue, in two time zones; nobody looks at these contacts.
_FILL = """
INSERT INTO campaigns_outboundmessage
  (key, account_id, number_id, campaign_id, contact_id, lane, kind, template_version_id, phone,
   language, zone, params, text, status, created_at, due_at, attempts, reason, error_code,
   error_text, provider_id)
SELECT gen_random_uuid(), account_id, number_id, campaign_id, 1000000 + n, lane, kind,
       template_version_id, '+39333' || lpad(n::text, 7, '0'), language,
       CASE WHEN n %% 5 = 0 THEN 'Europe/Athens' ELSE zone END, params, text, 'queued', created_at,
       due_at, 0, '', '', '', ''
FROM campaigns_outboundmessage, generate_series(1, %s) AS n
"""


@pytest.mark.django_db
def test_a_claim_reads_about_as_many_rows_as_it_takes(running, account):
    running(1)
    with connection.cursor() as cursor:
        cursor.execute(_FILL, [WAITING])
        cursor.execute("ANALYZE campaigns_outboundmessage")
    asked: list[tuple[str, Any]] = []

    def listen(execute, sql, params, many, context):
        if "SKIP LOCKED" in sql and "lane = 2" in sql:
            asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen):
        taken = claim_now(account).rows

    assert len(taken) == 1
    assert max(rows_read(*asked[0])) < WAITING / 50


@pytest.mark.django_db
def test_a_long_queue_is_counted_before_the_account_is_locked(running, account):
    running(1)
    asked: list[str] = []

    def listen(execute, sql, params, many, context):
        asked.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen):
        claim_now(account)

    counted = [place for place, sql in enumerate(asked) if "GROUP BY zone" in sql]
    locked = [place for place, sql in enumerate(asked) if "FOR NO KEY UPDATE" in sql]
    assert len(counted) == 1
    assert counted[0] < locked[0]


@pytest.mark.django_db
def test_a_campaign_that_ended_is_counted_no_more(running, account):
    campaign = running(1)
    counts = QueueCounts()
    claim_now(account, counts=counts)
    campaign.messages.update(status="skipped")
    type(campaign).objects.update(status="cancelled")

    counts.refresh()

    assert counts.of(campaign) == {}


def rows_read(sql: str, params: Any) -> list[float]:
    """Return how many rows each step of the statement's plan brought in all its loops."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
        found = cursor.fetchone()[0]
        transaction.set_rollback(True)
    plan = json.loads(found) if isinstance(found, str) else found
    return list(_steps(plan[0]["Plan"]))


def _steps(node: dict[str, Any]) -> Iterator[float]:
    yield node["Actual Rows"] * node["Actual Loops"] + node.get("Rows Removed by Filter", 0)
    for below in node.get("Plans", []):
        yield from _steps(below)
