"""What we keep of Spoki's templates: assets, their immutable versions, and the log of reads."""

from templates_sync.models.runs import SyncRun
from templates_sync.models.template import Template
from templates_sync.models.version import TemplateVersion

__all__ = ["SyncRun", "Template", "TemplateVersion"]
