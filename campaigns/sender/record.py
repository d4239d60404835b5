"""Outcomes in grouped commits, each guarded by the state it leaves; then what they set off."""

import logging
from collections.abc import Sequence
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from audiences.consent import record_consent
from audiences.models import Contact
from campaigns.sender import ledger
from campaigns.sender.outcome import Outcome
from campaigns.sender.pausing import pause_account, pause_campaign, slow_down
from campaigns.sender.post import Posted
from templates_sync.alerts import mark_paused
from templates_sync.models import TemplateVersion

logger = logging.getLogger(__name__)

# A webhook may have moved the row already: then only the identifiers are filled in. A row that was
# given up as unknown is settled by an answer that comes late.
_RECORD = """
UPDATE campaigns_outboundmessage AS m
SET status = CASE WHEN m.status IN ('sending', 'unknown') THEN v.status ELSE m.status END,
    reason = CASE WHEN m.status IN ('sending', 'unknown') THEN v.reason ELSE m.reason END,
    error_code = CASE WHEN m.status IN ('sending', 'unknown') THEN v.code ELSE m.error_code END,
    error_text = CASE WHEN m.status IN ('sending', 'unknown') THEN v.text ELSE m.error_text END,
    accepted_at = CASE WHEN v.status = 'accepted'
      THEN coalesce(m.accepted_at, statement_timestamp()) ELSE m.accepted_at END,
    ended_at = CASE WHEN m.status IN ('sending', 'unknown') AND v.status = 'failed'
      THEN statement_timestamp() ELSE m.ended_at END,
    due_at = CASE WHEN v.status = 'queued'
      THEN statement_timestamp() + v.again * interval '1 second' ELSE m.due_at END,
    attempts = CASE WHEN v.uncounted THEN greatest(0, m.attempts - 1) ELSE m.attempts END,
    provider_uuid = coalesce(m.provider_uuid, v.uuid),
    provider_id = CASE WHEN m.provider_id = '' THEN v.pid ELSE m.provider_id END
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
            %s::float[], %s::bool[]) AS v(id, status, reason, code, text, uuid, pid, again, uncounted)
WHERE m.id = v.id AND m.status NOT IN ('queued', 'skipped', 'expired')
  AND (v.status <> 'queued' OR m.status = 'sending')
"""


def record(posted: Sequence[Posted], *, account_id: int) -> None:
    """Write down what became of these rows, then slow down, pause or suppress as they demand."""
    done = [(p, p.outcome) for p in posted if p.outcome is not None]
    unsent = [p for p in posted if p.outcome is None]
    rows = [(p.row.id, o) for p, o in done]
    rows += [(p.row.id, Outcome("queued")) for p in unsent]
    try:
        with transaction.atomic():
            _write(rows)
            for p in unsent:
                ledger.give_back(grant_id=p.row.grant_id, count=1)
    except IntegrityError:
        # Spoki gave one identifier twice: write row by row, keep the first, lose no state.
        for row in rows:
            _write_alone(*row)
    for p, o in done:
        _react(p, o, account_id=account_id)


def _write(rows: Sequence[tuple[int, Outcome]]) -> None:
    if not rows:
        return
    columns: list[list[object]] = [list(c) for c in zip(*map(_values, rows), strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, columns)


def _values(row: tuple[int, Outcome]) -> tuple[object, ...]:
    pk, o = row
    again = o.again_in.total_seconds() if o.again_in is not None else 0.0
    # What was surely not our message's fault does not use up one of its attempts.
    uncounted = o.status == "queued" and not o.error_code
    return (
        pk,
        o.status,
        o.reason,
        o.error_code,
        o.error_text,
        o.provider_uuid or None,
        o.provider_id,
        again,
        uncounted,
    )


def _write_alone(pk: int, outcome: Outcome) -> None:
    try:
        with transaction.atomic():
            _write([(pk, outcome)])
    except IntegrityError:
        logger.warning("Spoki repeated a message identifier", extra={"row": pk})
        blank = Outcome(outcome.status, outcome.reason, outcome.error_code, outcome.error_text)
        _write([(pk, blank)])


def _react(posted: Posted, outcome: Outcome, *, account_id: int) -> None:
    if outcome.freeze is not None:
        slow_down(account_id=account_id, rest=outcome.freeze, halve=outcome.halve)
    if outcome.account_pause:
        pause_account(account_id=account_id, code=outcome.account_pause, detail=outcome.error_code)
    if outcome.campaign_pause:
        _stop_template(posted, outcome)
    if outcome.withdraw:
        withdraw_marketing(
            contact_id=posted.row.contact_id, code=outcome.error_code, key=posted.row.key
        )


def _stop_template(posted: Posted, outcome: Outcome) -> None:
    row = posted.row
    if outcome.campaign_pause in {"template_paused", "template_disabled"}:
        version = (
            row.template_version_id
            and TemplateVersion.objects.filter(pk=row.template_version_id).first()
        )
        if version:
            mark_paused(version=version, reason=outcome.error_code, now=timezone.now())
    if row.campaign_id is not None:
        pause_campaign(
            campaign_id=row.campaign_id, code=outcome.campaign_pause, detail=outcome.error_code
        )


def withdraw_marketing(*, contact_id: int, code: str, key: UUID) -> None:
    """Record that the person stopped marketing from us, with the refused message as evidence."""
    contact = Contact.objects.filter(pk=contact_id).first()
    if contact is None:
        return
    now = timezone.now()
    record_consent(
        contact=contact,
        purpose="whatsapp_marketing",
        state="withdrawn",
        source=f"whatsapp {code}",
        evidence=f"message {key.hex}",
        at=now,
        now=now,
    )
