"""By what the number of somebody who was forgotten is known again: a keyed hash, never the number."""

from collections.abc import Sequence

from django.utils.crypto import salted_hmac

from audiences.models import ContactErasure


def mark(phone: str) -> str:
    """Return by what an erased number is known again: a keyed hash."""
    return salted_hmac("audiences.privacy", phone, algorithm="sha256").hexdigest()


def erased_among(phones: Sequence[str]) -> set[str]:
    """Return which of these numbers belonged to somebody who was forgotten."""
    return set(_erasures(phones))


def withdrawn_among(phones: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return by number what somebody who was forgotten had unsubscribed from: purpose → when (ISO)."""
    return {phone: last.withdrawn for phone, last in _erasures(phones).items() if last.withdrawn}


def _erasures(phones: Sequence[str]) -> dict[str, ContactErasure]:
    marks = {mark(phone): phone for phone in phones}
    found = ContactErasure.objects.filter(marks__overlap=list(marks)).order_by("at", "pk")
    return {marks[known]: row for row in found for known in row.marks if known in marks}
