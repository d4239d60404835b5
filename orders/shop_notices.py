"""What people are told about the connection with Shopify."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone

from campaigns.alerts import watch


def note_version(what: str, text: str) -> None:
    """Tell people once that Shopify warns of the version of its API that we use.

    `what`: "deprecated" with Shopify's reason, or "version" with the one that it answered in.
    """
    watch(
        code=f"shopify_{what}",
        holds=True,
        figures={"asked": settings.SHOPIFY_API_VERSION, "said": text[:200]},
        now=timezone.now(),
        subject=settings.SHOPIFY_API_VERSION,
    )
