"""Why a person got a campaign, or did not: from the outbox, the frozen audience, the ledger and the conditions.

What was written down at the time is told as a fact. Who was not chosen stands in no snapshot (only counts by reason
do), so her place is worked out again: the ledger and the outbox say exactly what held at that moment, the conditions
are asked with what is known today, which is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from audiences.consent_words import source_in_words
from audiences.merge_plan import counts
from audiences.models import (
    ConsentPurpose,
    ConsentRecord,
    Contact,
    PhoneChange,
    SnapshotMember,
)
from campaigns.missed import MISSED, meaning_of, what_is_done
from campaigns.models import Campaign, OutboundMessage
from campaigns.policies import policy_in_force
from campaigns.reasons import moment, sentence
from campaigns.sender.guards import NEVER_REACHED, is_marketing
from conversations.card.conditions import ConditionGroup, worked_out

Status = OutboundMessage.Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`headline` is the answer in one sentence, `because` what it rests on, `moments` what happened when."""

    headline: str
    tone: str
    because: tuple[str, ...] = ()
    moments: tuple[tuple[str, datetime], ...] = ()
    groups: tuple[ConditionGroup, ...] = ()
    asked_at: datetime | None = None
    message: OutboundMessage | None = field(default=None, repr=False)


_ON_ITS_WAY: Final[Mapping[str, str | Promise]] = {
    Status.QUEUED: gettext_lazy("It waits for its turn: nothing has left yet."),
    Status.SENDING: gettext_lazy("It is leaving right now."),
    Status.ACCEPTED: gettext_lazy("Spoki has taken it; there is no news of it yet."),
    Status.SENT: gettext_lazy("It was sent; it has not arrived yet."),
    Status.DELIVERED: gettext_lazy("Received, not read yet."),
    Status.READ: gettext_lazy("Received and read."),
}
_MOMENTS: Final[Sequence[tuple[str, str | Promise]]] = (
    ("created_at", pgettext_lazy("message", "Queued")),
    ("sending_at", pgettext_lazy("message", "Left")),
    ("delivered_at", pgettext_lazy("message", "Delivered")),
    ("read_at", pgettext_lazy("message", "Read")),
    ("replied_at", pgettext_lazy("message", "Answered")),
    ("opted_out_at", pgettext_lazy("message", "Unsubscribed")),
    ("ended_at", pgettext_lazy("message", "Given up")),
)


def ids_of(contact: Contact) -> list[int]:
    """Return the contact and its doubles: old messages and snapshots name those."""
    return [contact.pk, *contact.doubles.values_list("pk", flat=True)]


def why(*, contact: Contact, campaign: Campaign, now: datetime) -> Verdict:
    """Return why the person got the campaign or not, in the active language."""
    ids = ids_of(contact)
    messages = campaign.messages.filter(contact__in=ids)
    message = messages.select_related("template_version__template", "number").first()
    if message is not None:
        return _of_message(message, campaign, now=now)
    if campaign.snapshot is None:
        return _as_of_today(contact, campaign, now=now)
    member = SnapshotMember.objects.filter(snapshot=campaign.snapshot, contact__in=ids).first()
    if member is not None:
        return _of_member(member)
    return _not_chosen(contact, ids, campaign, at=campaign.snapshot.made_at, now=now)


def of_message_in_words(message: OutboundMessage) -> tuple[str, str]:
    """Return what became of a message in one sentence, and its tone."""
    if message.status in MISSED:
        return meaning_of(message.status, message.reason, message.error_code), "bad"
    tone = "good" if message.status in {Status.DELIVERED, Status.READ} else "info"
    return str(_ON_ITS_WAY.get(message.status, message.get_status_display())), tone


def _of_message(message: OutboundMessage, campaign: Campaign, *, now: datetime) -> Verdict:
    told, tone = of_message_in_words(message)
    because = list(_about_message(message, campaign, now=now))
    if message.status in MISSED:
        unknown = message.status == Status.UNKNOWN
        headline = _("Nobody knows whether it left.") if unknown else _("Not received.")
        because.insert(0, told)
        told = headline
    return Verdict(
        headline=told,
        tone=tone,
        because=tuple(because),
        moments=tuple(_moments(message)),
        message=message,
    )


def _about_message(message: OutboundMessage, campaign: Campaign, *, now: datetime) -> Iterator[str]:
    if message.status in MISSED:
        yield what_is_done(message.status, message.reason)
        if message.error_code:
            yield _("Spoki's words: %(code)s %(text)s") % {
                "code": message.error_code,
                "text": message.error_text,
            }
        return
    if message.status == Status.QUEUED:
        if campaign.status == Campaign.Status.PAUSED:
            yield _("The campaign is paused.")
        if message.reason:
            yield sentence(message.reason)
        if message.due_at > now:
            yield _("Not before %(at)s.") % {"at": moment(message.due_at, now=now)}


