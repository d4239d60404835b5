"""What a campaign is, the account that sends it, and the outbox of messages."""

from campaigns.models.account import Quality, SenderReport, SpokiAccount, WhatsAppNumber
from campaigns.models.alert import Alert
from campaigns.models.campaign import Campaign, CampaignEvent, TransitionRefused
from campaigns.models.flow import Flow, FlowEntry, FlowEvent, FlowTest, FlowVersion
from campaigns.models.ledger import ClockReading, Grant, TierMinute, TierRecipient
from campaigns.models.outbox import ConversationWindow, Lane, OutboundMessage
from campaigns.models.policy import SendingPolicy
from campaigns.models.rate import MessageRate
from campaigns.models.rollout import Rollout
from campaigns.models.route import AutomationRoute, RouteEvent, RouteProbe
from campaigns.models.settlement import Settlement
from campaigns.models.use import UseCount

__all__ = [
    "Alert",
    "AutomationRoute",
    "Campaign",
    "CampaignEvent",
    "ClockReading",
    "ConversationWindow",
    "Flow",
    "FlowEntry",
    "FlowEvent",
    "FlowTest",
    "FlowVersion",
    "Grant",
    "Lane",
    "MessageRate",
    "OutboundMessage",
    "Quality",
    "Rollout",
    "RouteEvent",
    "RouteProbe",
    "SenderReport",
    "SendingPolicy",
    "Settlement",
    "SpokiAccount",
    "TierMinute",
    "TierRecipient",
    "TransitionRefused",
    "UseCount",
    "WhatsAppNumber",
]
