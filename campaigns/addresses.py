"""Where the campaign's own pages are."""

from django.urls import reverse

from campaigns.models import Campaign


def campaign_url(campaign: Campaign, name: str = "change") -> str:
    """Return the address of one of the campaign's pages: change, progress, submit, launch, …"""
    return reverse(f"admin:campaigns_campaign_{name}", args=[campaign.pk])


def address_name(path: str) -> str:
    """Return the name of the address whose last part is `path`."""
    return path.replace("-", "_")
