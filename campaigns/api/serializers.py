"""The shapes of campaigns as others read and write them."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from audiences.api.strict import MomentField, StrictSerializer
from audiences.models import Segment
from campaigns.missed import MISSED, meaning_of
from campaigns.models import Campaign, OutboundMessage, WhatsAppNumber
from campaigns.reasons import sentence
from templates_sync.models import TemplateVersion


class CampaignInput(StrictSerializer, serializers.Serializer[Campaign]):
    """What may be written of a draft; unknown fields are refused by name."""

    name = serializers.CharField(max_length=120)
    template_version = serializers.PrimaryKeyRelatedField(
        queryset=TemplateVersion.objects.select_related("template"), allow_null=True, required=False
    )
    segment = serializers.PrimaryKeyRelatedField(
        queryset=Segment.objects.all(), allow_null=True, required=False
    )
    exclude_segments = serializers.PrimaryKeyRelatedField(
        queryset=Segment.objects.all(), many=True, required=False
    )
    number = serializers.PrimaryKeyRelatedField(
        queryset=WhatsAppNumber.objects.all(), allow_null=True, required=False
    )
    variables = serializers.DictField(child=serializers.DictField(), required=False)
    send_after = MomentField(allow_null=True, required=False)
    send_before = MomentField(allow_null=True, required=False)
    spread_hours = serializers.DecimalField(
        max_digits=5, decimal_places=2, min_value=Decimal(0), max_value=Decimal(168), required=False
    )
    canary_share = serializers.DecimalField(
        max_digits=4,
        decimal_places=3,
        min_value=Decimal(0),
        max_value=Decimal("0.5"),
        required=False,
    )
    holdout_share = serializers.DecimalField(
        max_digits=4,
        decimal_places=3,
        min_value=Decimal(0),
        max_value=Decimal("0.5"),
        required=False,
    )


class CampaignOutput(serializers.ModelSerializer[Campaign]):
    """A campaign with where it is in its life and who moved it."""

    class Meta:
        model = Campaign
        fields = (
            "id",
            "name",
            "status",
            "template_version",
            "segment",
            "exclude_segments",
            "number",
            "variables",
            "send_after",
            "send_before",
            "spread_hours",
            "canary_share",
            "holdout_share",
            "author",
            "last_editor",
            "created_at",
            "updated_at",
            "submitted_at",
            "approved_by",
            "approved_at",
            "approved_recipients",
            "fingerprint",
            "rejection_reason",
            "segment_version",
            "snapshot",
            "total",
            "launched_by",
            "launched_at",
            "started_at",
            "ended_at",
            "pause_code",
        )
        read_only_fields = fields


class ApproveInput(StrictSerializer, serializers.Serializer[Campaign]):
    """`fingerprint`: what the approver looked at; left out, what is in review now."""

    fingerprint = serializers.CharField(required=False)


class RejectInput(StrictSerializer, serializers.Serializer[Campaign]):
    reason = serializers.CharField()


class LaunchInput(StrictSerializer, serializers.Serializer[Campaign]):
    """`confirm` is the campaign's name, typed again."""

    confirm = serializers.CharField(trim_whitespace=False)


class MissedOutput(serializers.Serializer[Any]):
    """A reason why people did not get it, how many, and what the system does about them."""

    state = serializers.CharField(source="status")
    reason = serializers.CharField(allow_blank=True)
    code = serializers.CharField(allow_blank=True)
    meaning = serializers.CharField()
    action = serializers.CharField()
    count = serializers.IntegerField()


class ExpiringOutput(serializers.Serializer[Any]):
    """How many will not be written to, because the campaign's last moment comes first."""

    count = serializers.IntegerField()
    at = serializers.DateTimeField()


