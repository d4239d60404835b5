"""What we keep of Spoki's templates: assets, their immutable versions, drafts, the log of reads."""

from templates_sync.models.draft import DraftEvent, DraftMoved, TemplateDraft
from templates_sync.models.fields import CustomField, FieldDesk
from templates_sync.models.runs import SyncFinding, SyncRun
from templates_sync.models.template import Template
from templates_sync.models.version import TemplateVersion

__all__ = [
    "CustomField",
    "DraftEvent",
    "DraftMoved",
    "FieldDesk",
    "SyncFinding",
    "SyncRun",
    "Template",
    "TemplateDraft",
    "TemplateVersion",
]
