"""Who opens the pages of campaigns, and what is typed there."""

from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign
from tests.factories.audiences import make_segment
from tests.factories.templates import make_version

Status = Campaign.Status


def client_of(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(campaign, name="change"):
    return reverse(f"admin:campaigns_campaign_{name}", args=[campaign.pk])


def typed(**changes):
    """What the form of a good draft holds."""
    return {
        "name": "Natale crocchette",
        "template_version": make_version().pk,
        "segment": make_segment().segment.pk,
        "variable-FIRST_NAME-from": "contact.first_name",
        "variable-FIRST_NAME-fallback": "amico",
        "spread_hours": "0",
        "holdout_percent": "0",
    } | changes
