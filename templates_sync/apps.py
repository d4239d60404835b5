from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TemplatesSyncConfig(AppConfig):
    name = "templates_sync"
    verbose_name = _("Templates")
