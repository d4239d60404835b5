"""Writing to the outbox from above, and what the world reports about its messages.

Campaigns come in by one INSERT … SELECT from their snapshot; statuses and answers come from the
webhooks of Spoki and only ever move a message forward.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from audiences.aliases import find_by_alias
from audiences.models import Contact, ContactAlias, Snapshot
from campaigns.flows import news
from campaigns.models import (
    Campaign,
    CampaignEvent,
    Lane,
    OutboundMessage,
    Settlement,
    SpokiAccount,
    WhatsAppNumber,
)
from campaigns.sender.reports import take_failure
from campaigns.withdrawn import OPT_OUT_AFTER
from spoki import MessageStatus, normalise_uuid

WINDOW = timedelta(hours=24)
# So long an answer counts for our last message before it.
REPLY_WITHIN = timedelta(days=7)
_NEVER_LEFT = (
    OutboundMessage.Status.QUEUED,
    OutboundMessage.Status.SKIPPED,
    OutboundMessage.Status.EXPIRED,
    OutboundMessage.Status.FAILED,
)
# Closed for us a little before Meta closes it, so that an answer at the edge still gets through.
WINDOW_MARGIN = timedelta(minutes=10)

_ENQUEUE = """
INSERT INTO campaigns_outboundmessage
  (key, account_id, number_id, campaign_id, contact_id, lane, kind, template_version_id, phone,
   language, zone, params, text, status, created_at, due_at, expires_at, attempts, reason,
   error_code, error_text, provider_id)
SELECT gen_random_uuid(), %(account)s, %(number)s, %(campaign)s, m.contact_id, 2, 'template',
       %(version)s, m.phone, m.language, m.zone, m.params, '', 'queued', %(now)s, %(due)s,
       %(expires)s, 0, '', '', '', ''
FROM audiences_snapshotmember m
WHERE m.snapshot_id = %(snapshot)s AND NOT m.is_holdout
ORDER BY {order}
"""
# Rows leave in the order in which they are written down. With a first share the people who read or
# answered lately come first, in random order among themselves: they say soonest whether the message
# is welcome, and a good start is what the rating of the template is built on.
_AS_FROZEN = "m.id"
_ENGAGED_FIRST = """(EXISTS (
  SELECT 1 FROM campaigns_outboundmessage p
  WHERE p.contact_id = m.contact_id AND p.sending_at > %(lately)s
    AND (p.read_at IS NOT NULL OR p.replied_at IS NOT NULL))) DESC,
  md5(m.contact_id::text || ':' || %(campaign)s::text)"""
LATELY = timedelta(days=30)

ROWS_AT_ONCE = 1_000
_SKIP_REST = """
UPDATE campaigns_outboundmessage SET status = 'skipped', reason = %(reason)s, ended_at = %(now)s,
    lease_until = NULL, leased_by = NULL
WHERE id = ANY (ARRAY(
  SELECT id FROM campaigns_outboundmessage WHERE campaign_id = %(campaign)s AND status = 'queued'
  LIMIT %(most)s FOR UPDATE SKIP LOCKED))
