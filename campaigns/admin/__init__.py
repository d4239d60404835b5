"""Campaigns, messages and the account in the admin."""

from campaigns.admin.account import SpokiAccountAdmin
from campaigns.admin.alerts import AlertAdmin
from campaigns.admin.campaign import CampaignAdmin
from campaigns.admin.events import CampaignEventAdmin
from campaigns.admin.flows import FlowAdmin
from campaigns.admin.messages import OutboundMessageAdmin
from campaigns.admin.policy import SendingPolicyAdmin
from campaigns.admin.rates import MessageRateAdmin
from campaigns.admin.routes import AutomationRouteAdmin
from campaigns.admin.settlements import SettlementAdmin

__all__ = [
    "AlertAdmin",
    "AutomationRouteAdmin",
    "CampaignAdmin",
    "CampaignEventAdmin",
    "FlowAdmin",
    "MessageRateAdmin",
    "OutboundMessageAdmin",
    "SendingPolicyAdmin",
    "SettlementAdmin",
    "SpokiAccountAdmin",
]
