"""`/api/v1/campaigns/`: write a draft, move it, follow it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from campaigns import editing, lifecycle, tasks
from campaigns.access import may_see_phones, user_of
from campaigns.api import serializers as shapes
from campaigns.api.permissions import ActionPermission, refusals_as_answers
from campaigns.forecast_words import in_words
from campaigns.models import Campaign, OutboundMessage
from campaigns.preview import forecast_of
from campaigns.progress import progress_of

Move = Callable[..., Campaign]


class CampaignViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Campaign]
):
    """Campaigns: a draft is written and changed here, every other change of state is a POST."""

    queryset = Campaign.objects.order_by("-pk").prefetch_related("exclude_segments")
    serializer_class: type[BaseSerializer[Any]] = shapes.CampaignOutput
    filterset_fields = ("status", "segment")
    permission_classes = (ActionPermission,)
    action_permissions = {
        "list": "campaigns.view_campaign",
        "retrieve": "campaigns.view_campaign",
        "progress": "campaigns.view_campaign",
        "forecast": "campaigns.view_campaign",
        "recipients": "campaigns.view_campaign",
        "create": "campaigns.add_campaign",
        "update": "campaigns.change_campaign",
        "partial_update": "campaigns.change_campaign",
        "back_to_draft": "campaigns.submit_campaign",
        "submit": "campaigns.submit_campaign",
        "approve": "campaigns.approve_campaign",
        "reject": "campaigns.approve_campaign",
        "launch": "campaigns.launch_campaign",
        "pause": "campaigns.pause_campaign",
        "resume": "campaigns.pause_campaign",
        "continue_anyway": "campaigns.approve_campaign",
        "cancel": "campaigns.pause_campaign",
    }

    @extend_schema(request=shapes.CampaignInput, responses={201: shapes.CampaignOutput})
    def create(self, request: Request) -> Response:
        """Write a new draft; template and segment may come later."""
        fields = _validated(shapes.CampaignInput, request)
        left_out = fields.pop("exclude_segments", ())
        with refusals_as_answers():
            campaign = editing.create_campaign(
                fields=fields, left_out=left_out, by=user_of(request), now=timezone.now()
            )
        return _answer(campaign, code=status.HTTP_201_CREATED)

    @extend_schema(request=shapes.CampaignInput, responses=shapes.CampaignOutput)
    def update(self, request: Request, pk: str | None = None, partial: bool = False) -> Response:
        """Change a draft (or a rejected campaign, which becomes a draft again)."""
        campaign = self.get_object()
        changes = _validated(shapes.CampaignInput, request, partial=partial)
        left_out = changes.pop("exclude_segments", None)
        with refusals_as_answers():
            changed = editing.edit_campaign(
                campaign=campaign,
                changes=changes,
                left_out=left_out,
                by=user_of(request),
                now=timezone.now(),
            )
        return _answer(changed)

    @extend_schema(request=shapes.CampaignInput, responses=shapes.CampaignOutput)
    def partial_update(self, request: Request, pk: str | None = None) -> Response:
        """Change some fields of a draft."""
        return self.update(request, pk, partial=True)

    @extend_schema(request=None, responses=shapes.CampaignOutput)
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, pk: str | None = None) -> Response:
        """Hand it to review; 400 lists everything that stands against it."""
        return self._move(request, lifecycle.submit_campaign)

    @extend_schema(request=shapes.ApproveInput, responses=shapes.CampaignOutput)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str | None = None) -> Response:
        """Approve it; 403 for who wrote or edited it, superusers included."""
        seen = _validated(shapes.ApproveInput, request).get("fingerprint")
        return self._move(request, lifecycle.approve_campaign, seen=seen)

    @extend_schema(request=shapes.RejectInput, responses=shapes.CampaignOutput)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str | None = None) -> Response:
        """Send it back to its author with a reason."""
        reason = _validated(shapes.RejectInput, request)["reason"]
        return self._move(request, lifecycle.reject_campaign, reason=reason)

    @extend_schema(request=None, responses=shapes.CampaignOutput)
    @action(detail=True, methods=["post"], url_path="back-to-draft")
    def back_to_draft(self, request: Request, pk: str | None = None) -> Response:
        """Take it out of review; an approval is void from here on."""
        return self._move(request, lifecycle.return_to_draft)

    @extend_schema(request=shapes.LaunchInput, responses=shapes.CampaignOutput)
    @action(detail=True, methods=["post"])
    def launch(self, request: Request, pk: str | None = None) -> Response:
        """Freeze the audience and start; 409 where it was launched already.

        A large audience freezes behind the answer, whose status is then “launching”: ask again.
        """
        confirm = _validated(shapes.LaunchInput, request)["confirm"]
        return self._move(request, tasks.launch, confirm=confirm)

    @extend_schema(request=None, responses=shapes.CampaignOutput)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str | None = None) -> Response:
        """Stop after what is already leaving."""
        return self._move(request, lifecycle.pause_campaign)

    @extend_schema(request=None, responses=shapes.CampaignOutput)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str | None = None) -> Response:
        """Go on from where it stopped."""
        return self._move(request, lifecycle.resume_campaign)

    @extend_schema(request=shapes.RejectInput, responses=shapes.CampaignOutput)
    @action(detail=True, methods=["post"], url_path="continue-anyway")
    def continue_anyway(self, request: Request, pk: str | None = None) -> Response:
        """Go on although a stop rule holds it; the reason is kept."""
        reason = _validated(shapes.RejectInput, request)["reason"]
        return self._move(request, lifecycle.continue_campaign, why=reason)

    @extend_schema(request=None, responses=shapes.CampaignOutput)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str | None = None) -> Response:
        """End it for good: whoever was not written to is skipped."""
        return self._move(request, lifecycle.cancel_campaign)

    @extend_schema(responses=shapes.ProgressOutput)
    @action(detail=True)
    def progress(self, request: Request, pk: str | None = None) -> Response:
        """Say where it is, what it waits for, how fast it goes and when it ends.

        A campaign of 50,000 people or more is counted once for all who ask within four seconds.
        """
        found = progress_of(self.get_object(), now=timezone.now())
        return Response(shapes.ProgressOutput(found.as_dict()).data)

    @extend_schema(parameters=[shapes.ForecastQuery], responses=shapes.ForecastOutput)
    @action(detail=True, filterset_fields=())
    def forecast(self, request: Request, pk: str | None = None) -> Response:
        """Estimate recipients, curve, end and cost as if it started now, or when it is planned."""
        query = shapes.ForecastQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        by_minute = query.validated_data["minutes"]
        found = _forecast(self.get_object(), by_minute=by_minute, now=timezone.now())
        return Response(shapes.ForecastOutput(found).data)

    @extend_schema(
        parameters=[OpenApiParameter("state", enum=OutboundMessage.Status.values)],
        responses=shapes.RecipientOutput(many=True),
    )
    @action(detail=True, filterset_fields=())
    def recipients(self, request: Request, pk: str | None = None) -> Response:
        """List who is written to, with state and reason; filter by `state`."""
        found: Any = self._recipients(request)
        page: Any = self.paginate_queryset(found)
        context = {"shows_phones": may_see_phones(user_of(request))}
        rows = shapes.RecipientOutput(page, many=True, context=context)
        return self.get_paginated_response(rows.data)

    def _recipients(self, request: Request) -> QuerySet[OutboundMessage]:
        messages = self.get_object().messages.select_related("contact").order_by("pk")
        query = shapes.RecipientQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        state = query.validated_data.get("state")
        return messages.filter(status=state) if state else messages

    def _move(self, request: Request, move: Move, **figures: object) -> Response:
        campaign = self.get_object()
        with refusals_as_answers():
            moved = move(campaign=campaign, by=user_of(request), now=timezone.now(), **figures)
        return _answer(moved)


def _validated(
    shape: type[BaseSerializer[Any]], request: Request, *, partial: bool = False
) -> dict[str, Any]:
    serializer = shape(data=request.data, partial=partial)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _answer(campaign: Campaign, *, code: int = status.HTTP_200_OK) -> Response:
    return Response(shapes.CampaignOutput(campaign).data, status=code)


def _forecast(campaign: Campaign, *, by_minute: bool, now: datetime) -> dict[str, Any]:
    with refusals_as_answers():
        found = forecast_of(campaign, now=now)
    outlook = found.outlook
    zone = timezone.get_default_timezone()
    sentences = in_words(found.remedies, now=now)
    return {
        "recipients": found.recipients,
        "left_out": found.left_out,
        "start_at": outlook.start_at,
        "finish_at": outlook.finish_at,
        "finishes_today": outlook.finishes_on_its_first_day(zone),
        "hours": outlook.hours,
        "days": [{"date": day, "count": count} for day, count in outlook.days(zone)],
        "minutes": outlook.minutes if by_minute else None,
        "rests": outlook.rests,
        "expired": outlook.expired,
        "unsent": outlook.unsent,
        "help": [
            {"code": remedy.code, "text": text}
            for remedy, text in zip(found.remedies, sentences, strict=True)
        ],
        "costs": found.cost.lines if found.cost else (),
        "cost": found.cost.total if found.cost else None,
        "currency": "EUR",
        "is_estimate": found.cost is None or found.cost.is_estimate,
    }
