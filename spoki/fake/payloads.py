"""Answers as Spoki writes them, for the fake and for tests: valid defaults, any key changed."""

from collections.abc import Mapping, Sequence
from typing import Any

from spoki.types import placeholders


def template_payload(
    *,
    id: int = 1001,
    name: str = "autunno_crocchette",
    language: str = "it",
    status: str | int = "APPROVED",
    category: str = "MARKETING",
    body: str = "Ciao %%FIRST_NAME%%, le crocchette di Argo ti aspettano.",
    header: str | None = None,
    footer: str | None = None,
    buttons: Sequence[Mapping[str, object]] = (),
    rejection_reason: str | None = None,
    **changes: object,
) -> dict[str, Any]:
    """Return a template with one language, approved unless told otherwise."""
    codes = placeholders(body)
    localization = {
        "id": id * 10,
        "language": language,
        "status": status,
        "rejection_reason": rejection_reason,
        "header_template_component": _component("HEADER", header, "text"),
        "body_template_component": _component("BODY", body),
        "footer_template_component": _component("FOOTER", footer),
        "templatebuttoncomponent_set": [dict(button) for button in buttons],
        "example_custom_fields": dict.fromkeys(codes, "Esempio"),
        "example_header_media": None,
        "default_header_media": None,
    }
    return {
        "id": id,
        "name": name,
        "category": category,
        "subcategory": "CLASSIC",
        "is_approved": str(status).upper() in {"APPROVED", "2", "4"},
        "is_favorite": False,
        "customfield_set": list(codes),
        "template_groups": [],
        "templatelocalization_set": [localization],
        **changes,
    }


def _component(kind: str, text: str | None, format: str | None = None) -> dict[str, object] | None:
    if text is None:
        return None
    return {"component_type": kind, "format": format, "text": text, "parameters": []}


def account_payload(**changes: object) -> dict[str, Any]:
    """Return an account in good health, with 1,000 euro of credit."""
    return {
        "id": 1,
        "name": "Zampa",
        "phone": "390000000000",
        "phone_status": "connected",
        "quality_score": "high",
        "quality_reasons": None,
        "daily_limit": 100_000,
        "contacted_in_24h": 0,
        "contacted_in_7d": 0,
        "current_credit": 1_000_000,
        "timezone": "Europe/Rome",
        "account_type": 2,
        "is_active": True,
        "primary_channel_id": 7,
        **changes,
    }


def channel_payload(**changes: object) -> dict[str, Any]:
    """Return the primary number of the account of `account_payload`."""
    return {
        "id": 7,
        "name": "Zampa",
        "phone": "+390000000000",
        "phone_status": "connected",
        "quality_score": "high",
        "daily_limit": 100_000,
        "is_primary": True,
        "is_active": True,
        **changes,
    }


def contact_payload(
    *, id: int = 501, phone: str = "+393330000001", **changes: object
) -> dict[str, Any]:
    """Return a contact that never said anything about marketing."""
    return {
        "id": id,
        "phone": phone,
        "first_name": "Ada",
        "last_name": "Bianchi",
        "email": None,
        "language": "it",
        "status": "Not Declared",
        "is_blocked": False,
        "has_invalid_phone": False,
        "contactfield_set": [],
        "tag_set": [],
        "created_datetime": "2026-09-01T08:00:00.000000+00:00",
        **changes,
    }


def automation_payload(
    *,
    id: int = 301,
    name: str = "Campagna Natale",
    uuid: str = "9d3f0000-aaaa-4bbb-8ccc-000000000001",
    secret: str = "auto-secret",  # noqa: S107 - an invented one
    **changes: object,
) -> dict[str, Any]:
    """Return an automation that an API trigger starts."""
    link = f"https://api.spoki.com/wh/ap/{uuid}/"
    return {
        "id": id,
        "name": name,
        "is_active": True,
        "is_favorite": False,
        "created_datetime": "2026-09-01T08:00:00.000000+00:00",
        "updated_datetime": "2026-09-01T08:00:00.000000+00:00",
        "first_message_text": "Ciao %%FIRST_NAME%%, le crocchette di Argo ti aspettano.",
        "webhook_set": [{"uuid": uuid, "link": link, "secret": secret, "is_active": True}],
        **changes,
    }
