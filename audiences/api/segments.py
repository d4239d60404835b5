"""Segments over HTTP: their rules, their sentence, who is in them."""

from dataclasses import asdict
from typing import Any, cast

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.validators import UniqueValidator

from audiences import segments
from audiences.api.contacts import ContactOutput
from audiences.api.permissions import MaySeeContacts, ModelPermissions
from audiences.api.strict import StrictSerializer
from audiences.live_count import count_in_time
from audiences.models import Contact, Segment
from audiences.models.segment import current_of
from audiences.patience import OutOfPatience, at_most
from audiences.sample import Values, sample_of
from audiences.selection import Selection

SAMPLE = 10
# A system waits longer than a person for an exact figure (milliseconds).
PATIENCE = 10_000


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
    """in_segment = will_receive + everybody in `excluded` (reason → people).

    Where `is_exact` is false, counting everybody took too long: the figures are judged from a sample.
    """

    in_segment = serializers.IntegerField()
    excluded = serializers.DictField(child=serializers.IntegerField())
    will_receive = serializers.IntegerField()
    is_exact = serializers.BooleanField()


class CountTakesLong(APIException):
    """Not even a sample could be judged in time."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = gettext_lazy("The count takes long: ask again at a quieter time.")
    default_code = "count_takes_long"


class SampleOutput(ContactOutput):
    """A contact with `parameters`: what a message could say from its orders and carts, by key."""

    parameters = serializers.SerializerMethodField()

    class Meta:
        model = Contact
        fields = (*ContactOutput.Meta.fields, "parameters")
        read_only_fields = fields

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
    def get_parameters(self, contact: Contact) -> Values:
        found: dict[int, Values] = self.context["parameters"]
        return found[contact.pk]


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
        selection = Selection(rules=self.get_object().current.rules)
        try:
            counted = count_in_time(selection, now=timezone.now(), milliseconds=PATIENCE)
        except segments.BrokenSegment as broken:
            raise serializers.ValidationError({"rules": broken.problems}) from None
        if counted.people is None:
            raise CountTakesLong
        told = asdict(counted.people) | {"is_exact": counted.is_exact}
        return Response(AudienceCountOutput(told).data)

    @extend_schema(responses=SampleOutput(many=True), filters=False)
    @action(
        detail=True,
        pagination_class=None,
        permission_classes=[ModelPermissions, MaySeeContacts],
    )
    def sample(self, request: Request, pk: str) -> Response:
        """Ten of the people in it, with the values a message could use."""
        try:
            with at_most(PATIENCE):
                people = sample_of(self.get_object().current.rules, now=timezone.now(), size=SAMPLE)
        except segments.BrokenSegment as broken:
            raise serializers.ValidationError({"rules": broken.problems}) from None
        except OutOfPatience:
            raise CountTakesLong from None
        values = {contact.pk: told for contact, told in people}
        shown = SampleOutput(
            [contact for contact, _told in people], many=True, context={"parameters": values}
        )
        return Response(shown.data)
