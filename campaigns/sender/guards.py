"""The last word before a message starts: checks that may have changed since it was queued.

A guard looks at a handful of reserved rows at once and names those that must not leave, with the
reason. Higher floors register their own (an order that was cancelled meanwhile) with `register`.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import DatabaseError
from django.db.models import Count, Q

from audiences.models import ConsentState, Contact
from campaigns.models import ConversationWindow, Lane, OutboundMessage
from campaigns.sender.policy import DEFAULT_POLICY, Cap, Policy
from campaigns.sender.reserve import Reserved

logger = logging.getLogger(__name__)

# What began to leave and came back counts for nobody.
NEVER_REACHED = (
    OutboundMessage.Status.FAILED,
    OutboundMessage.Status.QUEUED,
    OutboundMessage.Status.SKIPPED,
    OutboundMessage.Status.EXPIRED,
)


@dataclass(frozen=True, slots=True)
class Moment:
    """What every guard may know besides the rows."""

    now: datetime
    allowlist: frozenset[str] = frozenset()
    policy: Policy = DEFAULT_POLICY


Verdicts = Mapping[int, str]
Guard = Callable[[Sequence[Reserved], Moment], Verdicts]


@dataclass(slots=True)
class Registry:
    """Guards by name, in the order of their registration."""

    guards: dict[str, Guard] = field(default_factory=dict)

    def register(self, name: str, guard: Guard) -> None:
        """Add a guard; a name registered again replaces the first (tests, reloads)."""
        self.guards[name] = guard


registry = Registry()
register = registry.register


@dataclass(slots=True)
class Judgement:
    """Row id → reason for rows that must not leave, and the ids whose check could not be made."""

    refused: dict[int, str] = field(default_factory=dict)
    put_off: set[int] = field(default_factory=set)


def judge(rows: Sequence[Reserved], moment: Moment) -> Judgement:
    """Ask every guard; the first reason counts.

    A guard that breaks lets nothing through and loses nothing: its rows wait for a better day.
    """
    judgement = Judgement()
    for name, guard in registry.guards.items():
        try:
            found = guard(rows, moment)
        except DatabaseError:
            raise
        except Exception:
            logger.exception("the guard %s broke: its messages wait", name)
            judgement.put_off.update(row.id for row in rows)
            continue
        for row_id, reason in found.items():
            judgement.refused.setdefault(row_id, reason)
    judgement.put_off -= judgement.refused.keys()
    return judgement


def _contact_guard(rows: Sequence[Reserved], moment: Moment) -> Verdicts:
    """Consent and reachability, read now: a withdrawal a second ago counts."""
    contacts = Contact.objects.in_bulk({row.contact_id for row in rows})
    found: dict[int, str] = {}
    for row in rows:
        if reason := _contact_reason(row, contacts.get(row.contact_id)):
            found[row.id] = reason
    return found


def _contact_reason(row: Reserved, contact: Contact | None) -> str:
    if contact is None or contact.phone != row.phone:
        return "contact_gone"
    if contact.is_blocked:
        return "blocked"
    if contact.has_invalid_phone:
        return "invalid_phone"
    if not contact.can_receive_whatsapp:
        return "not_a_mobile"
    if row.lane != Lane.MARKETING or contact.marketing_consent == ConsentState.GIVEN:
        return ""
    withdrawn = contact.marketing_consent == ConsentState.WITHDRAWN
    return "consent_withdrawn" if withdrawn else "no_consent"


def _allowlist_guard(rows: Sequence[Reserved], moment: Moment) -> Verdicts:
    if not moment.allowlist:
        return {}
    return {row.id: "not_on_allowlist" for row in rows if row.phone not in moment.allowlist}


def _window_guard(rows: Sequence[Reserved], moment: Moment) -> Verdicts:
    """Free text only inside the customer's 24 hours (Meta, Service messages; error 131047)."""
    texts = [row for row in rows if row.kind == OutboundMessage.Kind.TEXT]
    if not texts:
        return {}
    open_pairs = set(
        ConversationWindow.objects.filter(
            contact__in={row.contact_id for row in texts}, closes_at__gt=moment.now
        ).values_list("contact_id", "number_id")
    )
    closed = [row for row in texts if (row.contact_id, row.number_id) not in open_pairs]
    return {row.id: "window_closed" for row in closed}


def _frequency_guard(rows: Sequence[Reserved], moment: Moment) -> Verdicts:
    """Marketing leaves only to people who were not written to often enough already."""
    marketing = [row for row in rows if row.lane == Lane.MARKETING]
    if not marketing:
        return {}
    caps = moment.policy.caps
    counted = {
        f"last_{position}": Count("id", filter=Q(sending_at__gt=moment.now - cap.period))
        for position, cap in enumerate(caps)
    }
    longest = max(cap.period for cap in caps)
    capped = (
        OutboundMessage.objects.filter(
            contact__in={row.contact_id for row in marketing},
            lane=Lane.MARKETING,
            sending_at__gt=moment.now - longest,
        )
        .exclude(status__in=NEVER_REACHED)
        .values("contact_id")
        .annotate(**counted)
        .filter(_any_reached(caps))
        .values_list("contact_id", flat=True)
    )
    over = set(capped)
    return {row.id: "frequency_cap" for row in marketing if row.contact_id in over}


def _any_reached(caps: Sequence[Cap]) -> Q:
    reached = Q()
    for position, cap in enumerate(caps):
        reached |= Q(**{f"last_{position}__gte": cap.most})
    return reached


register("contact", _contact_guard)
register("allowlist", _allowlist_guard)
register("window", _window_guard)
register("frequency_cap", _frequency_guard)
