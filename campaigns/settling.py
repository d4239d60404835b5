"""A person settles what no webhook did: the message is assumed sent, or released to go again.

A machine never sends again what may have left. A person may, once per message, knowing that it may
arrive twice. Each decision is kept with who took it, when, why and what was known.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Func, UUIDField
from django.utils.translation import gettext as _

from campaigns.evidence import Fact, facts_about
from campaigns.models import Campaign, CampaignEvent, OutboundMessage, Settlement

# So many at once fit on a page and into one transaction.
MOST_AT_ONCE = 5_000
Decision = Settlement.Decision
Status = OutboundMessage.Status
# What has ended by itself opens again for those who are released; what a person stopped does not.
_MAY_STILL_SEND = frozenset(
    {
        Campaign.Status.SCHEDULED,
        Campaign.Status.SENDING,
        Campaign.Status.PAUSED,
        Campaign.Status.DONE,
    }
)


class SettlementRefused(Exception):
    """Nothing was decided; `str()` says why, for a person."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of a decision: how many messages it moved, were settled meanwhile, or refused.

    `refused` is sentence → how many.
    """

    done: int
    meanwhile: int = 0
    refused: Counter[str] = field(default_factory=Counter)


def digest_of(facts: dict[int, list[Fact]]) -> str:
    """Return a fingerprint of what a person was shown, so that a decision is taken on that."""
    shown = {str(pk): [fact.as_dict() for fact in known] for pk, known in facts.items()}
    text = json.dumps(shown, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def unsettled(message_ids: Collection[int]) -> list[OutboundMessage]:
    """Return those of the messages that are still unknown, oldest first."""
    return list(
        OutboundMessage.objects.filter(pk__in=message_ids, status=Status.UNKNOWN)
        .select_related("contact", "campaign", "template_version__template")
        .order_by("sending_at", "pk")
    )


@transaction.atomic
def settle(
    *,
    message_ids: Collection[int],
    decision: str,
    by: User,
    why: str,
    now: datetime,
    seen: str | None = None,
) -> Settled:
    """Take one decision about these messages. `seen` is the digest of what was shown.

    :raises SettlementRefused: no reason given, too many, something new is known since the person
        looked, all were settled meanwhile, or none may be released.
    """
    _require(message_ids, why)
    messages = _locked(message_ids)
    meanwhile = len(set(message_ids)) - len(messages)
    if not messages:
        raise SettlementRefused(_("They were all settled meanwhile: nothing is left to decide."))
    facts = facts_about(messages)
    if seen is not None and not meanwhile and seen != digest_of(facts):
        raise SettlementRefused(_("Something new is known since you looked: look again."))
    refused = _refused(messages, decision, now=now)
    going = [message for message in messages if message.pk not in refused]
    reasons = Counter(refused.values())
    if not going:
        raise SettlementRefused(" ".join(sorted(reasons)))
    _write_down(going, facts, decision=decision, by=by, why=why.strip(), now=now)
    _move(going, decision, now=now)
    if decision == Decision.RELEASED:
        _open_again(going, by=by, now=now)
    _tell(going, decision, by=by, why=why.strip(), now=now)
    return Settled(len(going), meanwhile, reasons)


def why_not_released(message: OutboundMessage, *, was_released: bool, now: datetime) -> str:
    """Return why the message may not go again; empty if it may."""
    if was_released:
        return _("It was sent again once already: twice is not possible.")
    if message.provider_uuid or message.provider_id:
        return _("Spoki gave it an identifier: it did leave.")
    if message.campaign is not None and message.campaign.status not in _MAY_STILL_SEND:
        return _("Its campaign was stopped for good: it cannot be sent again.")
    if message.expires_at is not None and message.expires_at <= now:
        return _("Its last moment to be sent has passed.")
    return ""


def _require(message_ids: Collection[int], why: str) -> None:
    if not message_ids:
        raise SettlementRefused(_("Choose at least one message."))
    if len(message_ids) > MOST_AT_ONCE:
        raise SettlementRefused(
            _("At most %(most)s at once: choose fewer.") % {"most": MOST_AT_ONCE}
        )
    if not why.strip():
        raise SettlementRefused(_("Say why: whoever asks later will read it."))


def _locked(message_ids: Collection[int]) -> list[OutboundMessage]:
    """Lock the campaigns, then the messages that are still unknown, in the order of everybody."""
    concerned = OutboundMessage.objects.filter(pk__in=message_ids, campaign__isnull=False)
    campaigns = Campaign.objects.select_for_update(no_key=True).filter(
        pk__in=set(concerned.values_list("campaign", flat=True))
    )
    list(campaigns.order_by("pk"))
    locked = (
        OutboundMessage.objects.select_for_update(of=("self",))
        .filter(pk__in=message_ids, status=Status.UNKNOWN)
        .select_related("campaign", "template_version__template")
    )
    return list(locked.order_by("pk"))


def _refused(
    messages: Sequence[OutboundMessage], decision: str, *, now: datetime
) -> dict[int, str]:
    if decision != Decision.RELEASED:
        return {}
    ids = [message.pk for message in messages]
    released = set(
        Settlement.objects.filter(message__in=ids, decision=Decision.RELEASED).values_list(
            "message", flat=True
        )
    )
    reasons = {
        message.pk: why_not_released(message, was_released=message.pk in released, now=now)
        for message in messages
    }
    return {pk: reason for pk, reason in reasons.items() if reason}


def _write_down(
    messages: Sequence[OutboundMessage],
    facts: dict[int, list[Fact]],
    *,
    decision: str,
    by: User,
    why: str,
    now: datetime,
) -> None:
    Settlement.objects.bulk_create(
        Settlement(
            message=message,
            campaign=message.campaign,
            decision=decision,
            at=now,
            by=by,
            why=why,
            evidence=[fact.as_dict() for fact in facts[message.pk]],
            reason=message.reason,
            sending_at=message.sending_at or now,
            former_key=message.key if decision == Decision.RELEASED else None,
        )
        for message in messages
    )


def _move(messages: Sequence[OutboundMessage], decision: str, *, now: datetime) -> None:
    """Move the locked rows. A released one gets a new key: what Spoki tells of the first attempt
    must not be taken for news of the second."""
    rows = OutboundMessage.objects.filter(
        pk__in=[message.pk for message in messages], status=Status.UNKNOWN
    )
    if decision == Decision.ASSUMED_SENT:
        rows.update(status=Status.SENT, reason="assumed_sent", error_code="", error_text="")
        return
    rows.update(
        status=Status.QUEUED,
        key=Func(function="gen_random_uuid", output_field=UUIDField()),
        due_at=now,
        reason="released",
        error_code="",
        error_text="",
        accepted_at=None,
        lease_until=None,
        leased_by=None,
    )


def _open_again(messages: Sequence[OutboundMessage], *, by: User, now: datetime) -> None:
    """Let the finished campaigns of released messages go on until these have left.

    One that was stopped by a machine before it ended stays stopped: a person judges that first.
    """
    finished = {
        message.campaign.pk: message.campaign
        for message in messages
        if message.campaign is not None and message.campaign.status == Campaign.Status.DONE
    }
    for campaign in finished.values():
        goes_on = Campaign.Status.PAUSED if campaign.pause_code else Campaign.Status.SENDING
        campaign.move_to(goes_on, now=now, ended_at=None)
        CampaignEvent.objects.create(campaign=campaign, verb="reopened", by=by, at=now)


def _tell(
    messages: Sequence[OutboundMessage], decision: str, *, by: User, why: str, now: datetime
) -> None:
    counts = Counter(m.campaign_id for m in messages if m.campaign_id is not None)
    for campaign_id, count in counts.items():
        CampaignEvent.objects.create(
            campaign_id=campaign_id,
            verb=f"settled_{decision}",
            by=by,
            at=now,
            figures={"recipients": count, "reason": why},
        )
