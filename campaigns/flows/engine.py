"""What higher floors tell flows: something happened to a person, or is over for her.

Both join the caller's transaction: what a webhook set off is there if the webhook's own work is, and
not otherwise.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import DurationField, ExpressionWrapper, F, Q, Value
from django.db.models.functions import Greatest

from audiences.models import Contact
from campaigns.flows import triggers
from campaigns.flows.passing import pass_on
from campaigns.flows.plan import plan_from
from campaigns.flows.triggers import Trigger, UnknownTrigger
from campaigns.models import Flow, FlowEntry, FlowVersion, OutboundMessage

# A second telling of the same thing waits here for the first one to be committed.
_ENTER = """
INSERT INTO campaigns_flowentry
  (flow_id, version_id, subject, contact_id, status, reason, happened_at, due_at, expires_at)
VALUES (%(flow)s, %(version)s, %(subject)s, %(contact)s, 'waiting', '', %(happened)s, %(due)s,
        %(expires)s)
ON CONFLICT (flow_id, subject) DO NOTHING
RETURNING id
"""


def happened(
    *, trigger: str, subject: str, contact: Contact, happened_at: datetime, now: datetime
) -> list[FlowEntry]:
    """Enter the person into each enabled flow of the trigger; return the entries made just now.

    Once per flow and subject, however often it is told. What happened before a flow was enabled is
    none of its business (Shopify tells whole seconds, so the second counts), and what a clock that
    goes ahead of ours tells of the future happened now. An entry that is due at once is judged at once: its message is written in this transaction, and its status says what
    became of it.

    :raises UnknownTrigger: nobody has registered it.
    """
    known = triggers.find(trigger)
    if known is None:
        raise UnknownTrigger(trigger)
    happened_at = min(happened_at, now)
    versions = _enabled(trigger, happened_at)
    if not versions:
        return []
    with transaction.atomic():
        entries = [
            entry
            for version in versions
            if (entry := _enter(version, known, subject, contact, happened_at)) is not None
        ]
        pass_on([entry for entry in entries if entry.due_at <= now], now=now)
    return entries


def happened_later(*, subject: str, happened_at: datetime, not_before: datetime) -> int:
    """Let whoever waits for this subject wait anew, as if it had happened at `happened_at`; return how many.

    For what may begin again, such as a cart somebody came back to. Nobody is due before `not_before`.
    What was handed to the sender stays so, and nothing ever moves back.
    """
    waiting = FlowEntry.objects.filter(
        subject=subject, status=FlowEntry.Status.WAITING, happened_at__lt=happened_at
    )
    moved = ExpressionWrapper(Value(happened_at) - F("happened_at"), output_field=DurationField())
    return waiting.update(
        due_at=Greatest(F("due_at") + moved, Value(not_before)),
        expires_at=F("expires_at") + moved,
        happened_at=happened_at,
    )


@transaction.atomic
def leave(
    *,
    subject: str | None = None,
    contact: Contact | None = None,
    triggers: Collection[str] | None = None,
    reason: str,
    now: datetime,
) -> int:
    """Let go whoever waits for this subject or is this person; return how many are not written to.

    Waiting entries leave; messages handed to the sender that have not begun to leave are skipped.
    `triggers`: only flows of these. `reason` is a code of `campaigns.reasons` or of the trigger.

    :raises ValueError: neither subject nor contact is given: that would be everybody.
    """
    if subject is None and contact is None:
        raise ValueError("leave needs a subject or a contact")
    mine = _those(subject, contact, triggers)
    left = FlowEntry.objects.filter(mine, status=FlowEntry.Status.WAITING).update(
        status=FlowEntry.Status.LEFT, reason=reason, ended_at=now
    )
    handed_over = FlowEntry.objects.filter(mine, status=FlowEntry.Status.QUEUED)
    return left + skip_messages(list(handed_over.values_list("message_id", flat=True)), reason, now)


@transaction.atomic
def hand_over(*, subject: str, contact: Contact, reason: str, now: datetime) -> int:
    """What happened turns out to have happened to `contact`; return how many others are not written to.

    Who waits is judged as that person when her turn comes; a message to another one that has not begun to leave is
    skipped for `reason`, a code of `campaigns.reasons` or of the trigger.
    """
    others = FlowEntry.objects.filter(subject=subject).exclude(contact=contact)
    left = others.filter(status=FlowEntry.Status.WAITING).update(contact=contact)
    handed_over = others.filter(status=FlowEntry.Status.QUEUED)
    return left + skip_messages(list(handed_over.values_list("message_id", flat=True)), reason, now)


def who_waits(*, contacts: Collection[int | None], triggers: Collection[str]) -> set[int | None]:
    """Return those of the contacts whom `leave` may find something of in flows of these triggers."""
    entries = FlowEntry.objects.filter(
        contact__in=[pk for pk in contacts if pk is not None],
        flow__trigger__in=triggers,
        status__in=[FlowEntry.Status.WAITING, FlowEntry.Status.QUEUED],
    )
    return set(entries.values_list("contact", flat=True))


def skip_messages(ids: Sequence[int | None], reason: str, now: datetime) -> int:
    """Skip those of these messages that have not begun to leave; return how many."""
    return OutboundMessage.objects.filter(
        pk__in=[pk for pk in ids if pk is not None], status=OutboundMessage.Status.QUEUED
    ).update(
        status=OutboundMessage.Status.SKIPPED,
        reason=reason,
        ended_at=now,
        lease_until=None,
        leased_by=None,
    )


def _enabled(trigger: str, happened_at: datetime) -> list[FlowVersion]:
    """Return the wording in force of each flow that was enabled when it happened."""
    flows = FlowVersion.objects.filter(
        flow__trigger=trigger, flow__status=Flow.Status.ENABLED
    ).select_related("flow")
    newest = flows.order_by("flow_id", "-number").distinct("flow_id")
    return [
        version
        for version in newest
        if version.flow.enabled_at is not None
        and version.flow.enabled_at.replace(microsecond=0) <= happened_at
    ]


def _enter(
    version: FlowVersion, trigger: Trigger, subject: str, contact: Contact, happened_at: datetime
) -> FlowEntry | None:
    """Write the entry; None where the same thing was told before."""
    due_at = happened_at + plan_from(version).delay
    values: dict[str, Any] = {
        "flow": version.flow_id,
        "version": version.pk,
        "subject": subject,
        "contact": contact.merged_into_id or contact.pk,
        "happened": happened_at,
        "due": due_at,
        "expires": None if trigger.lasts is None else due_at + trigger.lasts,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ENTER, values)
        found = cursor.fetchone()
    if found is None:
        return None
    return FlowEntry.objects.select_related("version").get(pk=found[0])


def _those(subject: str | None, contact: Contact | None, keys: Collection[str] | None) -> Q:
    mine = Q()
    if subject is not None:
        mine &= Q(subject=subject)
    if contact is not None:
        mine &= Q(contact=contact)
    if keys is not None:
        mine &= Q(flow__trigger__in=keys)
    return mine
