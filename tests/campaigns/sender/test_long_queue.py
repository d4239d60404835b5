"""A turn of a few rows reads a few rows, however long the queue and however many have left."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from campaigns.models import OutboundMessage, Rollout
from campaigns.sender import housekeeping
from campaigns.sender.bulk import MOST_PER_CALL
from campaigns.sender.post import Posted
from campaigns.sender.queue import QueueCounts
from campaigns.sender.reports import take_failure
from tests.campaigns.sender.plans import Asked, rows_read, statements
from tests.campaigns.sender.steps import ACCEPTED, answer, claim_now, start_now

WAITING = 5_000
LEFT = 20_000
HOUR = timedelta(hours=1)

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

# Everybody who has left already: of this campaign or of none, with an identifier of Spoki's.
_LEAVE = """
INSERT INTO campaigns_outboundmessage
  (key, account_id, number_id, campaign_id, contact_id, lane, kind, template_version_id, phone,
   language, zone, params, text, status, created_at, due_at, sending_at, accepted_at, attempts,
   reason, error_code, error_text, provider_id, provider_uuid)
SELECT gen_random_uuid(), account_id, number_id, campaign_id, 2000000 + n, lane, kind,
       template_version_id, '+39334' || lpad(n::text, 7, '0'), language, zone, params, text,
       'accepted', created_at, due_at, now() - n * interval '1 second',
       now() - n * interval '1 second', 1, '', '', '', '', md5(n::text)
FROM campaigns_outboundmessage, generate_series(1, %s) AS n
"""


@pytest.fixture
def late(running, calm):
    """A share that is nearly out: thousands have left, few wait."""
    campaign = running(1, canary_share="0.500")
    with connection.cursor() as cursor:
        cursor.execute(_LEAVE, [LEFT])
        cursor.execute("ANALYZE campaigns_outboundmessage")
    now = timezone.now()
    Rollout.objects.create(
        campaign=campaign, phase="sending", most=LEFT + 10, moved_at=now, begun=LEFT,
        judged_at=now + HOUR,
    )  # fmt: skip
    return campaign


def most_read(asked: Asked, *, most: float = LEFT / 50) -> dict[str, float]:
    """Return the statements about messages that read more than `most` of those who have left."""
    about = [one for one in asked if "outboundmessage" in one[0].lower()]
    assert about
    costs = {sql: max(rows_read(sql, params)) for sql, params in about}
    return {sql: cost for sql, cost in costs.items() if cost > most}


@pytest.mark.django_db
def test_a_claim_late_in_a_campaign_reads_no_more_than_an_early_one(late, calm):
    with statements() as asked:
        taken = claim_now(calm).rows

    assert len(taken) == 1
    assert most_read(asked) == {}


@pytest.mark.django_db
def test_starting_and_recording_late_in_a_campaign_reads_no_more_than_early(late, calm):
    taken = claim_now(calm).rows

    with statements() as asked:
        started = start_now(taken, calm)
        answer(calm, *(Posted(row, ACCEPTED) for row in started))

    assert len(started) == 1
    assert most_read(asked) == {}


@pytest.mark.django_db
def test_housekeeping_reads_none_of_those_who_left_long_ago(late, calm):
    with statements() as asked:
        housekeeping.keep_house(
            account_id=calm.pk, undecided_after=timedelta(seconds=60), now=timezone.now() + HOUR
        )

    assert OutboundMessage.objects.filter(status="accepted").count() == LEFT
    assert most_read(asked) == {}


@pytest.mark.django_db
def test_a_failure_told_late_in_a_campaign_reads_no_more_than_an_early_one(late, calm):
    message = late.messages.filter(status="accepted").first()
    now = timezone.now()

    with statements() as asked:
        take_failure(message, uuid=message.provider_uuid, code="131026", text="", at=now, now=now)

    # The breaker looks at the latest of two calls.
    assert most_read(asked, most=2 * MOST_PER_CALL + 1) == {}


@pytest.mark.django_db
def test_a_claim_reads_about_as_many_rows_as_it_takes(running, account):
    running(1)
    with connection.cursor() as cursor:
        cursor.execute(_FILL, [WAITING])
        cursor.execute("ANALYZE campaigns_outboundmessage")
    with statements() as asked:
        taken = claim_now(account).rows

    reserving = [one for one in asked if "SKIP LOCKED" in one[0] and "lane = 2" in one[0]]
    assert len(taken) == 1
    assert max(rows_read(*reserving[0])) < WAITING / 50


@pytest.mark.django_db
def test_a_long_queue_is_counted_before_the_account_is_locked(running, account):
    running(1)
    with statements() as asked:
        claim_now(account)

    counted = [place for place, (sql, _) in enumerate(asked) if "GROUP BY zone" in sql]
    locked = [place for place, (sql, _) in enumerate(asked) if "FOR NO KEY UPDATE" in sql]
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
