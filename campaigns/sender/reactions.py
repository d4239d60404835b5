"""What an outcome sets off beyond its own row: of the account, the campaign, the person, people."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from audiences.consent import record_consent
from audiences.models import Contact
from campaigns.alerts import raise_alert
from campaigns.flows import wall as flow_wall
from campaigns.models import Campaign
from campaigns.sender.breaker import NO_ANSWER, find_wall
from campaigns.sender.outcome import Outcome
from campaigns.sender.pausing import pause_account, pause_campaign, slow_down
from campaigns.sender.policy import Policy
from campaigns.sender.unreachable import CLOSED, calling_code
from templates_sync.alerts import mark_paused
from templates_sync.models import TemplateVersion


@dataclass(frozen=True, slots=True)
class Met:
    """The message that met it, whether the answer told or a webhook did."""

    account_id: int
    kind: str
    campaign_id: int | None
    version_id: int | None
    contact_id: int
    key: UUID


def react(outcome: Outcome, met: Met, *, now: datetime, policy: Policy) -> None:
    """Do what `outcome` demands; each step is harmless when repeated."""
    if outcome.freeze is not None:
        slow_down(
            account_id=met.account_id,
            rest=outcome.freeze,
            halve=outcome.halve,
            kind=met.kind if outcome.halve else "all",
            policy=policy,
        )
    if outcome.account_pause:
        pause_account(
            account_id=met.account_id, code=outcome.account_pause, detail=outcome.error_code
        )
    if outcome.campaign_pause:
        _stop_template(outcome, met, now=now)
    if outcome.withdraw:
        withdraw_marketing(contact_id=met.contact_id, code=outcome.error_code, key=met.key, now=now)
    if outcome.reason == "country_restricted":
        tell_closed_country(met.contact_id, now=now)
    if outcome.is_new_code:
        tell_new_code(outcome.error_code, campaign_id=met.campaign_id, now=now)


def pause_at_wall(
    campaign_id: int | None, *, policy: Policy, key: UUID | None = None, now: datetime
) -> None:
    """Pause the campaign, or the flow of the message with this `key`, whose messages met a wall."""
    if campaign_id is None and key is not None:
        flow_wall.stop_at_wall(key=key, policy=policy, now=now)
    if campaign_id is None or not (code := find_wall(campaign_id, policy=policy)):
        return
    pause = "repeated_unknown" if code == NO_ANSWER else "repeated_refusals"
    pause_campaign(campaign_id=campaign_id, code=pause, detail=code)


def tell_new_code(code: str, *, campaign_id: int | None, now: datetime) -> None:
    """Tell people of a code that nobody knew, once and never again."""
    figures = {"error": code, "campaign_id": campaign_id}
    raise_alert(code="unknown_code", subject=code[:60], figures=figures, now=now, is_once=True)


def tell_closed_country(contact_id: int, *, now: datetime) -> None:
    """Tell people of a country that Meta closed to us; marketing leaves it alone for a day."""
    phone = Contact.objects.filter(pk=contact_id).values_list("phone", flat=True).first()
    if phone and (country := calling_code(str(phone))):
        raise_alert(
            code=CLOSED, subject=country, figures={"country": country}, now=now, is_once=True
        )


def withdraw_marketing(*, contact_id: int, code: str, key: UUID, now: datetime) -> None:
    """Record that the person stopped marketing from us, with the refused message as evidence."""
    contact = Contact.objects.filter(pk=contact_id).first()
    if contact is None:
        return
    record_consent(
        contact=contact,
        purpose="whatsapp_marketing",
        state="withdrawn",
        source=f"whatsapp {code}",
        evidence=f"message {key.hex}",
        at=now,
        now=now,
    )


def _stop_template(outcome: Outcome, met: Met, *, now: datetime) -> None:
    if outcome.campaign_pause in {"template_paused", "template_disabled"}:
        version = TemplateVersion.objects.filter(pk=met.version_id or 0).first()
        if version is not None:
            mark_paused(version=version, reason=outcome.error_code, now=now)
    if met.campaign_id is not None and Campaign.objects.filter(pk=met.campaign_id).exists():
        pause_campaign(
            campaign_id=met.campaign_id, code=outcome.campaign_pause, detail=outcome.error_code
        )
    elif met.campaign_id is None:
        flow_wall.stop_message_flow(
            key=met.key, code=outcome.campaign_pause, detail=outcome.error_code, now=now
        )
