"""What became of the messages of one use of a template version, counted beforehand."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from campaigns.models.campaign import Campaign
from campaigns.models.flow import Flow
from templates_sync.models import TemplateVersion


class UseCount(models.Model):
    """The counts of one campaign, or of what a version sent on one day for a flow or outside of both.

    A page over years of campaigns reads these few rows instead of millions of messages. They can be
    thrown away and counted again at any time; `campaigns.scoreboard` says what each one means. `day`
    is the local day on which the messages were written down. `missed` is a list of
    `[status, reason, code, people]`, the most frequent first.
    """

    version = models.ForeignKey(TemplateVersion, on_delete=models.CASCADE, related_name="+")
    campaign = models.OneToOneField(
        Campaign, null=True, on_delete=models.CASCADE, related_name="use_count"
    )
    # With a day: the flow it was sent for, null for single messages.
    flow = models.ForeignKey(Flow, null=True, on_delete=models.CASCADE, related_name="+")
    day = models.DateField(null=True)

    waiting = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    expired = models.PositiveIntegerField(default=0)
    unknown = models.PositiveIntegerField(default=0)
    sent = models.PositiveIntegerField(default=0)
    delivered = models.PositiveIntegerField(default=0)
    read = models.PositiveIntegerField(default=0)
    replied = models.PositiveIntegerField(default=0)
    opted_out = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    missed = models.JSONField(default=list)

    # When the first and the last of them began to leave.
    first_left_at = models.DateTimeField(null=True)
    last_left_at = models.DateTimeField(null=True)
    counted_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [
            models.CheckConstraint(
                name="use_is_a_campaign_or_a_day",
                condition=Q(campaign__isnull=False, day__isnull=True)
                | Q(campaign__isnull=True, day__isnull=False),
            ),
            models.CheckConstraint(
                name="use_of_a_flow_has_a_day",
                condition=Q(flow__isnull=True) | Q(day__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["version", "day"],
                condition=Q(flow__isnull=True),
                name="use_of_a_day_once",
            ),
            models.UniqueConstraint(
                fields=["version", "flow", "day"],
                condition=Q(flow__isnull=False),
                name="use_of_a_flow_and_day_once",
            ),
        ]

    def __str__(self) -> str:
        return f"use of version {self.version_id}"
