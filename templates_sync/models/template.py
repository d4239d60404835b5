"""A template: one of Spoki's templates in one language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from templates_sync.models.version import TemplateVersion


class Template(models.Model):
    """Name and language of a template; what it says lives in its versions."""

    name = models.CharField(_("name"), max_length=512)
    language = models.CharField(
        _("language"), max_length=16, help_text=_("Lower case, as a send names it: it, en, en_us.")
    )
    # Null while a template is only prepared here and Spoki does not know it yet.
    spoki_id = models.BigIntegerField(_("Spoki id"), null=True, blank=True)
    gone_at = models.DateTimeField(_("gone since"), null=True, blank=True)

    class Meta:
        verbose_name = _("template")
        verbose_name_plural = _("templates")
        constraints = [
            models.UniqueConstraint(fields=["spoki_id", "language"], name="template_per_language"),
            models.CheckConstraint(
                condition=models.Q(language=Lower("language")),
                name="template_language_is_lower",
            ),
        ]
        permissions = [("sync_template", "Can read the templates from Spoki now")]

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"

    @property
    def current_version(self) -> TemplateVersion | None:
        """Return the version in force, or None before the first one."""
        return self.versions.filter(superseded_at=None).first()
