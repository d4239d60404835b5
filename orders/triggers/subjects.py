"""The names of what happened, as flows keep them, and back: "parcel:4", "refill:17:2026-11-23"."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from django.db.models import CharField, Exists, OuterRef, Value
from django.db.models.functions import Cast, Concat

from campaigns.models import Flow, FlowEntry


def number_in(subject: str, kind: str) -> int | None:
    """Return the key in "<kind>:<key>"; None for a subject of another kind."""
    named, _, key = subject.partition(":")
    return int(key) if named == kind and key.isdecimal() else None


def numbers_in(subjects: Collection[str], kind: str) -> dict[int, str]:
    """Return key → subject of those of this kind."""
    found = ((number_in(subject, kind), subject) for subject in subjects)
    return {key: subject for key, subject in found if key is not None}


def dated_in(subject: str, kind: str) -> tuple[int, date] | None:
    """Return key and day of "<kind>:<key>:<day>"; None for a subject of another kind."""
    named, _, rest = subject.partition(":")
    key, _, day = rest.partition(":")
    if named != kind or not key.isdecimal():
        return None
    try:
        return int(key), date.fromisoformat(day)
    except ValueError:
        return None


def is_awaited(keys: Sequence[str]) -> bool:
    """Return whether an enabled flow waits for one of these triggers: else there is nothing to look for."""
    return Flow.objects.filter(trigger__in=keys, status=Flow.Status.ENABLED).exists()


def was_told(trigger: str, kind: str) -> Exists:
    """Return whether a flow of `trigger` was told of the row "<kind>:<its key>" already."""
    subject = Concat(Value(f"{kind}:"), Cast(OuterRef("pk"), CharField()))
    return Exists(FlowEntry.objects.filter(flow__trigger=trigger, subject=subject))
