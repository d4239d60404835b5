"""Who we know, what they agreed to, and whom a campaign was addressed to."""

from audiences.models.consent import ConsentPurpose, ConsentRecord
from audiences.models.contact import ConsentState, Contact
from audiences.models.contact_import import (
    ContactImport,
    ContactImportPiece,
    ContactImportProblem,
)
from audiences.models.contact_sync import (
    ContactPush,
    ContactSyncRun,
    ContactToRead,
    SpokiContact,
    SpokiField,
    SpokiPace,
    SyncConflict,
)
from audiences.models.reduction import SnapshotReduction
from audiences.models.segment import Segment, SegmentVersion
from audiences.models.snapshot import Snapshot, SnapshotMember

__all__ = [
    "ConsentPurpose",
    "ConsentRecord",
    "ConsentState",
    "Contact",
    "ContactImport",
    "ContactImportPiece",
    "ContactImportProblem",
    "ContactPush",
    "ContactSyncRun",
    "ContactToRead",
    "Segment",
    "SegmentVersion",
    "Snapshot",
    "SnapshotMember",
    "SnapshotReduction",
    "SpokiContact",
    "SpokiField",
    "SpokiPace",
    "SyncConflict",
]
