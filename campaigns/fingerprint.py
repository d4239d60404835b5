"""What an approval binds: everything that decides who receives what, when and how fast."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from campaigns.account import current_account
from campaigns.definition import definition_of
from campaigns.models import Campaign, Flow, SpokiAccount, WhatsAppNumber
from campaigns.policies import policy_in_force
from campaigns.sender.limits import limits_of


def fingerprint(campaign: Campaign) -> str:
    """Return 64 hex digits that change with anything an approver looked at.

    Bound are content and category of the template version, the wording of the segments,
    variables, schedule, spread, shares, the number, and the limits that people set.
    """
    bound = {**_content(campaign), **_audience(campaign), **_pace(campaign)}
    canonical = json.dumps(bound, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _content(campaign: Campaign) -> Mapping[str, object]:
    version = campaign.template_version
    return {
        "version": campaign.template_version_id,
        "content": version.content_hash if version else "",
        "category": version.category if version else "",
        "variables": campaign.variables,
    }


def _audience(campaign: Campaign) -> Mapping[str, object]:
    definition = definition_of(campaign)
    return {
        "segment": definition.version.pk if definition.version else None,
        "excluded": sorted(version.pk for version in definition.excluded),
        "holdout_share": f"{campaign.holdout_share:.3f}",
    }


def _pace(campaign: Campaign) -> Mapping[str, object]:
    account = current_account()
    limits = limits_of(account, policy_in_force())
    return {
        "send_after": _moment(campaign.send_after),
        "send_before": _moment(campaign.send_before),
        "spread_hours": f"{campaign.spread_hours:.2f}",
        "canary_share": f"{campaign.canary_share:.3f}",
        "number": _number(campaign, account),
        "limits": [
            limits.per_minute,
            limits.per_hour,
            account.margin,
            account.marketing_share,
            account.daily_limit_override,
        ],
    }


def number_of(sender: Campaign | Flow, account: SpokiAccount) -> WhatsAppNumber | None:
    """Return the number the campaign or flow leaves from: its own, else the account's default."""
    return sender.number or account.numbers.filter(is_default=True).first()


def _number(campaign: Campaign, account: SpokiAccount) -> int | None:
    number = number_of(campaign, account)
    return number.pk if number else None


def _moment(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat() if moment else ""
