"""The last word before a message starts: checks that may have changed since it was queued.

A guard looks at a handful of reserved rows at once and names those that must not leave, with the
reason. Higher floors register their own (an order that was cancelled meanwhile) with `register`.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db import DatabaseError, connection
from django.db.models import Q

from audiences.models import ConsentState
from campaigns.models import ConversationWindow, Lane, OutboundMessage
from campaigns.sender.policy import DEFAULT_POLICY, Cap, Policy
from campaigns.sender.reserve import Reserved
from templates_sync.models import TemplateVersion

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


@dataclass(frozen=True, slots=True)
class Later:
    """Not now: asked again at `until`, None = a little later."""

    until: datetime | None = None


Verdict = str | Later
Verdicts = Mapping[int, Verdict]
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
    """Row id → reason for rows that must not leave, and the ids of those that wait a little.

    `until` has the moment for those of them that know one.
    """

    refused: dict[int, str] = field(default_factory=dict)
    put_off: set[int] = field(default_factory=set)
    until: dict[int, datetime] = field(default_factory=dict)

    def note(self, row_id: int, verdict: Verdict) -> None:
        """Take what one guard says of one row; the first reason counts, the latest moment."""
        if isinstance(verdict, str):
            self.refused.setdefault(row_id, verdict)
            return
        self.put_off.add(row_id)
        if verdict.until is not None:
            self.until[row_id] = max(verdict.until, self.until.get(row_id, verdict.until))


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
        for row_id, verdict in found.items():
            judgement.note(row_id, verdict)
    judgement.put_off -= judgement.refused.keys()
    return judgement


# Asked at every turn of a sender in full swing: without the models, whose making costs more than the
# database's whole answer.
_CONTACTS = """
SELECT id, phone, is_blocked, has_invalid_phone, can_receive_whatsapp, marketing_consent,
  merged_into_id IS NOT NULL
FROM audiences_contact WHERE id = ANY(%s)
"""


class _Person(NamedTuple):
    phone: str | None
    is_blocked: bool
    has_invalid_phone: bool
    can_receive_whatsapp: bool
    marketing_consent: str
    is_merged: bool


def _contact_guard(rows: Sequence[Reserved], moment: Moment) -> Verdicts:
    """Consent and reachability, read now: a withdrawal a second ago counts."""
    with connection.cursor() as cursor:
        cursor.execute(_CONTACTS, [[row.contact_id for row in rows]])
        contacts = {pk: _Person(*values) for pk, *values in cursor.fetchall()}
    found: dict[int, Verdict] = {}
    for row in rows:
        if reason := _contact_reason(row, contacts.get(row.contact_id)):
            found[row.id] = reason
    return found


def _contact_reason(row: Reserved, contact: _Person | None) -> str:
    if contact is None or contact.phone != row.phone:
        return _why_elsewhere(contact)
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


def _why_elsewhere(contact: _Person | None) -> str:
    if contact is None or contact.is_merged:
        return "contact_gone"
    return "phone_changed" if contact.phone else "no_phone"


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


# Whoever reached any of the caps, given as (most, since) pairs: which of them, the first one told. An offer that
# somebody sends by hand leaves as an answer, and counts like any other.
_OVER_A_CAP = """
SELECT m.contact_id, cap.place
FROM (
  SELECT contact_id, sending_at FROM campaigns_outboundmessage
  WHERE contact_id = ANY(%(contacts)s) AND lane IN (0, 2) AND sending_at > %(longest)s
    AND status <> ALL(%(never)s)
    AND (lane = 2 OR template_version_id IN (
      SELECT id FROM templates_sync_templateversion WHERE category = 'marketing'))) AS m
JOIN unnest(%(mosts)s::int[], %(since)s::timestamptz[]) WITH ORDINALITY AS cap(most, since, place)
  ON m.sending_at > cap.since
GROUP BY m.contact_id, cap.place, cap.most
HAVING count(*) >= cap.most
ORDER BY cap.place
"""


def is_marketing() -> Q:
    """Return the messages that the frequency cap counts: those of marketing, and offers sent by hand."""
    offers = TemplateVersion.objects.filter(category=TemplateVersion.Category.MARKETING)
    by_hand = Q(lane=Lane.REPLY, template_version__in=offers.values("pk"))
    return Q(lane=Lane.MARKETING) | by_hand


def capped_among(contacts: Sequence[int], policy: Policy, *, now: datetime) -> dict[int, Cap]:
    """Return those of `contacts` who were written to often enough at `now`, each with the first cap reached."""
    if not contacts or not policy.caps:
        return {}
    values: dict[str, Any] = {
        "contacts": list(contacts),
        "mosts": [cap.most for cap in policy.caps],
        "since": [now - cap.period for cap in policy.caps],
        "longest": now - max(cap.period for cap in policy.caps),
        "never": list(NEVER_REACHED),
    }
    reached: dict[int, Cap] = {}
    with connection.cursor() as cursor:
        cursor.execute(_OVER_A_CAP, values)
        for pk, place in cursor.fetchall():
            reached.setdefault(pk, policy.caps[place - 1])
    return reached


def _frequency_guard(rows: Sequence[Reserved], moment: Moment) -> Verdicts:
    """Marketing leaves only to people who were not written to often enough already."""
    marketing = [row for row in rows if row.lane == Lane.MARKETING]
    over = capped_among([row.contact_id for row in marketing], moment.policy, now=moment.now)
    return {row.id: "frequency_cap" for row in marketing if row.contact_id in over}


register("contact", _contact_guard)
register("allowlist", _allowlist_guard)
register("window", _window_guard)
register("frequency_cap", _frequency_guard)
