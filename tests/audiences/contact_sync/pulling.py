"""What a sweep found, and people who agreed."""

from audiences.consent import record_consent
from audiences.models import (
    SyncConflict,
)


def conflicts():
    rows = SyncConflict.objects.order_by("pk")
    return [(row.kind, row.ours, row.theirs, row.winner) for row in rows]


def give_consent(contact, world):
    record_consent(
        contact=contact,
        purpose="whatsapp_marketing",
        state="given",
        source="checkout",
        evidence="Casella spuntata",
        at=world.now,
        now=world.now,
    )
