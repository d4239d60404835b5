"""`POST conversations/{contact id}/reply/`: what an agent writes to a customer, from another program."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4, uuid5

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audiences.api.strict import StrictSerializer
from audiences.models import Contact
from campaigns.access import user_of
from campaigns.api.permissions import Refusal
from campaigns.models import OutboundMessage
from conversations.access import REPLY, VIEW
from conversations.api.messages import MessageOutput
from conversations.replies import ReplyRefused, send_template, send_text
from conversations.replies.wording import LONGEST, LONGEST_BUTTON, MOST_BUTTONS
from conversations.timeline.ours import entries_of_ours
from conversations.timeline.places import OURS, Place
from templates_sync.models import TemplateVersion

# What the caller can correct, and in which field; everything else is the state of things (409).
_FIELDS: Final[Mapping[str, str]] = {
    "empty": "text",
    "too_long": "text",
    "buttons": "buttons",
    "template": "template_version",
    "unknown_variable": "variables",
    "missing_value": "variables",
    "value_too_long": "variables",
}
HEADER: Final = "Idempotency-Key"
_NAMESPACE: Final = UUID("8c5e6f02-5c4b-4d39-8f6c-0f5f5f4f7a11")
_LONGEST_KEY: Final = 200


class MayReply(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user.has_perms((VIEW, REPLY)))


class ReplyInput(StrictSerializer, serializers.Serializer[Any]):
    """Either a `text`, with up to three `buttons`, or a `template_version` with all its `variables`.

    `key` (or the header Idempotency-Key): the same one again is the same message.
    """

    text = serializers.CharField(required=False, max_length=LONGEST)
    buttons = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_BUTTON),
        required=False,
        max_length=MOST_BUTTONS,
    )
    template_version = serializers.PrimaryKeyRelatedField(
        queryset=TemplateVersion.objects.select_related("template"), required=False
    )
    variables = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=LONGEST), required=False
    )
    key = serializers.UUIDField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        has_text, has_template = "text" in attrs, "template_version" in attrs
        if has_text == has_template:
            raise serializers.ValidationError(
                {"text": [_("Give either text or template_version.")]}
            )
        odd = "variables" if has_text else "buttons"
        if odd in attrs:
            told = _("Only with template_version.") if has_text else _("Only with text.")
            raise serializers.ValidationError({odd: [told]})
        return attrs


class ReplyView(APIView):
    """Write to the contact of the address; it leaves within seconds, before everything else."""

    permission_classes = (MayReply,)

    @extend_schema(
        request=ReplyInput,
        parameters=[
            OpenApiParameter(
                HEADER,
                str,
                OpenApiParameter.HEADER,
                description="The same again: the same message.",
            )
        ],
        responses={201: MessageOutput, 200: MessageOutput},
    )
    def post(self, request: Request, pk: int) -> Response:
        """201 the message as it was queued; 200 the same key again; 409 what stands against it now, by a `code`."""
        contact = get_object_or_404(Contact, pk=pk)
        asked = ReplyInput(data=request.data)
        asked.is_valid(raise_exception=True)
        now, said = timezone.now(), asked.validated_data
        key = _key(request, contact, said.get("key"))
        try:
            message = _send(request, contact, said, key, now=now)
        except ReplyRefused as refused:
            raise _refusal(refused) from refused
        is_new = message.created_at == now
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(_shown(message), status=code)


def _send(
    request: Request, contact: Contact, said: Mapping[str, Any], key: UUID, *, now: datetime
) -> OutboundMessage:
    by = user_of(request)
    if "text" in said:
        buttons = said.get("buttons", ())
        return send_text(
            contact=contact, text=said["text"], buttons=buttons, key=key, by=by, now=now
        )
    return send_template(
        contact=contact,
        version=said["template_version"],
        variables=said.get("variables", {}),
        key=key,
        by=by,
        now=now,
    )


def _key(request: Request, contact: Contact, given: UUID | None) -> UUID:
    """Return the key of the call; other contacts may use the same one. Without any, each call is its own.

    :raises serializers.ValidationError: body and header name different ones, or it is too long.
    """
    header = request.headers.get(HEADER, "").strip()
    if len(header) > _LONGEST_KEY:
        told = _("An Idempotency-Key has at most %(most)d characters.") % {"most": _LONGEST_KEY}
        raise serializers.ValidationError({"key": [told]})
    header = _canonical(header)
    if given and header and str(given) != header:
        raise serializers.ValidationError(
            {"key": [_("The body and the header Idempotency-Key name different keys.")]}
        )
    word = str(given) if given else header
    return uuid5(_NAMESPACE, f"{contact.pk}:{word}") if word else uuid4()


def _canonical(header: str) -> str:
    """Return a UUID as the body would write it, any other word as it is."""
    try:
        return str(UUID(header))
    except ValueError:
        return header


def _refusal(refused: ReplyRefused) -> Refusal:
    field = _FIELDS.get(refused.code)
    if field is not None:
        return Refusal(status.HTTP_400_BAD_REQUEST, {field: [refused.sentence]})
    told = {"non_field_errors": [refused.sentence], "code": [refused.code]}
    return Refusal(status.HTTP_409_CONFLICT, told)


def _shown(message: OutboundMessage) -> dict[str, Any]:
    place = Place(message.created_at, OURS, message.pk)
    return dict(MessageOutput(entries_of_ours([place])[place.key]).data)
