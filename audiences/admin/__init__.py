"""The pages of contacts, segments and snapshots in the admin."""

from audiences.admin.contacts import ContactAdmin
from audiences.admin.segments import SegmentAdmin
from audiences.admin.snapshots import SnapshotAdmin

__all__ = ["ContactAdmin", "SegmentAdmin", "SnapshotAdmin"]
