"""Templates over HTTP: read them with their versions, and read them again from Spoki."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from templates_sync import edge
from templates_sync.models import SyncRun, Template, TemplateVersion
from templates_sync.report import report_of
from templates_sync.sendable import Reason, reasons_not_sendable


class TemplatePermission(BasePermission):
    """Reading asks for `view_template`, a new read from Spoki for `sync_template`."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        name = "sync" if getattr(view, "action", None) == "sync" else "view"
        return request.user.has_perm(f"templates_sync.{name}_template")


class VersionSerializer(serializers.ModelSerializer[TemplateVersion]):
    """One version; `reasons` are the sentences why it may not be sent, `reason_codes` their codes."""

    sendable = serializers.SerializerMethodField()
    reasons = serializers.SerializerMethodField()
    reason_codes = serializers.SerializerMethodField()

    class Meta:
        model = TemplateVersion
        fields = (
            "id",
            "number",
            "status",
            "category",
            "requested_category",
            "variables",
            "sendable",
            "reasons",
            "reason_codes",
            "header",
            "body",
            "footer",
            "buttons",
            "first_seen_at",
            "last_seen_at",
            "superseded_at",
        )
        read_only_fields = fields

    def get_sendable(self, version: TemplateVersion) -> bool:
        return not self._reasons(version)

    def get_reasons(self, version: TemplateVersion) -> list[str]:
        return [reason.text for reason in self._reasons(version)]

    def get_reason_codes(self, version: TemplateVersion) -> list[str]:
        return [reason.code for reason in self._reasons(version)]

    def _reasons(self, version: TemplateVersion) -> list[Reason]:
        return reasons_not_sendable(version, now=timezone.now())


class TemplateSerializer(serializers.ModelSerializer[Template]):
    """A template with its versions, oldest first."""

    versions = serializers.SerializerMethodField()

    class Meta:
        model = Template
        fields = ("id", "name", "language", "spoki_id", "gone_at", "versions")
        read_only_fields = fields

    @extend_schema_field(VersionSerializer(many=True))
    def get_versions(self, template: Template) -> list[dict[str, Any]]:
        versions = list(template.versions.all())
        for version in versions:
            version.template = template
        return list(VersionSerializer(versions, many=True).data)


class SyncRunSerializer(serializers.ModelSerializer[SyncRun]):
    """What a read found; `error` is empty when it was complete, `detail` says it in words."""

    detail = serializers.SerializerMethodField()

    class Meta:
        model = SyncRun
        fields = (
            "id",
            "started_at",
            "finished_at",
            "new",
            "changed",
            "unchanged",
            "unreadable",
            "gone",
            "error",
            "detail",
        )
        read_only_fields = fields

    def get_detail(self, run: SyncRun) -> str:
        report = report_of(run, now=timezone.now())
        return f"{report.sentence} {report.advice}".strip()


class TemplateViewSet(viewsets.ReadOnlyModelViewSet[Template]):
    """The templates that we know, those gone from Spoki included."""

    serializer_class = TemplateSerializer
    permission_classes = (TemplatePermission,)
    filterset_fields = ("name", "language")
    queryset = Template.objects.none()

    def get_queryset(self) -> QuerySet[Template]:
        versions = Prefetch("versions", queryset=TemplateVersion.objects.order_by("number"))
        return Template.objects.prefetch_related(versions).order_by("pk")

    @extend_schema(request=None, responses={200: SyncRunSerializer, 502: SyncRunSerializer})
    @action(detail=False, methods=["post"])
    def sync(self, request: Request) -> Response:
        """Read all templates from Spoki now; 502 when the read stopped before its end."""
        run = edge.sync_now()
        code = status.HTTP_200_OK if run.is_complete else status.HTTP_502_BAD_GATEWAY
        return Response(SyncRunSerializer(run).data, status=code)
