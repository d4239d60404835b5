"""What was asked of Spoki's history, and what people brought as a file."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from audiences.models import Contact


class HistoryFetch(models.Model):
    """The latest asking for one number's history: at most one at a time, remembered for some minutes.

    `complete_since` is the moment from which everything is known to be here; None = not known.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("Being asked")
        DONE = "done", _("Complete")
        PARTIAL = "partial", _("In part")
        FAILED = "failed", _("Not answered")

    NEXT: ClassVar = {
        State.RUNNING: {State.DONE, State.PARTIAL, State.FAILED},
        State.DONE: {State.RUNNING},
        State.PARTIAL: {State.RUNNING},
        State.FAILED: {State.RUNNING},
    }

    phone = models.CharField(max_length=16, unique=True)
    contact = models.ForeignKey(
        Contact, null=True, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.RUNNING)
    # Why it is not complete: a code of `conversations.histories.standing`.
    reason = models.CharField(max_length=40, blank=True, default="")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    # Not asked again before: some minutes after an answer, longer after a failure.
    again_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True, blank=True)
    # Where to go on after an interruption.
    next_page = models.PositiveIntegerField(default=1)
    pages = models.PositiveIntegerField(default=0)
    found = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    # Rows of a shape that nobody could read, or of other people.
    unreadable = models.PositiveIntegerField(default=0, db_default=0)
    # From when the oldest message is that was told, while the pages are read.
    oldest_at = models.DateTimeField(null=True, blank=True)
    # Whether the pages lead back in time, so that what was read is whole from `oldest_at` on.
    is_newest_first = models.BooleanField(default=True, db_default=True)
    complete_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions: ClassVar = ("view",)
        verbose_name = _("fetch of a history")
        verbose_name_plural = _("fetches of histories")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=["running", "done", "partial", "failed"]),
                name="history_state_known",
            )
        ]
        indexes: ClassVar = [
            # How the source answered last, whoever asked.
            models.Index(
                F("finished_at").desc(),
                condition=Q(finished_at__isnull=False),
                name="history_answered_last",
            )
        ]

    def __str__(self) -> str:
        return f"history {self.pk}: {self.state}"


class HistoryUpload(models.Model):
    """A chat that a person exported on Spoki and brought as CSV; the same file twice adds nothing.

    `answers` is what the person said about it (see `conversations.upload.answers`). The file itself is let go of as
    soon as it is taken, or after a day.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("To be confirmed")
        DONE = "done", _("Taken")

    NEXT: ClassVar = {State.WAITING: {State.DONE}, State.DONE: set()}

    state = models.CharField(
        _("state"), max_length=7, choices=State, default=State.WAITING, db_default="done"
    )
    content = models.BinaryField(default=b"", db_default=b"")
    answers = models.JSONField(default=dict, db_default={})
    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, related_name="history_uploads", db_constraint=False
    )
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("file"), max_length=200)
    digest = models.CharField(max_length=64)
    rows = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0)
    unreadable = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField(null=True, blank=True)
    last_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions: ClassVar = ("view",)
        verbose_name = _("uploaded chat")
        verbose_name_plural = _("uploaded chats")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "done"]), name="upload_state_known"
            )
        ]
        indexes: ClassVar = [
            # Those that nobody confirmed.
            models.Index(fields=["at"], condition=Q(state="waiting"), name="upload_waiting")
        ]

    def __str__(self) -> str:
        return self.name
