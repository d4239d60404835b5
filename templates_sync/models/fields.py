"""The custom fields that Spoki has or shall get, and the one desk where they are made."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from templates_sync.models.draft import TemplateDraft


class CustomField(models.Model):
    """One code. Spoki has it while `seen_at` is set; it is wanted there while `asked_at` is.

    `attempted_at` is when a call to make it left whose answer is not known (yet).
    """

    class Error(models.TextChoices):
        NONE = "", _("none")
        REFUSED = "refused", _("Spoki refused it")
        LOST = "lost", _("Spoki's answers were lost")

    code = models.CharField(_("code"), max_length=100, unique=True)
    label = models.CharField(_("label"), max_length=300, blank=True, default="")
    seen_at = models.DateTimeField(_("seen on Spoki"), null=True, blank=True)
    asked_at = models.DateTimeField(_("asked for"), null=True, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # The draft that needs it: once its text no longer does, nothing is made.
    asked_for = models.ForeignKey(
        TemplateDraft, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    attempted_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=8, choices=Error, blank=True, default=Error.NONE)
    error_detail = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        verbose_name = _("custom field of Spoki")
        verbose_name_plural = _("custom fields of Spoki")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=models.Q(error__in=["", "refused", "lost"]),
                name="custom_field_error_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(seen_at=None) | models.Q(asked_at=None),
                name="custom_field_there_is_not_asked_for",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class FieldDesk(models.Model):
    """The single row that every call on custom fields passes: about five a minute, one at a time."""

    class Error(models.TextChoices):
        NONE = "", _("none")
        KEY_REFUSED = "key_refused", _("Spoki refuses the API key")
        UNREACHABLE = "unreachable", _("Spoki does not answer")
        THROTTLED = "throttled", _("Spoki asks to slow down")
        UNREADABLE = "unreadable", _("Spoki's answer could not be read")

    # The last time that Spoki's whole list was read, and when somebody last wanted it read.
    read_at = models.DateTimeField(null=True)
    wanted_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=12, choices=Error, blank=True, default=Error.NONE)

    class Meta:
        verbose_name = _("desk of custom fields")
        verbose_name_plural = _("desk of custom fields")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="field_desk_is_one"),
            models.CheckConstraint(
                condition=models.Q(
                    error__in=["", "key_refused", "unreachable", "throttled", "unreadable"]
                ),
                name="field_desk_error_is_known",
            ),
        ]

    def __str__(self) -> str:
        return "custom fields"

    @classmethod
    def the(cls) -> FieldDesk:
        """Return the row, made at the first call."""
        return cls.objects.get_or_create(pk=1)[0]
