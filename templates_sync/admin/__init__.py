"""The pages of templates in the admin."""

from templates_sync.admin.draft import TemplateDraftAdmin
from templates_sync.admin.runs import SyncRunAdmin
from templates_sync.admin.templates import TemplateAdmin

__all__ = ["SyncRunAdmin", "TemplateAdmin", "TemplateDraftAdmin"]
