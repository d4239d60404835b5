"""A campaign: one broadcast of one template version to one frozen audience."""

from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audiences.models import Segment, SegmentVersion, Snapshot
from campaigns.models.account import WhatsAppNumber
from templates_sync.models import TemplateVersion


class TransitionRefused(Exception):
    """The campaign may not make this move, or somebody else has moved it meanwhile."""


class Campaign(models.Model):
    """What is sent, to whom, when and how fast; its life is `Status` and the table `NEXT`."""

    class Status(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("campaign", "Draft")
        IN_REVIEW = "in_review", pgettext_lazy("campaign", "In review")
        APPROVED = "approved", pgettext_lazy("campaign", "Approved")
        REJECTED = "rejected", pgettext_lazy("campaign", "Rejected")
        LAUNCHING = "launching", pgettext_lazy("campaign", "Launching")
        SCHEDULED = "scheduled", pgettext_lazy("campaign", "Scheduled")
        SENDING = "sending", pgettext_lazy("campaign", "Sending")
        PAUSED = "paused", pgettext_lazy("campaign", "Paused")
        DONE = "done", pgettext_lazy("campaign", "Done")
        CANCELLED = "cancelled", pgettext_lazy("campaign", "Cancelled")

    NEXT = {
        Status.DRAFT: {Status.IN_REVIEW, Status.CANCELLED},
        Status.IN_REVIEW: {Status.APPROVED, Status.REJECTED, Status.DRAFT, Status.CANCELLED},
        Status.REJECTED: {Status.DRAFT, Status.IN_REVIEW, Status.CANCELLED},
        Status.APPROVED: {Status.LAUNCHING, Status.DRAFT, Status.CANCELLED},
        # Back to approved when the freezing of the audience failed: nothing was queued.
        Status.LAUNCHING: {Status.SCHEDULED, Status.APPROVED},
        Status.SCHEDULED: {Status.SENDING, Status.PAUSED, Status.CANCELLED},
        Status.SENDING: {Status.PAUSED, Status.DONE, Status.CANCELLED},
        Status.PAUSED: {Status.SENDING, Status.SCHEDULED, Status.CANCELLED, Status.DONE},
        # Only where a person sends again what nobody knows about (see `settling`).
        Status.DONE: {Status.SENDING, Status.PAUSED},
        Status.CANCELLED: set(),
    }
    EDITABLE = (Status.DRAFT, Status.REJECTED)

    name = models.CharField(_("name"), max_length=120)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    template_version = models.ForeignKey(
        TemplateVersion,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="campaigns",
        verbose_name=_("template"),
    )
    segment = models.ForeignKey(
        Segment,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="campaigns",
        verbose_name=_("segment"),
    )
    exclude_segments = models.ManyToManyField(
        Segment, blank=True, related_name="+", verbose_name=_("leave out")
    )
    number = models.ForeignKey(
        WhatsAppNumber,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("from number"),
        help_text=_("Left empty: the default number."),
    )
    variables = models.JSONField(_("variables"), default=dict, blank=True)
    send_after = models.DateTimeField(_("send from"), null=True, blank=True)
    send_before = models.DateTimeField(
        _("send until"),
        null=True,
        blank=True,
        help_text=_("Whoever has not been written to by then is not written to any more."),
    )
    spread_hours = models.DecimalField(
        _("spread over hours"),
        max_digits=5,
        decimal_places=2,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(168))],
        help_text=_("0 = as fast as the limits allow."),
    )
    canary_share = models.DecimalField(
        _("first share"),
        max_digits=4,
        decimal_places=3,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal("0.5"))],
    )
    holdout_share = models.DecimalField(
        _("control group"),
        max_digits=4,
        decimal_places=3,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal("0.5"))],
        help_text=_("Share of people who are not written to, to measure the effect."),
    )

    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    last_editor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    created_at = models.DateTimeField(editable=False)
    updated_at = models.DateTimeField(editable=False)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    submitted_at = models.DateTimeField(null=True, editable=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    approved_at = models.DateTimeField(null=True, editable=False)
    # What the approver saw: a change of any of it voids the approval.
    fingerprint = models.CharField(max_length=64, blank=True, editable=False)
    approved_recipients = models.PositiveIntegerField(null=True, editable=False)
    rejection_reason = models.TextField(_("reason of the rejection"), blank=True, editable=False)

    # Pinned at submission: the rules that were reviewed, whatever the segment becomes later.
    segment_version = models.ForeignKey(
        SegmentVersion, null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    exclude_versions = models.ManyToManyField(SegmentVersion, related_name="+", editable=False)
    snapshot = models.OneToOneField(
        Snapshot, null=True, on_delete=models.PROTECT, related_name="campaign", editable=False
    )
    total = models.PositiveIntegerField(default=0, editable=False)
    launched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    launched_at = models.DateTimeField(null=True, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    # Why it is paused: empty when a person paused it, else a code of `campaigns.reasons`.
    pause_code = models.CharField(max_length=40, blank=True, editable=False)
    pause_detail = models.CharField(max_length=300, blank=True, editable=False)

    # The sender's own note: when the next message may start.
    pace_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        permissions = [
            ("submit_campaign", "Can send a campaign to review"),
            ("approve_campaign", "Can approve or reject a campaign"),
            ("launch_campaign", "Can launch an approved campaign"),
            ("pause_campaign", "Can pause, resume and cancel a campaign"),
        ]
        constraints = [
            models.CheckConstraint(
                name="campaign_status_known",
                condition=Q(
                    status__in=[
                        "draft",
                        "in_review",
                        "approved",
                        "rejected",
                        "launching",
                        "scheduled",
                        "sending",
                        "paused",
                        "done",
                        "cancelled",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="campaign_sends_a_frozen_audience",
                condition=~Q(status__in=["scheduled", "sending", "done"])
                | Q(snapshot__isnull=False, launched_at__isnull=False),
            ),
            models.CheckConstraint(
                name="campaign_approved_by_another",
                condition=Q(approved_by__isnull=True)
                | (~Q(approved_by=F("author")) & ~Q(approved_by=F("last_editor"))),
            ),
            models.CheckConstraint(
                name="campaign_ends_after_it_starts",
                condition=Q(send_after__isnull=True)
                | Q(send_before__isnull=True)
                | Q(send_before__gt=F("send_after")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["status"],
                condition=Q(status__in=["scheduled", "sending", "launching"]),
                name="campaign_at_work",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_editable(self) -> bool:
        return self.status in self.EDITABLE

    def move_to(self, new: Status, *, now: datetime, **changes: object) -> None:
        """Move to `new` and write `changes` in the same statement.

        :raises TransitionRefused: the move is illegal, or another has moved the campaign meanwhile.
        """
        if new not in self.NEXT[self.Status(self.status)]:
            raise TransitionRefused(f"{self.status} -> {new}")
        moved = Campaign.objects.filter(pk=self.pk, status=self.status).update(
            status=new, updated_at=now, **changes
        )
        if moved != 1:
            raise TransitionRefused("the campaign has moved on")
        self.refresh_from_db()


class CampaignEvent(models.Model):
    """What happened to a campaign, who did it and with which figures; never changed."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    # submitted, approved, rejected, launched, paused, resumed, cancelled, done, settled …
    verb = models.CharField(max_length=30)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    figures = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("campaign event")
        verbose_name_plural = _("campaign events")
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["campaign", "at"], name="campaign_event_story")]

    def __str__(self) -> str:
        return f"{self.verb} at {self.at:%d/%m %H:%M}"
