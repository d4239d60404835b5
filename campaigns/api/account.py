"""`/api/v1/account/`: limits, hours, what is used of them, and the health that Spoki tells."""

from typing import Any

from django.core.exceptions import ValidationError as ModelValidationError
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audiences.api.strict import StrictSerializer
from campaigns.access import user_of
from campaigns.account import NoAccount, current_account, set_limits
from campaigns.api.permissions import Refusal
from campaigns.edge import refresh_now, unreadable
from campaigns.hours_shape import check_hours
from campaigns.models import SpokiAccount, WhatsAppNumber
from campaigns.policies import policy_in_force
from campaigns.reasons import why_paused
from campaigns.sender.limits import limits_of
from campaigns.usage import usage_of
from spoki import SpokiError

LIMITS = (
    "template_sends_per_minute",
    "text_sends_per_minute",
    "automation_sends_per_minute",
    "sends_per_hour",
    "margin",
    "marketing_share",
    "daily_limit_override",
    "quality_by_hand",
)


class NumberOutput(serializers.ModelSerializer[WhatsAppNumber]):
    class Meta:
        model = WhatsAppNumber
        fields = ("id", "name", "phone", "quality", "phone_status", "is_default")
        read_only_fields = fields


class UsageOutput(serializers.Serializer[Any]):
    """Sends in each rolling window; `people` are the unique ones of 24 hours."""

    last_minute = serializers.IntegerField()
    last_hour = serializers.IntegerField()
    last_day = serializers.IntegerField()
    people = serializers.IntegerField()
    people_limit = serializers.IntegerField(allow_null=True)
    templates_last_minute = serializers.IntegerField()
    texts_last_minute = serializers.IntegerField()
    automation_last_minute = serializers.IntegerField()


class LimitsOutput(serializers.Serializer[Any]):
    """What counts now: the account's own figures, else the policy's for its tier; null = no limit."""

    per_minute = serializers.IntegerField()
    per_hour = serializers.IntegerField(allow_null=True)


class AccountOutput(serializers.ModelSerializer[SpokiAccount]):
    """The account; `credit_millis` in thousandths of a euro, `tier` in people per 24 hours."""

    tier = serializers.IntegerField(source="people_per_day", allow_null=True)
    limits_in_force = serializers.SerializerMethodField()
    usage = serializers.SerializerMethodField()
    numbers = NumberOutput(many=True)
    is_paused = serializers.BooleanField()
    paused_because = serializers.SerializerMethodField()
    has_no_daily_limit = serializers.BooleanField()

    class Meta:
        model = SpokiAccount
        fields = (
            "id",
            "name",
            *LIMITS,
            "marketing_hours",
            "transactional_hours",
            "tier",
            "daily_limit",
            "has_no_daily_limit",
            "contacted_in_24h",
            "quality",
            "phone_status",
            "credit_millis",
            "refreshed_at",
            "is_paused",
            "pause_code",
            "paused_at",
            "paused_because",
            "limits_in_force",
            "usage",
            "numbers",
        )
        read_only_fields = fields

    @extend_schema_field(LimitsOutput)
    def get_limits_in_force(self, account: SpokiAccount) -> dict[str, Any]:
        return dict(LimitsOutput(limits_of(account, policy_in_force())).data)

    def get_paused_because(self, account: SpokiAccount) -> str:
        """Say why nothing leaves, in the reader's language; empty while it may."""
        if not account.is_paused:
            return ""
        return why_paused(account.pause_code, account.pause_detail)

    @extend_schema_field(UsageOutput)
    def get_usage(self, account: SpokiAccount) -> dict[str, Any]:
        return dict(UsageOutput(usage_of(account, now=timezone.now())).data)


class AccountInput(StrictSerializer, serializers.ModelSerializer[SpokiAccount]):
    """Limits and hours, the only things set here by hand."""

    class Meta:
        model = SpokiAccount
        fields = (*LIMITS, "marketing_hours", "transactional_hours")

    def validate_marketing_hours(self, value: object) -> object:
        return _checked(value)

    def validate_transactional_hours(self, value: object) -> object:
        return _checked(value)


class AccountPermission(BasePermission):
    """Everybody who may see the account reads it, Admins change it."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        verb = "view" if request.method in {"GET", "HEAD", "OPTIONS"} else "change"
        return request.user.has_perm(f"campaigns.{verb}_spokiaccount")


class AccountView(APIView):
    permission_classes = (AccountPermission,)

    @extend_schema(responses=AccountOutput)
    def get(self, request: Request) -> Response:
        """Read limits, tier, usage, quality, credit and numbers."""
        return Response(AccountOutput(current_account()).data)

    @extend_schema(request=AccountInput, responses=AccountOutput)
    def patch(self, request: Request) -> Response:
        """Change limits and hours; approvals that counted on other limits become void."""
        account = current_account()
        serializer = AccountInput(account, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        account = set_limits(changes=serializer.validated_data, by=user_of(request))
        return Response(AccountOutput(account).data)


class RefreshView(APIView):
    permission_classes = (AccountPermission,)

    @extend_schema(request=None, responses=AccountOutput)
    def post(self, request: Request) -> Response:
        """Read the account from Spoki now; 502 when Spoki cannot be read, and nothing changes."""
        try:
            account = refresh_now()
        except (SpokiError, NoAccount) as error:
            raise Refusal(
                status.HTTP_502_BAD_GATEWAY, {"non_field_errors": [unreadable(error)]}
            ) from error
        return Response(AccountOutput(account).data)


def _checked(value: object) -> object:
    try:
        return check_hours(value)
    except ModelValidationError as error:
        raise serializers.ValidationError(error.messages) from error