def _moments(message: OutboundMessage) -> Iterator[tuple[str, datetime]]:
    for name, label in _MOMENTS:
        at: datetime | None = getattr(message, name)
        if at is not None:
            yield str(label), at


def _of_member(member: SnapshotMember) -> Verdict:
    if member.is_holdout:
        return Verdict(
            headline=_("Not received: in the control group."),
            tone="warn",
            because=(
                _("Chosen by lot and left alone on purpose, to measure what the campaign changes."),
            ),
        )
    return Verdict(
        headline=_("Chosen, and yet no message was written."),
        tone="bad",
        because=(_("Another contact of the same person may have got it: look for doubles."),),
    )


def _as_of_today(contact: Contact, campaign: Campaign, *, now: datetime) -> Verdict:
    reasons, groups = worked_out(contact, campaign, at=now, is_past=False)
    if reasons:
        headline = _("Not launched yet. As things stand: would not receive it.")
    else:
        headline = _("Not launched yet. As things stand: would receive it.")
    tone = "warn" if reasons else "info"
    return Verdict(
        headline=headline, tone=tone, because=tuple(reasons), groups=groups, asked_at=now
    )


def _not_chosen(
    contact: Contact, ids: Sequence[int], campaign: Campaign, *, at: datetime, now: datetime
) -> Verdict:
    known = [
        *_too_new(contact, ids, at=at, now=now),
        *_consent_then(contact, ids, at=at, now=now),
        *_capped_then(ids, at=at),
    ]
    reasons, groups = worked_out(contact, campaign, at=at, is_past=True)
    because = known or reasons
    if not because:
        because = [
            _(
                "With what is known today this customer would be chosen: what stood against it has changed since."
            )
        ]
    return Verdict(
        headline=_("Not received: not among the chosen when the audience froze."),
        tone="warn",
        because=tuple(because),
        groups=groups,
        asked_at=at,
    )


def _too_new(contact: Contact, ids: Sequence[int], *, at: datetime, now: datetime) -> Iterator[str]:
    born = min(Contact.objects.filter(pk__in=ids).values_list("created_at", flat=True))
    if born > at:
        yield _("A contact only since %(born)s; the audience froze at %(at)s.") % {
            "born": moment(born, now=now),
            "at": moment(at, now=now),
        }


def _consent_then(
    contact: Contact, ids: Sequence[int], *, at: datetime, now: datetime
) -> Iterator[str]:
    """What the ledger said at that moment; a declaration counts from when it was recorded at the latest."""
    said = ConsentRecord.objects.filter(
        contact__in=ids,
        purpose=ConsentPurpose.WHATSAPP_MARKETING,
        state__in=ConsentRecord.DECLARABLE,
        at__lte=at,
        recorded_at__lte=at,
    )
    phone = _phone_then(contact, ids, at=at)
    if not phone:
        return
    counted = [record for record in said if counts(record, phone=phone)]
    if not counted:
        yield _("No consent to marketing had been given by then.")
        return
    last = max(counted, key=lambda one: (min(one.at, one.recorded_at), one.state == "withdrawn"))
    if last.state == ConsentRecord.State.WITHDRAWN:
        yield _("Unsubscribed before: %(at)s, %(source)s.") % {
            "at": moment(last.at, now=now),
            "source": source_in_words(last.source),
        }


def _phone_then(contact: Contact, ids: Sequence[int], *, at: datetime) -> str:
    """The number she had at that moment: what the first change since says it was before."""
    change = PhoneChange.objects.filter(contact__in=ids, at__gt=at).order_by("at", "pk").first()
    return change.old_phone if change is not None else contact.phone or ""


def _capped_then(ids: Sequence[int], *, at: datetime) -> Iterator[str]:
    """Whether the frequency cap of today's policy was reached by what had left before that moment."""
    caps = policy_in_force().caps
    longest = max(cap.period for cap in caps)
    left = OutboundMessage.objects.filter(
        is_marketing(), contact__in=ids, sending_at__gt=at - longest, sending_at__lte=at
    )
    times = list(left.exclude(status__in=NEVER_REACHED).values_list("sending_at", flat=True))
    for cap in caps:
        sent = sum(1 for one in times if one is not None and one > at - cap.period)
        if sent >= cap.most:
            hours = int(cap.period.total_seconds() // 3600)
            yield ngettext(
                "Written to often enough: %(count)d message of marketing in %(hours)d hours.",
                "Written to often enough: %(count)d messages of marketing in %(hours)d hours.",
                sent,
            ) % {"count": sent, "hours": hours}
            return
