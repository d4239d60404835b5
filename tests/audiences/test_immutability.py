"""The database itself refuses to rewrite evidence."""

from collections.abc import Callable

import pytest
from django.db import DatabaseError, models, transaction

from audiences.models import ConsentRecord, Contact, SegmentVersion, Snapshot, SnapshotMember
from tests.factories.audiences import make_contact, make_segment, make_snapshot

pytestmark = pytest.mark.django_db

EVIDENCE = [
    (ConsentRecord, {"evidence": "altro"}),
    (SegmentVersion, {"rules": {}}),
    (Snapshot, {"total": 9}),
    (SnapshotMember, {"phone": "+393331112223"}),
]


@pytest.fixture
def evidence() -> Contact:
    contact = make_contact()
    make_snapshot([contact])
    return contact


@pytest.mark.parametrize(("model", "change"), EVIDENCE)
def test_a_row_of_evidence_cannot_be_changed(
    evidence: Contact, model: type[models.Model], change: dict[str, object]
) -> None:
    before = list(model._default_manager.values())

    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        model._default_manager.update(**change)

    assert list(model._default_manager.values()) == before


@pytest.mark.parametrize(("model", "_change"), EVIDENCE)
def test_a_row_of_evidence_cannot_be_deleted(
    evidence: Contact, model: type[models.Model], _change: object
) -> None:
    with pytest.raises(DatabaseError, match=r"Cannot (update or )?delete"), transaction.atomic():
        model._default_manager.all()._raw_delete("default")

    assert model._default_manager.count() == 1


def test_nobody_joins_a_snapshot_afterwards() -> None:
    snapshot = make_snapshot([make_contact()])
    latecomer = make_contact()

    with pytest.raises(DatabaseError, match="while a snapshot is taken"), transaction.atomic():
        SnapshotMember.objects.create(
            snapshot=snapshot,
            contact=latecomer,
            phone=latecomer.phone or "",
            language="it",
            zone="UTC",
        )

    assert snapshot.members.count() == 1


def _unproven_consent() -> object:
    contact = make_contact(marketing_consent="unknown")
    return ConsentRecord.objects.create(
        contact=contact,
        purpose="whatsapp_marketing",
        state="given",
        source="csv",
        at=contact.created_at,
        recorded_at=contact.created_at,
    )


def _second_version_one() -> object:
    version = make_segment()
    return SegmentVersion.objects.create(segment=version.segment, number=1, rules={})


@pytest.mark.parametrize(
    ("name", "break_it"),
    [
        ("contact_phone_is_e164", lambda: make_contact(phone="347 1234567")),
        (
            "contact_whatsapp_needs_phone",
            lambda: make_contact(phone=None, can_receive_whatsapp=True),
        ),
        ("consent_needs_evidence", _unproven_consent),
        ("segment_version_number", _second_version_one),
    ],
)
def test_the_database_refuses_a_state_that_cannot_be(
    name: str, break_it: Callable[[], object]
) -> None:
    with pytest.raises(DatabaseError, match=name), transaction.atomic():
        break_it()
