"""A template that is still being written here, from the first word to Meta's answer."""

from __future__ import annotations

from datetime import datetime

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from templates_sync.models.template import Template
from templates_sync.models.version import TemplateVersion
from templates_sync.wording import Wording, buttons_from

CONTENT = (
    "name", "language", "category", "header_format", "header_text", "header_media", "body",
    "footer", "buttons", "examples", "template_id",
)  # fmt: skip
_CHANGED = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in CONTENT)


class DraftMoved(Exception):
    """The draft is not in the state that the move needs (any more)."""


class TemplateDraft(models.Model):
    """One text in one language. It can be changed only as a draft; from then on it is pinned.

    A version never changes, so it is not made before Spoki shows what Meta got: then
    `result` names it. `template` is the template that this text replaces, null for a new one.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("template draft", "being written")
        IN_REVIEW = "in_review", pgettext_lazy("template draft", "in review here")
        APPROVED = "approved", pgettext_lazy("template draft", "ready for Meta")
        SUBMITTING = "submitting", pgettext_lazy("template draft", "on its way to Meta")
        SUBMITTED = "submitted", pgettext_lazy("template draft", "Meta is reviewing it")
        REFUSED = "refused", pgettext_lazy("template draft", "not taken by Spoki")
        ACCEPTED = "accepted", pgettext_lazy("template draft", "approved by Meta")
        REJECTED = "rejected", pgettext_lazy("template draft", "rejected by Meta")

    NEXT = {
        Status.DRAFT: {Status.IN_REVIEW},
        Status.IN_REVIEW: {Status.APPROVED, Status.DRAFT},
        Status.APPROVED: {Status.SUBMITTING, Status.DRAFT},
        # Back to approved when a person stops it before anything has left.
        Status.SUBMITTING: {Status.SUBMITTED, Status.REFUSED, Status.APPROVED},
        # Back to draft when a person takes it back before Meta has judged it.
        Status.SUBMITTED: {Status.ACCEPTED, Status.REJECTED, Status.DRAFT},
        Status.REFUSED: {Status.DRAFT},
        Status.ACCEPTED: set(),
        Status.REJECTED: set(),
    }
    # One text at a time for a name and a language, from the review to Meta's answer.
    UNDER_WAY = (Status.IN_REVIEW, Status.APPROVED, Status.SUBMITTING, Status.SUBMITTED)

    class Step(models.TextChoices):
        """What a submission does next."""

        FIELDS = "fields", _("custom fields")
        WRITE = "write", _("writing on Spoki")
        SUBMIT = "submit", _("handing over to Meta")

    class Error(models.TextChoices):
        NONE = "", _("none")
        KEY_REFUSED = "key_refused", _("Spoki refuses the API key")
        UNREACHABLE = "unreachable", _("Spoki does not answer")
        THROTTLED = "throttled", _("Spoki asks to slow down")
        UNREADABLE = "unreadable", _("Spoki's answer could not be read")
        ANSWER_LOST = "answer_lost", _("Spoki's answer was lost")
        REFUSED = "refused", _("Spoki refused it")
        FIELD_REFUSED = "field_refused", _("Spoki refused a custom field")
        NAME_TAKEN = "name_taken", _("the name is taken on Spoki")
        STORED_DIFFERENTLY = "differs", _("Spoki stored something else")
        GONE = "gone", _("the template no longer exists on Spoki")

    template = models.ForeignKey(
        Template,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="drafts",
        verbose_name=_("replaces"),
    )
    source = models.ForeignKey(
        TemplateVersion,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("written from"),
    )
    name = models.CharField(_("name"), max_length=512)
    language = models.CharField(_("language"), max_length=16, default="it")
    category = models.CharField(
        _("category"), max_length=16, choices=TemplateVersion.Category, blank=True, default=""
    )
    header_format = models.CharField(_("header"), max_length=16, blank=True, default="")
    header_text = models.TextField(_("header text"), blank=True, default="")
    header_media = models.TextField(_("header file"), blank=True, default="")
    body = models.TextField(_("text"), blank=True, default="")
    footer = models.TextField(_("footer"), blank=True, default="")
    # As in a version: a list of {"order", "type", "text", "url", "phone"}.
    buttons = models.JSONField(_("buttons"), default=list, blank=True)
    examples = models.JSONField(_("examples"), default=dict, blank=True)

    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    last_editor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    created_at = models.DateTimeField(editable=False)
    updated_at = models.DateTimeField(_("changed"), editable=False)
    # Why it came back: a reviewer's words, or Meta's reason.
    comment = models.TextField(_("comment"), blank=True, default="", editable=False)

    # The submission. `attempted_at` is the point of no return: a call that may not be made twice
    # left then, and its answer is not known (yet).
    step = models.CharField(max_length=6, choices=Step, blank=True, default="", editable=False)
    spoki_id = models.BigIntegerField(_("Spoki id"), null=True, blank=True, editable=False)
    attempted_at = models.DateTimeField(null=True, editable=False)
    leased_until = models.DateTimeField(null=True, editable=False)
    next_at = models.DateTimeField(null=True, editable=False)
    error = models.CharField(
        max_length=16, choices=Error, blank=True, default=Error.NONE, editable=False
    )
    error_detail = models.CharField(max_length=300, blank=True, default="", editable=False)
    result = models.ForeignKey(
        TemplateVersion,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="drafts",
        editable=False,
    )

    class Meta:
        verbose_name = _("template draft")
        verbose_name_plural = _("template drafts")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    status__in=[
                        "draft", "in_review", "approved", "submitting", "submitted", "refused",
                        "accepted", "rejected",
                    ]
                ),
                name="draft_status_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(approved_by=None)
                | ~models.Q(approved_by=models.F("author"))
                & ~models.Q(approved_by=models.F("last_editor")),
                name="draft_approved_by_another",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=["approved", "submitting", "submitted"])
                | models.Q(approved_by__isnull=False),
                name="draft_leaves_only_approved",
            ),
            models.UniqueConstraint(
                fields=["name", "language"],
                condition=models.Q(
                    status__in=["in_review", "approved", "submitting", "submitted"]
                ),
                name="one_draft_under_way_per_name",
            ),
        ]  # fmt: skip
        triggers = [
            pgtrigger.Protect(
                name="draft_is_pinned_after_writing",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(f"OLD.status <> 'draft' AND ({_CHANGED})"),
            )
        ]
        permissions = [
            ("review_templatedraft", "Can approve or send back a template draft"),
            ("submit_templatedraft", "Can hand an approved template draft to Meta"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"

    @property
    def is_editable(self) -> bool:
        return self.status == self.Status.DRAFT

    @property
    def wording(self) -> Wording:
        """Return what it says, without a row of the database."""
        return Wording(
            name=self.name,
            language=self.language,
            category=self.category,
            header_format=self.header_format,
            header_text=self.header_text,
            header_media=self.header_media,
            body=self.body,
            footer=self.footer,
            buttons=buttons_from(self.buttons),
            examples=self.examples,
        )

    def move_to(self, new: Status, *, now: datetime, **changes: object) -> None:
        """Move to `new` and write `changes` in the same statement.

        :raises DraftMoved: the move is illegal, or another has moved the draft meanwhile.
        """
        if new not in self.NEXT[self.Status(self.status)]:
            raise DraftMoved(f"{self.status} -> {new}")
        moved = TemplateDraft.objects.filter(pk=self.pk, status=self.status).update(
            status=new, updated_at=now, **changes
        )
        if moved != 1:
            raise DraftMoved("the draft has moved on")
        self.refresh_from_db()


class DraftEvent(models.Model):
    """What happened to a draft, who did it; never changed."""

    draft = models.ForeignKey(TemplateDraft, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    # created, edited, sent_to_review, approved, sent_back, returned, submission_started,
    # fields_asked, field_made, written, submitted, refused, stopped, taken_back, accepted, rejected
    verb = models.CharField(max_length=30)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    note = models.TextField(blank=True, default="")

    class Meta:
        verbose_name = _("event of a draft")
        verbose_name_plural = _("events of drafts")
        ordering = ("at", "pk")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.at:%d/%m/%Y %H:%M} {self.verb}"
