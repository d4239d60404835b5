"""A picture, film, sound or document of a message: fetched soon, for Spoki's addresses do not last."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from conversations.models.message import Message


class MediaFile(models.Model):
    """`place` is the number within its message. Kept outside the web root, shown by a page that asks who looks."""

    class State(models.TextChoices):
        WAITING = "waiting", _("To be fetched")
        KEPT = "kept", _("Kept")
        REFUSED = "refused", _("Not fetched")
        FAILED = "failed", _("Could not be fetched")
        FORGOTTEN = "forgotten", _("No longer kept")

    NEXT: ClassVar = {
        State.WAITING: {State.KEPT, State.REFUSED, State.FAILED, State.FORGOTTEN},
        State.FAILED: {State.WAITING, State.FORGOTTEN},
        State.REFUSED: {State.WAITING, State.FORGOTTEN},
        # Back to failed where the file is gone from the disk.
        State.KEPT: {State.FAILED, State.FORGOTTEN},
        State.FORGOTTEN: set(),
    }

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="files")
    place = models.PositiveSmallIntegerField(default=0)
    # Where Spoki has it: a key to the file, never shown and never logged.
    source = models.URLField(max_length=2000, blank=True)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.WAITING)
    # Why it is not there, a code of `conversations.media`.
    reason = models.CharField(_("reason"), max_length=40, blank=True, default="")
    content_type = models.CharField(_("type"), max_length=100, blank=True, default="")
    name = models.CharField(_("name"), max_length=200, blank=True, default="")
    size = models.PositiveIntegerField(_("size (bytes)"), default=0)
    digest = models.CharField(max_length=64, blank=True, default="")
    file = models.FileField(upload_to="received/%Y/%m/", blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    fetched_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions: ClassVar = ("view",)
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "place"], name="attachment_once"),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "kept", "refused", "failed", "forgotten"]),
                name="attachment_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state="kept") | ~Q(file=""), name="attachment_kept_is_there"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="attachment_due")
        ]

    def __str__(self) -> str:
        return f"{self.content_type} {self.state}"
