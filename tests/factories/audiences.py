"""Contacts, segments and snapshots with valid defaults."""

from collections.abc import Sequence
from itertools import count
from typing import Any

from django.db import connection

from audiences.models import (
    ConsentRecord,
    ConsentState,
    Contact,
    Segment,
    SegmentVersion,
    Snapshot,
    SnapshotMember,
)
from audiences.models.snapshot import TAKING_SNAPSHOT
from tests.conftest import NOW

_number = count(1)


def make_contact(**changes: Any) -> Contact:
    """An Italian mobile that agreed to marketing; the ledger says the same as the columns."""
    number = next(_number)
    fields: dict[str, Any] = {
        "phone": f"+39347{number:07d}",
        "first_name": "Giulia",
        "last_name": "Rossi",
        "language": "it",
        "country": "IT",
        "marketing_consent": ConsentState.GIVEN,
    } | changes
    fields.setdefault("can_receive_whatsapp", fields["phone"] is not None)
    for purpose in ("marketing", "orders"):
        if fields.get(f"{purpose}_consent", ConsentState.UNKNOWN) != ConsentState.UNKNOWN:
            fields.setdefault(f"{purpose}_consent_at", NOW)
    contact = Contact.objects.create(**fields)
    _write_ledger(contact)
    return contact


def _write_ledger(contact: Contact) -> None:
    said = [
        ("whatsapp_marketing", contact.marketing_consent, contact.marketing_consent_at),
        ("order_updates", contact.orders_consent, contact.orders_consent_at),
    ]
    ConsentRecord.objects.bulk_create(
        ConsentRecord(
            contact=contact,
            purpose=purpose,
            state=state,
            phone=contact.phone or "",
            source="checkout",
            evidence="Casella spuntata al checkout",
            at=at,
            recorded_at=at,
        )
        for purpose, state, at in said
        if state != ConsentState.UNKNOWN and at is not None
    )


def rules_of(*rules: list[Any], mode: str = "all") -> dict[str, Any]:
    """A rule tree of one group."""
    return {"v": 1, "groups": [{"mode": mode, "rules": list(rules)}]}


ITALIANS = rules_of(["contact.language", "is", "it"])


def make_segment(**changes: Any) -> SegmentVersion:
    """The first version of a new segment: whoever writes Italian, unless `rules` say otherwise."""
    rules = changes.pop("rules", ITALIANS)
    by = changes.get("created_by")
    segment = Segment.objects.create(**{"name": f"Segmento {next(_number)}"} | changes)
    return SegmentVersion.objects.create(segment=segment, number=1, rules=rules, created_by=by)


def make_snapshot(contacts: Sequence[Contact] = (), **changes: Any) -> Snapshot:
    """A snapshot of exactly these contacts, written as `take_snapshot` would; `params` goes to every member.

    Whoever is also in `held_out` belongs to the control group.
    """
    params = changes.pop("params", {})
    held_out = changes.pop("held_out", ())
    version = changes.pop("segment_version", None) or make_segment()
    fields: dict[str, Any] = {
        "definition": {"rules": version.rules},
        "total": len(contacts),
        "digest": "0" * 64,
        "made_at": NOW,
    } | changes
    snapshot = Snapshot.objects.create(segment_version=version, **fields)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, 'on', false)", [TAKING_SNAPSHOT])
        SnapshotMember.objects.bulk_create(
            SnapshotMember(
                snapshot=snapshot,
                contact=contact,
                phone=contact.phone or "",
                language=contact.language,
                zone=contact.timezone,
                params=params,
                is_holdout=contact in held_out,
            )
            for contact in contacts
        )
        cursor.execute("SELECT set_config(%s, '', false)", [TAKING_SNAPSHOT])
    return snapshot
