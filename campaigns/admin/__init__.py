"""Campaigns, messages and the account in the admin."""

from campaigns.admin.account import SpokiAccountAdmin
from campaigns.admin.campaign import CampaignAdmin
from campaigns.admin.events import CampaignEventAdmin
from campaigns.admin.messages import OutboundMessageAdmin

__all__ = ["CampaignAdmin", "CampaignEventAdmin", "OutboundMessageAdmin", "SpokiAccountAdmin"]
