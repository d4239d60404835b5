"""Templates with a history: versions, campaigns that used them, and messages in any state."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Campaign, OutboundMessage
from campaigns.scoreboard.counting import count_due
from templates_sync.models import Template, TemplateVersion
from tests.factories.campaigns import make_campaign, make_message
from tests.factories.crowds import multiply
from tests.factories.templates import make_template, make_version

Status = Campaign.Status


def make_history(*bodies: str, name: str = "natale") -> list[TemplateVersion]:
    """A template whose text was changed: a version per body, the last one in force."""
    template = make_template(name=name)
    versions = []
    for number, body in enumerate(bodies, 1):
        superseded = {"superseded_at": timezone.now()} if number < len(bodies) else {}
        versions.append(make_version(template=template, number=number, body=body, **superseded))
    return versions


def make_done(version: TemplateVersion, **changes: Any) -> Campaign:
    """A campaign of `version` that ended ten days ago, an hour after it began."""
    began = changes.pop("began", timezone.now() - timedelta(days=10))
    dates = {"launched_at": began, "started_at": began, "ended_at": began + timedelta(hours=1)}
    return make_campaign(status=Status.DONE, template_version=version, **dates | changes)


def send(campaign: Campaign, people: int = 1, **changes: Any) -> OutboundMessage:
    """Write so many messages alike of `campaign`, which left when it began."""
    fields: dict[str, Any] = {"campaign": campaign, "status": "delivered"} | changes
    if fields["status"] not in {"queued", "skipped", "expired"}:
        fields.setdefault("sending_at", campaign.started_at)
    message = make_message(**fields)
    if people > 1:
        own = {
            "key": "gen_random_uuid()",
            "contact_id": "source.contact_id * 1000000 + n",
            "phone": "'+39351' || lpad(n::text, 7, '0')",
        }
        multiply(message, people - 1, **own)
    Campaign.objects.filter(pk=campaign.pk).update(total=campaign.messages.count())
    return message


def count(template: Template | None = None) -> None:
    """Count whatever is due."""
    count_due(now=timezone.now(), template=template)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def figures(template: Template) -> str:
    """The page of a template's figures."""
    return reverse("admin:campaigns_campaign_figures", args=[template.pk])


def file(template: Template) -> str:
    """The same as a file."""
    return reverse("admin:campaigns_campaign_figures_file", args=[template.pk])


def html_of(answer: Any) -> str:
    return str(answer.content.decode())
