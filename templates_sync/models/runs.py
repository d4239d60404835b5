"""The log of reads of Spoki's templates: one unfinished read at a time, and what each found."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from templates_sync.models.template import Template


class SyncRun(models.Model):
    """One read of the templates: who wanted it, what it found, or why it stopped.

    A read that somebody asked for waits, `reading_until` empty, for a worker. Whoever reads holds
    it until `reading_until` and moves that on while it gets on; past that moment he died.
    """

    class Trigger(models.TextChoices):
        SCHEDULE = "schedule", _("the schedule")
        PERSON = "person", _("a person")
        API = "api", _("the API")
        COMMAND = "command", _("the command line")

    class Error(models.TextChoices):
        NONE = "", _("none")
        KEY_MISSING = "key_missing", _("no API key is set")
        KEY_REFUSED = "key_refused", _("Spoki refuses the API key")
        UNREACHABLE = "unreachable", _("Spoki does not answer")
        THROTTLED = "throttled", _("Spoki asks to slow down")
        UNREADABLE = "unreadable", _("Spoki's answer could not be read")
        REFUSED = "refused", _("Spoki refused the request")
        EMPTY = "empty", _("Spoki lists no template at all")
        INTERRUPTED = "interrupted", _("the worker died while reading")

    started_at = models.DateTimeField(_("started"))
    # Null while it runs, or if the process died.
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    trigger = models.CharField(
        _("started by"), max_length=10, choices=Trigger, default=Trigger.SCHEDULE
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("who"),
    )
    reading_until = models.DateTimeField(null=True, editable=False)
    # Spoki has asked to be left alone until then.
    retry_at = models.DateTimeField(_("not before"), null=True, blank=True)
    new = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    gone = models.PositiveIntegerField(_("gone"), default=0)
    unreadable = models.PositiveIntegerField(_("unreadable"), default=0)
    # Known templates that this read has not seen, and the first of them.
    unread = models.PositiveIntegerField(_("not read"), default=0)
    unread_templates = ArrayField(models.BigIntegerField(), default=list, editable=False)
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
                        "key_missing",
                        "key_refused",
                        "unreachable",
                        "throttled",
                        "unreadable",
                        "refused",
                        "empty",
                        "interrupted",
                    ]
                ),
                name="sync_run_error_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(trigger__in=["schedule", "person", "api", "command"]),
                name="sync_run_trigger_is_known",
            ),
            models.UniqueConstraint(
                ExpressionWrapper(Q(finished_at__isnull=True), output_field=BooleanField()),
                condition=Q(finished_at=None),
                name="one_sync_run_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.started_at):%d/%m/%Y %H:%M}"

    @property
    def is_complete(self) -> bool:
        """Whether every template was read, so that what was missing is really gone."""
        return self.finished_at is not None and not self.error

    def duration(self, *, now: datetime) -> timedelta:
        """Return how long it took, or takes already."""
        return max((self.finished_at or now) - self.started_at, timedelta(0))


class SyncFinding(models.Model):
    """What a read found about one template; an unchanged one leaves no trace here.

    `was` and `became` are codes of status or category, names, or the number of the version.
    """

    class Kind(models.TextChoices):
        NEW = "new", pgettext_lazy("finding", "new")
        CHANGED = "changed", pgettext_lazy("finding", "new text")
        STATUS = "status", pgettext_lazy("finding", "status")
        CATEGORY = "category", pgettext_lazy("finding", "category")
        RENAMED = "renamed", pgettext_lazy("finding", "renamed")
        GONE = "gone", pgettext_lazy("finding", "gone")
        BACK = "back", pgettext_lazy("finding", "back again")
        UNREADABLE = "unreadable", pgettext_lazy("finding", "not readable")

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="findings")
    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="findings")
    kind = models.CharField(max_length=10, choices=Kind)
    was = models.CharField(max_length=512, blank=True, default="")
    became = models.CharField(max_length=512, blank=True, default="")

    class Meta:
        verbose_name = _("finding of a template sync")
        verbose_name_plural = _("findings of template syncs")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    kind__in=[
                        "new",
                        "changed",
                        "status",
                        "category",
                        "renamed",
                        "gone",
                        "back",
                        "unreadable",
                    ]
                ),
                name="sync_finding_kind_is_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.template}: {self.kind}"
