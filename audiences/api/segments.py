"""Segments over HTTP: their rules, their sentence, who is in them."""

from typing import Any, cast

from django.contrib.auth.models import User
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.validators import UniqueValidator

from audiences import segments
from audiences.api.contacts import ContactOutput
from audiences.api.permissions import MaySeeContacts, ModelPermissions
from audiences.api.strict import StrictSerializer
from audiences.models import Segment
from audiences.models.segment import current_of
from audiences.snapshots import count_audience

SAMPLE = 10


class SegmentInput(StrictSerializer, serializers.Serializer[Segment]):
    """`rules`: {"v": 1, "groups": [{"mode": "all" | "any" | "none", "rules": [[name, operator, value]]}]}."""

    name = serializers.CharField(
        max_length=150, validators=[UniqueValidator(queryset=Segment.objects.all())]
    )
    rules = serializers.JSONField()

    def validate_rules(self, value: Any) -> dict[str, Any]:
        try:
            return segments.canonical(value)
        except segments.BrokenSegment as broken:
            raise serializers.ValidationError(broken.problems) from None


class SegmentOutput(serializers.ModelSerializer[Segment]):
    """A segment as its latest version has it; `problems` say why it cannot be used, if it cannot."""

    version = serializers.SerializerMethodField()
    rules = serializers.SerializerMethodField()
    sentence = serializers.SerializerMethodField()
    problems = serializers.SerializerMethodField()

    class Meta:
        model = Segment
        fields = (
            "id",
            "name",
            "version",
            "rules",
            "sentence",
            "problems",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields

    def get_version(self, segment: Segment) -> int:
        return current_of(segment)[0]

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_rules(self, segment: Segment) -> dict[str, Any]:
        return current_of(segment)[1]

    def get_sentence(self, segment: Segment) -> str:
        return segments.describe(current_of(segment)[1])

    def get_problems(self, segment: Segment) -> list[str]:
        return segments.problems_of(current_of(segment)[1])


class AudienceCountOutput(serializers.Serializer[Any]):
    """in_segment = will_receive + everybody in `excluded` (reason → people)."""

    in_segment = serializers.IntegerField()
    excluded = serializers.DictField(child=serializers.IntegerField())
    will_receive = serializers.IntegerField()


class SegmentViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Segment]
):
    queryset = Segment.objects.with_current().order_by("pk")
    serializer_class = SegmentOutput
    permission_classes = (ModelPermissions,)

    @extend_schema(request=SegmentInput, responses={201: SegmentOutput})
    def create(self, request: Request) -> Response:
        serializer = SegmentInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        version = segments.save_segment(**serializer.validated_data, by=cast("User", request.user))
        return Response(SegmentOutput(version.segment).data, status.HTTP_201_CREATED)

    @extend_schema(responses=AudienceCountOutput, filters=False)
    @action(detail=True)
    def count(self, request: Request, pk: str) -> Response:
        """How many people are in it, who is left out and why, and who would receive a campaign."""
        try:
            counted = count_audience(segment_version=self.get_object().current, now=timezone.now())
        except segments.BrokenSegment as broken:
            raise serializers.ValidationError({"rules": broken.problems}) from None
        return Response(AudienceCountOutput(counted).data)

    @extend_schema(responses=ContactOutput(many=True), filters=False)
    @action(
        detail=True,
        pagination_class=None,
        permission_classes=[ModelPermissions, MaySeeContacts],
    )
    def sample(self, request: Request, pk: str) -> Response:
        """Ten of the people in it."""
        try:
            people = segments.members(self.get_object().current.rules, now=timezone.now())
        except segments.BrokenSegment as broken:
            raise serializers.ValidationError({"rules": broken.problems}) from None
        return Response(ContactOutput(people.order_by("pk")[:SAMPLE], many=True).data)
