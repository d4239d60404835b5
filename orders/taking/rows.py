"""Rows as they are compared, locked and saved while news of Shopify is taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models

from orders.models import Order
from orders.subjects import Subject, take_turn

# Kept by us, not told by Shopify: no change of what the row says.
_OWN = frozenset(
    {
        "id",
        "created_at",
        "updated_at",
        "shopify_updated_at",
        "shopify_version",
        "field_versions",
        "cod_version",
    }
)


def locked_order(shopify_id: int) -> Order | None:
    """Return the order, locked; None if it is not known. Whoever asks at the same time waits."""
    take_turn(Subject("order", shopify_id))
    rows = Order.objects.select_for_update(of=("self",)).select_related("contact", "customer")
    return rows.filter(shopify_id=shopify_id).first()


def values_of(row: models.Model) -> dict[str, Any]:
    """Return the row's columns as they are now."""
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def changes_of(row: models.Model, before: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of the fields that differ from `before`."""
    return frozenset(
        field.name
        for field in row._meta.concrete_fields
        if getattr(row, field.attname) != before[field.attname] and field.name not in _OWN
    )


def save_changes(row: models.Model, before: Mapping[str, Any]) -> None:
    """Write the columns that differ from `before`, and nothing if none does."""
    changed = [
        field.name
        for field in row._meta.concrete_fields
        if getattr(row, field.attname) != before[field.attname]
    ]
    if changed:
        row.save(update_fields=[*changed, *_touched(row)])


def _touched(row: models.Model) -> list[str]:
    return ["updated_at"] if any(f.name == "updated_at" for f in row._meta.concrete_fields) else []
