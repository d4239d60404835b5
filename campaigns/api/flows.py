"""`/api/v1/flows/`: write a flow down while it is off, switch it on by a second person, and off."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from audiences.api.strict import StrictSerializer
from campaigns.access import user_of
from campaigns.api.permissions import ActionPermission, refusals_as_answers
from campaigns.api.serializers import ApproveInput
from campaigns.flows import editing, lifecycle, triggers
from campaigns.flows.fingerprint import fingerprint
from campaigns.flows.translations import translations_of
from campaigns.models import Flow, Lane, WhatsAppNumber
from campaigns.reasons import sentence
from templates_sync.models import TemplateVersion

LANES: Mapping[str, Lane] = {"transactional": Lane.TRANSACTIONAL, "marketing": Lane.MARKETING}
_WORDS = {lane: word for word, lane in LANES.items()}
YEAR_IN_MINUTES = 60 * 24 * 365


class FlowInput(StrictSerializer, serializers.Serializer[Flow]):
    """What may be written of a flow that is off; unknown fields are refused by name.

    `conditions`: {}, [] or null = everybody for whom it happens, else the rule tree of segments.
    `lane` and `hours` left out are those of the trigger.
    """

    name = serializers.CharField(max_length=120)
    trigger = serializers.CharField(max_length=60)
    template_version = serializers.PrimaryKeyRelatedField(
        queryset=TemplateVersion.objects.select_related("template"), allow_null=True, required=False
    )
    variables = serializers.DictField(child=serializers.DictField(), required=False)
    number = serializers.PrimaryKeyRelatedField(
        queryset=WhatsAppNumber.objects.all(), allow_null=True, required=False
    )
    delay_minutes = serializers.IntegerField(min_value=0, max_value=YEAR_IN_MINUTES, required=False)
    conditions = serializers.JSONField(allow_null=True, required=False)
    lane = serializers.ChoiceField(choices=list(LANES), required=False)
    hours = serializers.ChoiceField(choices=Flow.Hours.choices, required=False)
    holdout_share = serializers.DecimalField(
        max_digits=4,
        decimal_places=3,
        min_value=Decimal(0),
        max_value=Decimal("0.5"),
        required=False,
    )

    def validate_lane(self, word: str) -> Lane:
        return LANES[word]


class FlowOutput(serializers.ModelSerializer[Flow]):
    """A flow, what it says and whether it is on.

    `fingerprint` is what whoever enables it looked at. `translations`: language → version of the
    same template, for people who speak it. `stop_code` and `stop_reason` tell why a
    machine switched it off.
    """

    lane = serializers.SerializerMethodField()
    fingerprint = serializers.SerializerMethodField()
    translations = serializers.SerializerMethodField()
    stop_reason = serializers.SerializerMethodField()

    class Meta:
        model = Flow
        fields = (
            "id",
            "name",
            "status",
            "trigger",
            "template_version",
            "variables",
            "number",
            "delay_minutes",
            "conditions",
            "lane",
            "hours",
            "holdout_share",
            "author",
            "last_editor",
            "created_at",
            "updated_at",
            "requested_by",
            "requested_at",
            "enabled_by",
            "enabled_at",
            "fingerprint",
            "translations",
            "stop_code",
            "stop_reason",
        )
        read_only_fields = fields

    def get_lane(self, flow: Flow) -> str:
        return _WORDS[Lane(flow.lane)]

    def get_fingerprint(self, flow: Flow) -> str:
        return fingerprint(flow)

    def get_translations(self, flow: Flow) -> dict[str, int]:
        return translations_of(flow.template_version)

    def get_stop_reason(self, flow: Flow) -> str:
        return sentence(flow.stop_code, detail=flow.stop_detail)


class TriggerOutput(serializers.Serializer[Any]):
    """Something that may set a flow off, and what it offers to the message and the conditions."""

    key = serializers.CharField()
    group = serializers.CharField()
    is_marketing = serializers.BooleanField()
    is_exclusive = serializers.BooleanField()
    default_delay_minutes = serializers.IntegerField()
    parameters = serializers.DictField(child=serializers.CharField())
    conditions = serializers.ListField(child=serializers.CharField())

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # A field of that name would hide the serializer's own label.
        fields = super().get_fields()
        return {"key": fields.pop("key"), "label": serializers.CharField(), **fields}


class DisableInput(StrictSerializer, serializers.Serializer[Flow]):
    """`reason`: why, for whoever reads the story later."""

    reason = serializers.CharField(required=False, allow_blank=True)


class FlowViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Flow]):
    """Flows: written while they are off; on and off are POSTs."""

    queryset = Flow.objects.select_related("template_version__template").order_by("-pk")
    serializer_class: type[BaseSerializer[Any]] = FlowOutput
    filterset_fields = ("status", "trigger")
    permission_classes = (ActionPermission,)
    action_permissions = {
        "list": "campaigns.view_flow",
        "retrieve": "campaigns.view_flow",
        "triggers": "campaigns.view_flow",
        "create": "campaigns.add_flow",
        "update": "campaigns.change_flow",
        "partial_update": "campaigns.change_flow",
        "enable": "campaigns.enable_flow",
        "disable": "campaigns.disable_flow",
    }

    @extend_schema(request=FlowInput, responses={201: FlowOutput})
    def create(self, request: Request) -> Response:
        """Write a new flow, off; the template may come later."""
        fields = _validated(FlowInput, request)
        with refusals_as_answers():
            flow = editing.create_flow(fields=fields, by=user_of(request), now=timezone.now())
        return _answer(flow, code=status.HTTP_201_CREATED)

    @extend_schema(request=FlowInput, responses=FlowOutput)
    def update(self, request: Request, pk: str | None = None, partial: bool = False) -> Response:
        """Change a flow that is off; 409 where it is on."""
        flow = self.get_object()
        changes = _validated(FlowInput, request, partial=partial)
        with refusals_as_answers():
            changed = editing.edit_flow(
                flow=flow, changes=changes, by=user_of(request), now=timezone.now()
            )
        return _answer(changed)

    @extend_schema(request=FlowInput, responses=FlowOutput)
    def partial_update(self, request: Request, pk: str | None = None) -> Response:
        """Change some fields of a flow that is off."""
        return self.update(request, pk, partial=True)

    @extend_schema(request=ApproveInput, responses=FlowOutput)
    @action(detail=True, methods=["post"])
    def enable(self, request: Request, pk: str | None = None) -> Response:
        """Switch it on for what happens from now on; 403 for who wrote or edited it."""
        flow = self.get_object()
        seen = _validated(ApproveInput, request).get("fingerprint")
        with refusals_as_answers():
            moved = lifecycle.enable_flow(
                flow=flow, by=user_of(request), now=timezone.now(), seen=seen
            )
        return _answer(moved)

    @extend_schema(request=DisableInput, responses=FlowOutput)
    @action(detail=True, methods=["post"])
    def disable(self, request: Request, pk: str | None = None) -> Response:
        """Switch it off: who waits in it leaves, and what has not left yet is skipped."""
        flow = self.get_object()
        why = _validated(DisableInput, request).get("reason", "")
        with refusals_as_answers():
            moved = lifecycle.disable_flow(
                flow=flow, by=user_of(request), now=timezone.now(), why=why
            )
        return _answer(moved)

    @extend_schema(responses=TriggerOutput(many=True))
    @action(detail=False, pagination_class=None, filterset_fields=())
    def triggers(self, request: Request) -> Response:
        """List what may set a flow off."""
        return Response(
            TriggerOutput([_told(one) for one in triggers.all_triggers()], many=True).data
        )


def _told(trigger: triggers.Trigger) -> dict[str, Any]:
    return {
        "key": trigger.key,
        "label": str(trigger.label),
        "group": str(trigger.group),
        "is_marketing": trigger.is_marketing,
        "is_exclusive": trigger.is_exclusive,
        "default_delay_minutes": trigger.default_delay_minutes,
        "parameters": {key: str(label) for key, label in trigger.parameters.items()},
        "conditions": [condition.key for condition in trigger.conditions],
    }


def _validated(
    shape: type[BaseSerializer[Any]], request: Request, *, partial: bool = False
) -> dict[str, Any]:
    serializer = shape(data=request.data, partial=partial)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _answer(flow: Flow, *, code: int = status.HTTP_200_OK) -> Response:
    return Response(FlowOutput(flow).data, status=code)
