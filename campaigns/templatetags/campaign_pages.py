"""Addresses of a campaign's pages, for templates."""

from django import template

from audiences.language_names import language_name
from campaigns import addresses
from campaigns.models import Campaign

register = template.Library()


@register.filter
def in_words(code: str) -> str:
    """Return how the reader calls the language of that code."""
    return language_name(code)


@register.simple_tag
def campaign_url(campaign: Campaign, name: str = "change") -> str:
    """Return the address of one of the campaign's pages."""
    return addresses.campaign_url(campaign, addresses.address_name(name))
