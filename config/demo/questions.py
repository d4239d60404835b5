"""The questions that the demo's cash-on-delivery orders were asked, and what became of each message."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4
from zlib import crc32

from campaigns.flows import triggers
from campaigns.flows.passing import number_of
from campaigns.flows.plan import Plan, plan_from
from campaigns.flows.triggers import Trigger
from campaigns.flows.values import values_for
from campaigns.models import FlowEntry, FlowVersion, Lane, OutboundMessage, WhatsAppNumber
from orders.models import Order

FLOW: Final = "cod_confirmation"
# What the page of figures shows when it opens.
PERIOD: Final = timedelta(days=30)
# Of a hundred questions so many reach the phone, and so many are read: who answered has read hers.
_DELIVERED, _READ = 96, 80


def write_questions(*, now: datetime) -> int:
    """Write the message and the passage of each question of the last thirty days; return how many.

    Call it in the transaction that enabled the flow: these orders were asked before it began.
    """
    wording = FlowVersion.objects.select_related("template_version").filter(flow__shipped_key=FLOW)
    version = wording.order_by("-number").first()
    plan = plan_from(version) if version is not None else None
    trigger = triggers.find(plan.trigger) if plan is not None else None
    number = number_of(plan) if plan is not None else None
    if version is None or plan is None or trigger is None or number is None:
        return 0
    pairs = list(_asked(version, plan, trigger, number, now=now))
    messages = OutboundMessage.objects.bulk_create([message for _entry, message in pairs])
    for (entry, _message), message in zip(pairs, messages, strict=True):
        entry.message = message
    FlowEntry.objects.bulk_create([entry for entry, _message in pairs])
    return len(pairs)


def _asked(
    version: FlowVersion, plan: Plan, trigger: Trigger, number: WhatsAppNumber, *, now: datetime
) -> Iterator[tuple[FlowEntry, OutboundMessage]]:
    orders = Order.objects.filter(
        is_cod=True, asked_at__gt=now - PERIOD, asked_at__lt=now, contact__phone__isnull=False
    )
    for order in orders.select_related("contact").order_by("pk"):
        contact, asked_at, subject = order.contact, order.asked_at, f"order:{order.pk}"
        if contact is None or asked_at is None:
            continue
        values = values_for(plan.variables, trigger=trigger, subject=subject, contact=contact)
        message = OutboundMessage(
            account_id=number.account_id,
            number=number,
            contact=contact,
            lane=Lane.TRANSACTIONAL,
            template_version=version.template_version,
            phone=contact.phone or "",
            language=contact.language,
            zone=contact.timezone,
            params=values,
            created_at=asked_at,
            due_at=asked_at,
            attempts=1,
            provider_uuid=uuid4().hex,
            **_fate(order, asked_at, now=now),
        )
        entry = FlowEntry(
            flow_id=version.flow_id,
            version=version,
            subject=subject,
            contact=contact,
            status=FlowEntry.Status.QUEUED,
            happened_at=order.placed_at,
            due_at=asked_at,
            ended_at=asked_at,
        )
        yield entry, message


def _fate(order: Order, asked_at: datetime, *, now: datetime) -> dict[str, object]:
    """Return state and times: a question is read before it is answered, and some are never read."""
    chance = crc32(str(order.shopify_id).encode()) % 100
    left_at = asked_at + timedelta(seconds=1)
    delivered_at = left_at + timedelta(seconds=2 + chance / 10)
    answered_at = order.answered_at
    read_at = (
        answered_at - timedelta(seconds=20)
        if answered_at
        else delivered_at + timedelta(minutes=chance)
    )
    times = {"sending_at": left_at, "accepted_at": left_at, "sent_at": left_at}
    if answered_at is None and (chance >= _DELIVERED or delivered_at >= now):
        return times | {"status": OutboundMessage.Status.SENT}
    times["delivered_at"] = min(delivered_at, read_at)
    if answered_at is None and (chance >= _READ or read_at >= now):
        return times | {"status": OutboundMessage.Status.DELIVERED}
    return times | {"status": OutboundMessage.Status.READ, "read_at": max(read_at, left_at)}
