"""The pages of contacts, segments and snapshots in the admin."""

from audiences.admin.contact_imports import ContactImportAdmin
from audiences.admin.contact_sync import (
    ContactSyncRunAdmin,
    RefusedContactAdmin,
    SyncConflictAdmin,
)
from audiences.admin.contacts import ContactAdmin
from audiences.admin.segments import SegmentAdmin
from audiences.admin.snapshots import SnapshotAdmin

__all__ = [
    "ContactAdmin",
    "ContactImportAdmin",
    "ContactSyncRunAdmin",
    "RefusedContactAdmin",
    "SegmentAdmin",
    "SnapshotAdmin",
    "SyncConflictAdmin",
]
