"""What a failure that Spoki reports later sets off: the same walls as a refusal in the answer."""

from datetime import datetime

from campaigns.models import OutboundMessage
from campaigns.sender.outcome import RULES
from campaigns.sender.pausing import pause_account, pause_campaign
from campaigns.sender.record import withdraw_marketing
from templates_sync.alerts import mark_paused


def failure_reason(code: str) -> str:
    """Return our reason for a reported error code; "refused" for one that we do not know."""
    rule = RULES.get(code)
    return rule.reason if rule is not None else "refused"


def react_to_failure(message: OutboundMessage, *, code: str, now: datetime) -> None:
    """Pause or suppress as the code demands; the message itself is already marked as failed."""
    rule = RULES.get(code)
    if rule is None:
        return
    if rule.account_pause:
        pause_account(account_id=message.account_id, code=rule.account_pause, detail=code)
    if rule.campaign_pause:
        _stop_template(message, rule.campaign_pause, code, now)
    if rule.withdraw:
        withdraw_marketing(contact_id=message.contact_id, code=code, key=message.key)


def _stop_template(message: OutboundMessage, pause: str, code: str, now: datetime) -> None:
    version = message.template_version
    if version is not None and pause in {"template_paused", "template_disabled"}:
        mark_paused(version=version, reason=code, now=now)
    if message.campaign_id is not None:
        pause_campaign(campaign_id=message.campaign_id, code=pause, detail=code)
