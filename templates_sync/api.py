"""Templates over HTTP: read them with their versions, and read them again from Spoki."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.models import User
from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from templates_sync import edge
from templates_sync.models import SyncFinding, SyncRun, Template, TemplateVersion
from templates_sync.report import report_of
from templates_sync.runs import latest_run, spoki_asks_to_wait
from templates_sync.sendable import Reason, reasons_not_sendable


class TemplatePermission(BasePermission):
    """Reading asks for `view_template`, a new read from Spoki for `sync_template`."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        is_sync = getattr(view, "action", None) == "sync" and request.method == "POST"
        name = "sync" if is_sync else "view"
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


class SyncFindingSerializer(serializers.ModelSerializer[SyncFinding]):
    """What a read found about one template; `was` and `became` are codes, names or numbers."""

    class Meta:
        model = SyncFinding
        fields = ("template", "kind", "was", "became")
        read_only_fields = fields


class SyncRunSerializer(serializers.ModelSerializer[SyncRun]):
    """What a read found; `error` is empty when it was complete, `detail` says it in words.

    `finished_at` is null while it is under way. `unread` are known templates that it has not seen.
    """

    detail = serializers.SerializerMethodField()
    duration_seconds = serializers.SerializerMethodField()
    findings = SyncFindingSerializer(many=True, read_only=True)

    class Meta:
        model = SyncRun
        fields = (
            "id",
            "started_at",
            "finished_at",
            "duration_seconds",
            "trigger",
            "new",
            "changed",
            "unchanged",
            "unreadable",
            "gone",
            "unread",
            "error",
            "retry_at",
            "detail",
            "findings",
        )
        read_only_fields = fields

    def get_duration_seconds(self, run: SyncRun) -> float:
        return round(run.duration(now=timezone.now()).total_seconds(), 3)

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

    @extend_schema(
        request=None,
        responses={200: SyncRunSerializer, 202: SyncRunSerializer, 502: SyncRunSerializer},
    )
    @action(detail=False, methods=["post"])
    def sync(self, request: Request) -> Response:
        """Read all templates from Spoki now.

        If a read is under way already its end is waited for, and told, instead of another; 202 when
        it takes longer than ten seconds: `GET` tells when it has ended. 502 when the read stopped before its end, or Spoki has asked to be left alone for now.
        """
        if spoki_asks_to_wait(now=timezone.now()) and (last := latest_run()):
            return Response(SyncRunSerializer(last).data, status=status.HTTP_502_BAD_GATEWAY)
        run = edge.sync_now(
            trigger=SyncRun.Trigger.API,
            by=cast("User", request.user),
            patience=edge.PERSONS_PATIENCE,
        )
        run = edge.end_of(run, patience=edge.PERSONS_PATIENCE)
        return Response(SyncRunSerializer(run).data, status=_status_of(run))

    @extend_schema(responses={200: SyncRunSerializer})
    @sync.mapping.get
    def last_sync(self, request: Request) -> Response:
        """Tell the last read of the templates, or the one that is under way; 404 before the first."""
        run = latest_run()
        if run is None:
            raise NotFound(report_of(None, now=timezone.now()).sentence)
        return Response(SyncRunSerializer(run).data)


def _status_of(run: SyncRun) -> int:
    if run.finished_at is None:
        return status.HTTP_202_ACCEPTED
    return status.HTTP_200_OK if run.is_complete else status.HTTP_502_BAD_GATEWAY
