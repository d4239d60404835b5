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
    NumberToSilence,
    SpokiContact,
    SpokiField,
    SpokiPace,
    SyncConflict,
)
from audiences.models.delivery import WebhookDelivery, WebhookDeliveryQuerySet
from audiences.models.erasure import ContactErasure, SnapshotErasure
from audiences.models.identity import ContactAlias, ContactMerge, PhoneChange
from audiences.models.opt_in import ConsentRequest
from audiences.models.reduction import SnapshotReduction
from audiences.models.segment import Segment, SegmentVersion
from audiences.models.snapshot import Snapshot, SnapshotMember

__all__ = [
    "ConsentPurpose",
    "ConsentRecord",
    "ConsentRequest",
    "ConsentState",
    "Contact",
    "ContactAlias",
    "ContactErasure",
    "ContactImport",
    "ContactImportPiece",
    "ContactImportProblem",
    "ContactMerge",
    "ContactPush",
    "ContactSyncRun",
    "ContactToRead",
    "NumberToSilence",
    "PhoneChange",
    "Segment",
    "SegmentVersion",
    "Snapshot",
    "SnapshotErasure",
    "SnapshotMember",
    "SnapshotReduction",
    "SpokiContact",
    "SpokiField",
    "SpokiPace",
    "SyncConflict",
    "WebhookDelivery",
    "WebhookDeliveryQuerySet",
]
