"""Template drafts with valid defaults, in any state."""

from __future__ import annotations

from itertools import count
from typing import Any

from django.contrib.auth.models import User

from templates_sync.models import CustomField, TemplateDraft
from tests.conftest import NOW

_numbers = count(1)


def make_writer(name: str, **changes: Any) -> User:
    """Return the user of this name, made at the first call."""
    user, _ = User.objects.get_or_create(username=name, defaults={"is_staff": True} | changes)
    return user


def make_draft(**changes: Any) -> TemplateDraft:
    """Create a draft by giulia; one that has left the review was approved by marco."""
    giulia = changes.pop("author", None) or make_writer("giulia")
    status = changes.get("status", "draft")
    is_approved = status not in {"draft", "in_review"}
    fields: dict[str, Any] = {
        "name": f"bozza_{next(_numbers)}",
        "language": "it",
        "category": "marketing",
        "body": f"Ciao %%FIRST_NAME%%, oggi *sconto* su tutto, giro {next(_numbers)}.",
        "footer": "Rispondi STOP per non ricevere altro",
        "examples": {"FIRST_NAME": "Ada"},
        "author": giulia,
        "last_editor": giulia,
        "created_at": NOW,
        "updated_at": NOW,
        "approved_by": make_writer("marco") if is_approved else None,
    } | changes
    return TemplateDraft.objects.create(**fields)


def make_field(code: str, **changes: Any) -> CustomField:
    """Create what is known of a custom field of Spoki; without `seen_at` Spoki does not have it."""
    return CustomField.objects.create(code=code, **changes)
