"""The log of reads of Spoki's templates."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class SyncRun(models.Model):
    """One read of the templates: what it found, or why it stopped."""

    class Error(models.TextChoices):
        NONE = "", _("none")
        KEY_REFUSED = "key_refused", _("Spoki refuses the API key")
        UNREACHABLE = "unreachable", _("Spoki does not answer")
        THROTTLED = "throttled", _("Spoki asks to slow down")
        UNREADABLE = "unreadable", _("Spoki's answer could not be read")
        REFUSED = "refused", _("Spoki refused the request")
        EMPTY = "empty", _("Spoki lists no template at all")

    started_at = models.DateTimeField(_("started"))
    # Null while it runs, or if the process died.
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    new = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    gone = models.PositiveIntegerField(_("gone"), default=0)
    unreadable = models.PositiveIntegerField(_("unreadable"), default=0)
    error = models.CharField(
        _("error"), max_length=16, choices=Error, default=Error.NONE, blank=True
    )
    error_detail = models.CharField(_("detail"), max_length=300, blank=True, default="")

    class Meta:
        verbose_name = _("template sync")
        verbose_name_plural = _("template syncs")
        get_latest_by = "started_at"
        indexes = [models.Index(fields=["-started_at"], name="sync_run_latest")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    error__in=[
                        "",
                        "key_refused",
                        "unreachable",
                        "throttled",
                        "unreadable",
                        "refused",
                        "empty",
                    ]
                ),
                name="sync_run_error_is_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.started_at:%d/%m/%Y %H:%M}"

    @property
    def is_complete(self) -> bool:
        """Whether every template was read, so that what was missing is really gone."""
        return self.finished_at is not None and not self.error
