"""Addresses of a campaign's pages, for templates."""

from django import template

from campaigns import addresses
from campaigns.models import Campaign

register = template.Library()


@register.simple_tag
def campaign_url(campaign: Campaign, name: str = "change") -> str:
    """Return the address of one of the campaign's pages."""
    return addresses.campaign_url(campaign, addresses.address_name(name))