"""

# The rank of the states that news from Spoki may reach; a failure has its own rule.
_REACHED = {
    MessageStatus.PENDING: OutboundMessage.Status.ACCEPTED,
    MessageStatus.SENT: OutboundMessage.Status.SENT,
    MessageStatus.DELIVERED: OutboundMessage.Status.DELIVERED,
    MessageStatus.READ: OutboundMessage.Status.READ,
    MessageStatus.FAILED: OutboundMessage.Status.FAILED,
}
_ARRIVED = (OutboundMessage.Status.DELIVERED, OutboundMessage.Status.READ)
_TIMES = {
    OutboundMessage.Status.ACCEPTED: ("accepted_at",),
    OutboundMessage.Status.SENT: ("sent_at",),
    OutboundMessage.Status.DELIVERED: ("delivered_at",),
    OutboundMessage.Status.READ: ("read_at",),
    OutboundMessage.Status.FAILED: ("ended_at",),
}


def enqueue_campaign(*, campaign: Campaign, snapshot: Snapshot, now: datetime) -> int:
    """Queue one message per member of the snapshot (the control group left out); return how many.

    One statement, so it is all or nothing; the caller's transaction decides which.
    """
    number = sender_number(campaign)
    order = _ENGAGED_FIRST if campaign.canary_share else _AS_FROZEN
    with connection.cursor() as cursor:
        cursor.execute(
            _ENQUEUE.format(order=order),
            {
                "account": number.account_id,
                "number": number.pk,
                "campaign": campaign.pk,
                "version": campaign.template_version_id,
                "snapshot": snapshot.pk,
                "now": now,
                "lately": now - LATELY,
                "due": campaign.send_after or now,
                "expires": campaign.send_before,
            },
        )
        return int(cursor.rowcount)


def sender_number(campaign: Campaign) -> WhatsAppNumber:
    """Return the campaign's number, else the default one.

    :raises WhatsAppNumber.DoesNotExist: no number is known yet.
    """
    if campaign.number is not None:
        return campaign.number
    return WhatsAppNumber.objects.filter(account=SpokiAccount.objects.order_by("pk").first()).get(
        is_default=True
    )


def skip_rest(*, campaign: Campaign, reason: str, now: datetime) -> int:
    """Skip every message of the campaign that has not begun to leave; return how many.

    Some at a time, each in a commit of its own where the caller has no transaction: the sender
    never waits for a hundred thousand rows. One that is just being started is left to whoever
    starts it.
    """
    values: dict[str, Any] = {"campaign": campaign.pk, "reason": reason, "now": now}
    skipped = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_SKIP_REST, values | {"most": ROWS_AT_ONCE})
            skipped += cursor.rowcount
            if cursor.rowcount < ROWS_AT_ONCE:
                return int(skipped)


def record_status(
    *,
    uuid: str | None,
    key: str | None,
    status: MessageStatus,
    at: datetime,
    error_code: str = "",
    error_text: str = "",
    now: datetime,
) -> bool:
    """Move the message forward to what Spoki reports; False if the message is not one of ours.

    `key` is our `metadata.msg`, which is trusted first: it is there even when the answer of the
    send was lost. Repeated, late and overtaken reports change nothing; the earliest time counts. Of
    a try that failed and may go again, only a delivery counts: that it had been sent is old.
    """
    message = _find(uuid, key)
    if message is None:
        return _record_first_attempt(key, status, uuid=uuid, at=at, now=now)
    _learn_uuid(message, uuid)
    new = _REACHED.get(status)
    is_over = normalise_uuid(uuid) in message.earlier_uuids and new not in _ARRIVED
    if new is None or is_over:
        return True
    if new == OutboundMessage.Status.FAILED:
        _fail(message, uuid=uuid, at=at, error_code=error_code, error_text=error_text, now=now)
    else:
        _advance(message, new, at=at)
    if message.campaign_id is None:
        news.tell(message.pk, now=now)
    return True


def record_inbound(
    *,
    contact_phone: str,
    business_phone: str | None,
    at: datetime,
    reply_to: str | None = None,
    now: datetime,
) -> Contact | None:
    """Open the 24-hour window and mark the message that was answered; None for an unknown person.

    The answered message is the one that is quoted, else the latest one written before `at`. Whoever
    writes from a number that was given up in a merge is known, but opens no window with the other.
    """
    contact = Contact.objects.filter(phone=contact_phone).first()
    is_own = contact is not None
    contact = contact or find_by_alias(ContactAlias.Kind.PHONE, contact_phone)
    if contact is None:
        return None
    if is_own and (number := _number(business_phone)):
        _open_window(number, contact, at=at)
    answered = _answered(contact, reply_to, at=at)
    if answered is not None:
        OutboundMessage.objects.filter(pk=answered.pk, replied_at__isnull=True).update(
            replied_at=at
        )
    return contact


def record_opt_out(*, contact: Contact, at: datetime, reply_to: str | None = None) -> bool:
    """Note on the marketing message that set it off that the person wants no more of it.

    That is the one that is quoted, else the last one of the 24 hours before `at`; False if there is
    none. The same wish told twice, or late, counts once, from its earliest moment.
    """
    mine = OutboundMessage.objects.filter(
        contact=contact, lane=Lane.MARKETING, sending_at__lte=at
    ).exclude(status__in=_NEVER_LEFT)
    quoted = normalise_uuid(reply_to)
    blamed = mine.filter(provider_uuid=quoted).first() if quoted else None
    if blamed is None:
        blamed = mine.filter(sending_at__gt=at - OPT_OUT_AFTER).order_by("-sending_at").first()
    if blamed is None:
        return False
    return bool(
        OutboundMessage.objects.filter(pk=blamed.pk)
        .filter(Q(opted_out_at__isnull=True) | Q(opted_out_at__gt=at))
        .update(opted_out_at=at)
    )


def _find(uuid: str | None, key: str | None) -> OutboundMessage | None:
    by_key = normalise_uuid(key)
    if by_key and len(by_key) == 32:
        found = OutboundMessage.objects.filter(key=_as_hex(by_key)).first()
        if found is not None:
            return found
    known = normalise_uuid(uuid)
    return OutboundMessage.objects.filter(provider_uuid=known).first() if known else None


def _record_first_attempt(
    key: str | None, status: MessageStatus, *, uuid: str | None, at: datetime, now: datetime
) -> bool:
    """Record news of the first attempt of a message that a person released; False if it is none.

    It had left after all: a message that still waits does not go again, one that went again was a
    double, which is told. A failure of the first attempt says nothing about the second.
    """
    by_key = normalise_uuid(key)
    if not by_key or len(by_key) != 32:
        return False
    settlement = (
        Settlement.objects.filter(former_key=_as_hex(by_key)).select_related("message").first()
    )
    if settlement is None:
        return False
    new = _REACHED.get(status)
    if new is None or new == OutboundMessage.Status.FAILED:
        return True
    message = settlement.message
    if message.status == OutboundMessage.Status.QUEUED:
        _learn_uuid(message, uuid)
    _advance(message, new, at=at)
    message.refresh_from_db()
    if message.sending_at is not None and message.sending_at > settlement.at:
        _tell_double(settlement, now=now)
    return True


def _tell_double(settlement: Settlement, *, now: datetime) -> None:
    if settlement.campaign_id is None:
        return
    told = CampaignEvent.objects.filter(
        campaign_id=settlement.campaign_id, verb="doubled", figures__settlement=settlement.pk
    )
    if not told.exists():
        CampaignEvent.objects.create(
            campaign_id=settlement.campaign_id,
            at=now,
            verb="doubled",
            figures={"settlement": settlement.pk, "recipients": 1},
        )


def _as_hex(text: str) -> str:
    is_hex = all(c in "0123456789abcdef" for c in text)
    return text if is_hex else "0" * 32


def _learn_uuid(message: OutboundMessage, uuid: str | None) -> None:
    known = normalise_uuid(uuid)
    if known and message.provider_uuid is None and known not in message.earlier_uuids:
        taken = OutboundMessage.objects.filter(provider_uuid=known).exists()
        if not taken:
            OutboundMessage.objects.filter(pk=message.pk, provider_uuid__isnull=True).update(
                provider_uuid=known
            )


def _from_states(new: str) -> list[str]:
    return [old for old, moves in OutboundMessage.NEXT.items() if new in moves]


def _advance(message: OutboundMessage, new: OutboundMessage.Status, *, at: datetime) -> None:
    """Move forward by a conditional update; of two times for one state the earliest stays.

    What was delivered after all has not failed: no trace of that stays.
    """
    for column in _TIMES[new]:
        OutboundMessage.objects.filter(pk=message.pk).filter(
            Q(**{f"{column}__isnull": True}) | Q(**{f"{column}__gt": at}),
            sending_at__isnull=False,
        ).update(**{column: at})
    OutboundMessage.objects.filter(
        pk=message.pk, status__in=_from_states(new), sending_at__isnull=False
    ).update(
        status=new,
        reason="",
        error_code="",
        error_text="",
        ended_at=None,
        lease_until=None,
        leased_by=None,
    )
    # What a person only assumed is now known.
    OutboundMessage.objects.filter(pk=message.pk, status=new, reason="assumed_sent").update(
        reason=""
    )


def _fail(
    message: OutboundMessage,
    *,
    uuid: str | None,
    at: datetime,
    error_code: str,
    error_text: str,
    now: datetime,
) -> None:
    tried = normalise_uuid(uuid)
    is_taken = take_failure(message, uuid=tried, code=error_code, text=error_text, at=at, now=now)
    if not is_taken:
        OutboundMessage.objects.filter(
            pk=message.pk, status=OutboundMessage.Status.FAILED, ended_at__gt=at
        ).update(ended_at=at)


def _number(business_phone: str | None) -> WhatsAppNumber | None:
    numbers: QuerySet[WhatsAppNumber] = WhatsAppNumber.objects.all()
    if business_phone:
        digits = business_phone.lstrip("+")
        found = numbers.filter(phone__in=[digits, f"+{digits}"]).first()
        if found is not None:
            return found
    return numbers.filter(is_default=True).first()


def _open_window(number: WhatsAppNumber, contact: Contact, *, at: datetime) -> None:
    """Open or extend the window; an older message that arrives late does not shorten it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO campaigns_conversationwindow "
            "(number_id, contact_id, last_inbound_at, closes_at) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (number_id, contact_id) DO UPDATE SET "
            "last_inbound_at = greatest(campaigns_conversationwindow.last_inbound_at, "
            "excluded.last_inbound_at), "
            "closes_at = greatest(campaigns_conversationwindow.closes_at, excluded.closes_at)",
            [number.pk, contact.pk, at, at + WINDOW - WINDOW_MARGIN],
        )


def _answered(contact: Contact, reply_to: str | None, *, at: datetime) -> OutboundMessage | None:
    mine = OutboundMessage.objects.filter(contact=contact, sending_at__isnull=False)
    quoted = normalise_uuid(reply_to)
    if quoted and (found := mine.filter(provider_uuid=quoted).first()):
        return found
    # What did not leave, or failed, nobody can answer: the one before it is meant.
    recent = mine.filter(sending_at__lte=at, sending_at__gt=at - REPLY_WITHIN).exclude(
        status__in=_NEVER_LEFT
    )
    return recent.order_by("-sending_at").first()
