"""One version of a template: content that never changes, and what the provider says of it."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from templates_sync.models.template import Template


class TemplateVersionQuerySet(models.QuerySet["TemplateVersion"]):
    def current(self) -> TemplateVersionQuerySet:
        """Return the version in force of each template that Spoki still has."""
        return self.filter(superseded_at=None, template__gone_at=None)


class TemplateVersion(models.Model):
    """Header, body, footer and buttons as they were read, numbered from 1 within the template.

    `header` is `{"format": "text"|"image"|…, "text": str}` or null; `buttons` is a list of
    `{"order", "type", "text", "url", "phone"}`; `variables` are the codes of the placeholders
    (`FIRST_NAME` of `%%FIRST_NAME%%`) in order of appearance in header, body and links.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        PENDING = "pending", _("in review")
        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("rejected")
        PAUSED = "paused", _("paused")
        DISABLED = "disabled", _("disabled")
        UNKNOWN = "unknown", _("unknown")

    class Category(models.TextChoices):
        MARKETING = "marketing", _("marketing")
        UTILITY = "utility", _("utility")
        AUTHENTICATION = "authentication", _("authentication")
        UNKNOWN = "unknown", _("unknown")

    template = models.ForeignKey(
        Template, on_delete=models.PROTECT, related_name="versions", verbose_name=_("template")
    )
    number = models.PositiveIntegerField(_("number"))

    header = models.JSONField(_("header"), null=True, blank=True)
    body = models.TextField(_("body"))
    footer = models.TextField(_("footer"), blank=True, default="")
    buttons = models.JSONField(_("buttons"), default=list, blank=True)
    variables = ArrayField(
        models.CharField(max_length=100), verbose_name=_("variables"), default=list, blank=True
    )
    has_carousel = models.BooleanField(_("carousel"), default=False)
    content_hash = models.CharField(_("content hash"), max_length=64, editable=False)

    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    status_changed_at = models.DateTimeField(_("status since"))
    rejection_reason = models.TextField(_("rejection reason"), blank=True, default="")
    # Meta may return another category, hence another price, than the one that was asked for.
    requested_category = models.CharField(
        _("category asked for"), max_length=16, choices=Category, default=Category.UNKNOWN
    )
    category = models.CharField(
        _("category"), max_length=16, choices=Category, default=Category.UNKNOWN
    )
    category_accepted_at = models.DateTimeField(_("category accepted"), null=True, blank=True)
    category_accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("category accepted by"),
    )
    # Set when a send was refused because the template is paused or disabled: Spoki's list may go
    # on saying "approved", so the hold lifts only when a person or a new approval lifts it.
    held_at = models.DateTimeField(_("held since"), null=True, blank=True)
    held_reason = models.CharField(_("held because of"), max_length=200, blank=True, default="")

    # `{"url", "filename"?}` of the header's picture, video or document; its address may change at
    # any read, so it is no part of the content.
    header_media = models.JSONField(_("header media"), null=True, blank=True)
    examples = models.JSONField(_("examples"), default=dict, blank=True)
    raw = models.JSONField(_("as Spoki wrote it"), default=dict, blank=True)
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))
    superseded_at = models.DateTimeField(_("superseded"), null=True, blank=True)

    objects = TemplateVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("template version")
        verbose_name_plural = _("template versions")
        constraints = [
            models.UniqueConstraint(fields=["template", "number"], name="version_number_once"),
            models.UniqueConstraint(
                fields=["template"],
                condition=models.Q(superseded_at=None),
                name="one_current_version_per_template",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    status__in=[
                        "draft",
                        "pending",
                        "approved",
                        "rejected",
                        "paused",
                        "disabled",
                        "unknown",
                    ]
                ),
                name="version_status_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    category__in=["marketing", "utility", "authentication", "unknown"],
                    requested_category__in=["marketing", "utility", "authentication", "unknown"],
                ),
                name="version_category_is_known",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="version_content_is_immutable",
                fields=[
                    "template",
                    "number",
                    "header",
                    "body",
                    "footer",
                    "buttons",
                    "variables",
                    "has_carousel",
                    "content_hash",
                    "requested_category",
                    "first_seen_at",
                ],
            )
        ]
        permissions = [
            ("accept_category", "Can accept a category changed by Meta"),
            ("release_hold", "Can allow a held template again"),
        ]

    def __str__(self) -> str:
        return f"{self.template} v{self.number}"

    @property
    def has_unaccepted_category(self) -> bool:
        """Whether Meta returned another category, and nobody has accepted its price yet."""
        return self.category != self.requested_category and self.category_accepted_at is None

    @property
    def needs_header_media(self) -> bool:
        """Whether the header is a picture, a video or a document."""
        return self.header is not None and (self.header.get("format") or "text") != "text"
