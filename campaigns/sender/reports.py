"""Failures that Spoki reports by webhook: the same walls as a refusal in the answer, counted once.

The message was accepted, so the report says that it surely did not arrive. Where the code allows
it, it goes back to the queue, and what is told later about that earlier try is recognised by the
identifier which that try had.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import F, Func, Q, Value

from campaigns.models import Campaign, OutboundMessage
from campaigns.policies import policy_in_force
from campaigns.sender.outcome import Outcome, of_report
from campaigns.sender.reactions import Met, pause_at_wall, react

Status = OutboundMessage.Status
# What a failure may still come to: a delivery that is reported earlier or later wins.
_OPEN = (Status.SENDING, Status.ACCEPTED, Status.SENT, Status.UNKNOWN)
# Unknown is never sent again, whatever is reported.
_ONCE_MORE = (Status.SENDING, Status.ACCEPTED, Status.SENT)
_MAY_SEND = (Campaign.Status.SENDING, Campaign.Status.SCHEDULED, Campaign.Status.PAUSED)


def take_failure(
    message: OutboundMessage, *, uuid: str | None, code: str, text: str, at: datetime, now: datetime
) -> bool:
    """Write down a failure of `message` and do what it demands; False if it was news of the past.

    `uuid` is the identifier under which Spoki knows the try that failed, without dashes.
    """
    policy = policy_in_force()
    dice = message.key.int % 1000 / 1000
    outcome = of_report(code, attempts=message.attempts, policy=policy, dice=dice)
    if outcome.status == Status.QUEUED and not _put_back(message, outcome, uuid, text, now=now):
        outcome = _final(outcome)
    if outcome.status != Status.QUEUED and not _fail(message, outcome, text, at=at):
        return False
    met = Met(
        message.account_id,
        message.kind,
        message.campaign_id,
        message.template_version_id,
        message.contact_id,
        message.key,
    )
    react(outcome, met, now=now, policy=policy)
    pause_at_wall(message.campaign_id, policy=policy, key=message.key, now=now)
    return True


def _final(outcome: Outcome) -> Outcome:
    """The same, for a message that may not go again; what the account must do stays."""
    return Outcome(
        Status.FAILED,
        outcome.reason,
        error_code=outcome.error_code,
        freeze=outcome.freeze,
        halve=outcome.halve,
        account_pause=outcome.account_pause,
    )


def _fail(message: OutboundMessage, outcome: Outcome, text: str, *, at: datetime) -> bool:
    moved = OutboundMessage.objects.filter(pk=message.pk, status__in=_OPEN).update(
        status=Status.FAILED,
        ended_at=at,
        error_code=outcome.error_code[:40],
        error_text=text[:300],
        reason=outcome.reason,
    )
    return moved == 1


def _put_back(
    message: OutboundMessage, outcome: Outcome, uuid: str | None, text: str, *, now: datetime
) -> bool:
    """Queue it once more; False if its campaign may not send any more, or if it is too late.

    Without an identifier of the try that failed, nobody could tell its news from the next one's.
    The campaign is locked first, as everybody does, so that it cannot end at the same moment.
    """
    tried = uuid or message.provider_uuid
    due_at = now + outcome.again_in if outcome.again_in is not None else now
    if not tried:
        return False
    with transaction.atomic():
        if not _may_send(message):
            return False
        in_time = Q(expires_at__isnull=True) | Q(expires_at__gt=due_at)
        moved = OutboundMessage.objects.filter(
            in_time, pk=message.pk, status__in=_ONCE_MORE
        ).update(
            status=Status.QUEUED,
            due_at=due_at,
            reason=outcome.reason,
            error_code=outcome.error_code[:40],
            error_text=text[:300],
            accepted_at=None,
            sent_at=None,
            provider_uuid=None,
            provider_id="",
            earlier_uuids=Func(F("earlier_uuids"), Value(tried), function="array_append"),
        )
    return moved == 1


def _may_send(message: OutboundMessage) -> bool:
    if message.campaign_id is None:
        return True
    campaign = Campaign.objects.select_for_update(no_key=True).filter(pk=message.campaign_id)
    return campaign.filter(status__in=_MAY_SEND).exists()