class ProgressOutput(serializers.Serializer[Any]):
    """Where a campaign is; every recipient is in exactly one counter, `replied` apart.

    `held` is part of `accepted`, `retrying` of `queued`. `rate_per_minute` is of the last five
    minutes; `finish_at` is null while nobody can tell.
    """

    status = serializers.CharField()
    total = serializers.IntegerField()
    queued = serializers.IntegerField()
    sending = serializers.IntegerField()
    accepted = serializers.IntegerField()
    sent = serializers.IntegerField()
    delivered = serializers.IntegerField()
    read = serializers.IntegerField()
    replied = serializers.IntegerField()
    failed = serializers.IntegerField()
    skipped = serializers.IntegerField()
    unknown = serializers.IntegerField()
    expired = serializers.IntegerField()
    waiting_for = serializers.ListField(child=serializers.CharField())
    rate_per_minute = serializers.FloatField()
    finish_at = serializers.DateTimeField(allow_null=True)
    expiring = ExpiringOutput(allow_null=True)
    held = serializers.IntegerField()
    retrying = serializers.IntegerField()
    missed = MissedOutput(many=True)


class HourOutput(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    count = serializers.IntegerField()


class ForecastQuery(serializers.Serializer[Any]):
    """`minutes`: tell the curve by the minute too."""

    minutes = serializers.BooleanField(required=False, default=False)


class DayOutput(serializers.Serializer[Any]):
    """How many leave on that day."""

    date = serializers.DateField()
    count = serializers.IntegerField()


class RestOutput(serializers.Serializer[Any]):
    """Nothing leaves from `at` to `until`; `code` says why (`quiet_hours`, `daily_limit` …)."""

    at = serializers.DateTimeField()
    until = serializers.DateTimeField()
    code = serializers.CharField()


class CostOutput(serializers.Serializer[Any]):
    """The part of one market and category; `rate` in euro per delivered message."""

    market = serializers.CharField()
    category = serializers.CharField()
    people = serializers.IntegerField()
    rate = serializers.DecimalField(max_digits=10, decimal_places=4)
    amount = serializers.DecimalField(max_digits=12, decimal_places=2)


class HelpOutput(serializers.Serializer[Any]):
    """What would bring the end to the day of the start, or why nothing does."""

    code = serializers.CharField()
    text = serializers.CharField()


class ForecastOutput(serializers.Serializer[Any]):
    """An honest estimate: `finish_at` null = not within a year. Cost in euro, as text.

    `expired` are those whose turn does not come before `send_before`; `minutes` is null unless
    asked for.
    """

    recipients = serializers.IntegerField()
    left_out = serializers.DictField(child=serializers.IntegerField())
    start_at = serializers.DateTimeField()
    finish_at = serializers.DateTimeField(allow_null=True)
    finishes_today = serializers.BooleanField()
    hours = HourOutput(many=True)
    days = DayOutput(many=True)
    minutes = HourOutput(many=True, allow_null=True)
    rests = RestOutput(many=True)
    expired = serializers.IntegerField()
    unsent = serializers.IntegerField()
    help = HelpOutput(many=True)
    costs = CostOutput(many=True)
    cost = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    currency = serializers.CharField()
    is_estimate = serializers.BooleanField()


class RecipientQuery(serializers.Serializer[Any]):
    """`state`: only those in this one."""

    state = serializers.ChoiceField(
        choices=OutboundMessage.Status.choices, required=False, allow_blank=True
    )


class RecipientOutput(serializers.ModelSerializer[OutboundMessage]):
    """One person of a campaign; `phone` only for who may export members."""

    reason_text = serializers.SerializerMethodField()
    state = serializers.CharField(source="status")
    name = serializers.CharField(source="contact.full_name")

    class Meta:
        model = OutboundMessage
        fields = (
            "id",
            "contact",
            "name",
            "phone",
            "state",
            "reason",
            "reason_text",
            "error_code",
            "due_at",
            "sending_at",
            "sent_at",
            "delivered_at",
            "read_at",
            "replied_at",
        )
        read_only_fields = fields

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        if not self.context.get("shows_phones"):
            del fields["phone"]
        return fields

    def get_reason_text(self, message: OutboundMessage) -> str:
        if message.status in MISSED:
            return meaning_of(message.status, message.reason, message.error_code)
        return sentence(message.reason)
