"""Templates with valid defaults: an approved Italian marketing one that greets by name."""

from __future__ import annotations

from itertools import count
from typing import Any

from django.utils import timezone

from templates_sync.content import content_hash, variables_of
from templates_sync.models import Template, TemplateVersion
from tests.conftest import NOW

# Far from the ids of the simulator's own templates, which some tests name.
_spoki_ids = count(500_001)


def make_template(**changes: Any) -> Template:
    spoki_id = next(_spoki_ids)
    fields = {"name": f"promo_{spoki_id}", "language": "it", "spoki_id": spoki_id} | changes
    return Template.objects.create(**fields)


def make_version(**changes: Any) -> TemplateVersion:
    """Create a version, of a new template unless `template` is given; seen at NOW.

    By the clock of the machine it was seen just now as well: the sender reads that one.
    """
    fields: dict[str, Any] = {
        "number": 1,
        "header": None,
        "body": "Ciao %%FIRST_NAME%%, oggi *sconto 20%* su tutto l'umido.",
        "footer": "Rispondi STOP per non ricevere altro",
        "buttons": [],
        "status": TemplateVersion.Status.APPROVED,
        "category": TemplateVersion.Category.MARKETING,
        "examples": {"FIRST_NAME": "Ada"},
        "status_changed_at": NOW,
        "first_seen_at": NOW,
        "last_seen_at": max(NOW, timezone.now()),
    } | changes
    fields.setdefault("requested_category", fields["category"])
    content = {key: fields[key] for key in ("header", "body", "buttons")}
    fields.setdefault("variables", variables_of(**content))
    fields.setdefault("content_hash", content_hash(**content, footer=fields["footer"]))
    if "template" not in fields:
        fields["template"] = make_template()
    return TemplateVersion.objects.create(**fields)
